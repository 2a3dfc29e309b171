/** The end of a command's process. */

/** The longest that a process lives after its command has finished, ms. */
const LINGER_MS = 1_500;

/** The command has finished: whatever still keeps the process alive, such as an open socket, gets only a moment. */
export function lingerNoLonger(): void {
  setTimeout(() => process.exit(), LINGER_MS).unref();
}
