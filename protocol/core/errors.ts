/**
 * What the operator or the machine did wrong: a closed set of codes, each with the facts that a person
 * needs. The command line prints one line from it: what is wrong, where, and what to do.
 */

export type MeshworkErrorCode =
  | "usage" // wrong arguments, missing or invalid file: exit 2
  | "invalid-file" // a file that does not follow its schema: exit 2
  | "unreachable" // a peer that does not answer: exit 1
  | "refused" // a peer, a certificate or a job that says no: exit 1
  | "job-failed" // a job that ended without an answer: exit 1
  | "storage" // a full disk, a read-only folder, a damaged store: exit 1
  | "interrupted"; // the user pressed Ctrl-C: exit 130

export class MeshworkError extends Error {
  override readonly name = "MeshworkError";
  readonly code: MeshworkErrorCode;
  /** What to do about it, one sentence, or "" where nothing can be said. */
  readonly remedy: string;

  constructor(code: MeshworkErrorCode, message: string, remedy = "") {
    super(message);
    this.code = code;
    this.remedy = remedy;
  }
}
