/** The memory and time of an agent as a separate process, beside a Node process that does nothing. */

import { spawn, spawnSync } from "node:child_process";
import { temporaryFolder } from "../../node/platform/files/temporary-folder.ts";
import { startLocalMesh } from "../../node/run/local-mesh.ts";
import { type Row, row } from "./row.ts";

const AGENTS = 5;
/** They have met, and the start's garbage is gone, ms. */
const SETTLE_MS = 15_000;

/** Resident memory of a process, MiB. */
function residentMib(pid: number): number {
  const { stdout } = spawnSync("ps", ["-o", "rss=", "-p", String(pid)], { encoding: "utf8" });
  return Number(stdout) / 1_024;
}

export async function memory(): Promise<Row[]> {
  const temporary = temporaryFolder("meshwork-bench");
  const folder = temporary.path;
  const bare = spawn(process.execPath, ["-e", "setInterval(() => {}, 1e6)"], { stdio: "ignore" });
  const mesh = await startLocalMesh({
    mesh: `bench-${process.pid}`,
    folder,
    agents: Array.from({ length: AGENTS }, (_, i) => ({ name: `m${i}`, lies: false })),
    args: [],
    perProcess: 1,
    onUp: () => undefined,
    onLost: () => undefined,
    signal: new AbortController().signal,
  });
  try {
    await new Promise((resolve) => setTimeout(resolve, SETTLE_MS));
    const each = mesh.agents.map(({ pid }) => residentMib(pid));
    const mean = each.reduce((sum, one) => sum + one, 0) / AGENTS;
    return [row("memory", mean, `MiB/node, idle, a process each (${AGENTS} in a mesh)`, residentMib(bare.pid!))];
  } finally {
    bare.kill();
    await mesh.stop();
    temporary.remove();
  }
}
