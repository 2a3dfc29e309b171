/** Folders that are gone when this process is, however it ends: at its own exit, or by Ctrl-C while nobody else listens to that. */

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

interface TemporaryFolder {
  readonly path: string;
  /** Deletes it now; a second call does nothing. */
  remove(): void;
}

const SIGNALS = { SIGINT: 130, SIGTERM: 143 } as const;
const folders = new Set<TemporaryFolder>();

const removeAll = (): void => folders.forEach((folder) => void folder.remove());

/** Whoever else listens decides how the process ends. */
function onSignal(signal: NodeJS.Signals): void {
  if (process.listenerCount(signal) === 1) process.exit(SIGNALS[signal as keyof typeof SIGNALS]);
}

function listen(begins: boolean): void {
  const act = begins ? process.on.bind(process) : process.off.bind(process);
  act("exit", removeAll);
  for (const signal of Object.keys(SIGNALS)) act(signal as keyof typeof SIGNALS, onSignal);
}

/** `name`: what its own name begins with. */
export function temporaryFolder(name: string): TemporaryFolder {
  const path = mkdtempSync(join(tmpdir(), `${name}-`));
  const folder: TemporaryFolder = {
    path,
    remove(): void {
      if (!folders.delete(folder)) return;
      if (folders.size === 0) listen(false);
      rmSync(path, { recursive: true, force: true });
    },
  };
  if (folders.size === 0) listen(true);
  folders.add(folder);
  return folder;
}
