/** Which names the operator may give to skills, tasks and labels; it is apart from schema.ts, which loads a lot. */

export const NAME_PATTERN = /^[A-Za-z0-9][A-Za-z0-9._-]*$/;
