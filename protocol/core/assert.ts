/**
 * Assertions and errors of our own making.
 *
 * Responsible for: ending the process when the program itself is wrong. What a peer does wrong is a
 * `Verdict` (wire/verdict.ts), what the operator does wrong is a `MeshworkError` (core/errors.ts); neither
 * ever reaches an assertion, because assertions never depend on bytes from the network.
 */

/** A broken assumption of ours. Exit code 3 on the command line. */
export class AssertionError extends Error {
  override readonly name = "AssertionError";
}

/** Stays on in production. `message` says what should have held. */
export function assert(condition: unknown, message: string): asserts condition {
  if (!condition) throw new AssertionError(message);
}

/** `assert(false, …)` for hot paths: `if (…) broken(…)` builds the message only when it is needed. */
export function broken(message: string): never {
  throw new AssertionError(message);
}

/** For the default branch of a switch over a union: a new member that nobody handles fails to compile. */
export function unreachable(value: never): never {
  throw new AssertionError(`unhandled case: ${String(value)}`);
}
