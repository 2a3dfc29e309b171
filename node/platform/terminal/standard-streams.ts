/**
 * The process's standard output and error: the only place that writes to them, for all programs of this package.
 *
 * A reader may go away at any time (`| head -1`, a terminal that closes). That costs neither a job nor its result nor the
 * exit code: only what is printed after that is lost. A descriptor that is closed from the
 * start (`2>&-`) needs no care: Node opens /dev/null in its place before anything else, so no file gets its number.
 */

type Stream = "stdout" | "stderr";

/** The reader is gone; everything else, such as a full disk behind `> file`, is worth a word. */
const GONE = new Set(["EPIPE", "ECONNRESET", "EIO", "EBADF", "ERR_STREAM_DESTROYED", "ERR_STREAM_WRITE_AFTER_END"]);

const closed = new Set<Stream>();
let isGuarded = false;
let lost: string | null = null;

/** Without a listener, the first line that nobody can read would end the process. */
export function guardStreams(): void {
  if (isGuarded) return;
  isGuarded = true;
  for (const name of ["stdout", "stderr"] as const)
    process[name].on("error", (error: NodeJS.ErrnoException) => {
      closed.add(name);
      if (name === "stdout" && !GONE.has(error.code ?? "")) lost ??= error.message;
    });
}

export function writeTo(name: Stream, text: string): void {
  if (!closed.has(name)) process[name].write(text);
}

/** Why standard output could not be written, where its reader did not leave; null if it could. */
export async function lostOutput(): Promise<string | null> {
  await new Promise(setImmediate); // errors of the last write are told a turn later
  return lost;
}
