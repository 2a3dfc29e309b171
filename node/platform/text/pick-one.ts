/** Picks one of several things by what a user typed: an id, a prefix that only one id has, or a name that only one has. */

import { MeshworkError } from "../../../protocol/core/errors.ts";

export interface Nameable {
  readonly id: string;
  /** What people call it; several may have the same. */
  readonly name?: string;
  /** What tells it from the others, in a list of them. */
  readonly about?: string;
}

const LISTED = 8;

const described = ({ id, name = "", about = "" }: Nameable): string =>
  [id, name === "" ? "" : `"${name}"`, about === "" ? "" : `(${about})`].filter((part) => part !== "").join(" ");

function listed(all: readonly Nameable[]): string {
  const more = all.length > LISTED ? `; and ${all.length - LISTED} more` : "";
  return `${all.slice(0, LISTED).map(described).join("; ")}${more}`;
}

export const ambiguous = (nouns: string, given: string, meant: readonly Nameable[]): MeshworkError =>
  new MeshworkError("refused", `"${given}" may be ${meant.length} ${nouns}`, `name one of them: ${listed(meant)}`);

/** The one that is meant. Throws `refused` where there is none or there are several. `noun`: "job". */
export function pickOne<T extends Nameable>(noun: string, given: string, all: readonly T[]): T {
  const whole = all.find(({ id }) => id === given);
  if (whole !== undefined) return whole;
  const named = all.filter(({ name }) => name === given);
  const meant = named.length > 0 ? named : all.filter(({ id }) => id.startsWith(given));
  if (meant.length === 1) return meant[0]!;
  if (meant.length > 1) throw ambiguous(`${noun}s`, given, meant);
  const known = all.length === 0 ? `no ${noun} is known` : `known: ${listed(all)}`;
  throw new MeshworkError("refused", `no ${noun} is called "${given}" or begins with it`, known);
}
