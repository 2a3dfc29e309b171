/**
 * A mesh on a core that is busy with other things: four nodes and an owner in one process on one core, alone and then
 * beside three busy loops on the same core. A quarter of the core is a fair share; what is said again because others are
 * slow takes away from it. Linux only (taskset).
 */

import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { type Row, row } from "./row.ts";

const CORE = "1";
const BUSY_LOOPS = 3;
/** What the kernel gives one of four processes that all want a core. */
const FAIR_SHARE = 1 / (BUSY_LOOPS + 1);

/** What overload-mesh.ts measured. */
export interface Overloaded {
  readonly tasksPerSecond: number;
  readonly framesPerTask: number;
  readonly bytesPerTask: number;
}

const pinned = (args: readonly string[], stdio: "ignore" | "pipe"): ChildProcess =>
  spawn("taskset", ["-c", CORE, process.execPath, ...args], {
    stdio: stdio === "ignore" ? "ignore" : ["pipe", "pipe", "inherit"],
  });

async function measure(tasks: number, redundancy: number, loops: number): Promise<Overloaded> {
  const mesh = pinned([join(import.meta.dirname, "overload-mesh.ts"), String(tasks), String(redundancy)], "pipe");
  const busy: ChildProcess[] = [];
  let text = "";
  mesh.stdout!.setEncoding("utf8").on("data", (chunk: string) => {
    text += chunk;
    if (busy.length > 0 || !text.includes("ready\n")) return;
    // The nodes have met: from here on it counts.
    for (let i = 0; i < loops; i++) busy.push(pinned(["-e", "for (;;);"], "ignore"));
    mesh.stdin!.end("go\n");
  });
  try {
    const [code] = (await once(mesh, "close")) as [number | null];
    if (code !== 0) throw new Error(`the mesh ended with ${code}`);
    return JSON.parse(text.slice(text.indexOf("ready\n") + "ready\n".length)) as Overloaded;
  } finally {
    for (const loop of busy) loop.kill("SIGKILL");
  }
}

export async function overload(tasks: number, redundancy: number): Promise<Row[]> {
  const alone = await measure(tasks, redundancy, 0);
  const beside = await measure(tasks, redundancy, BUSY_LOOPS);
  const name = `overload-r${redundancy}`;
  const share = beside.tasksPerSecond / alone.tasksPerSecond;
  return [
    row(name, beside.tasksPerSecond, `certified tasks/s beside ${BUSY_LOOPS} busy loops; alone`, alone.tasksPerSecond),
    row(`${name}-share`, share, "of alone; a fair share", FAIR_SHARE),
    row(`${name}-frames`, beside.framesPerTask, "frames/task; alone", alone.framesPerTask),
    row(`${name}-kB`, beside.bytesPerTask / 1_000, "kB/task; alone", alone.bytesPerTask / 1_000),
  ];
}
