/** The end of a command's process. */

/** From a command's last word to the end of its process, ms. */
const LINGER_MS = 1_500;

/** All is said: what still holds the process - a socket that does not close - does not hold it for long. */
export function lingerNoLonger(): void {
  setTimeout(() => process.exit(), LINGER_MS).unref();
}
