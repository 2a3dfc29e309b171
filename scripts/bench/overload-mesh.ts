/** A process of overload.ts: makes a mesh, says "ready", waits for a line, runs a job, and prints what that took. */

import { once } from "node:events";
import { mapJob, runJob, type Sent, startMesh } from "./mesh.ts";
import type { Overloaded } from "./overload.ts";

const SLOTS = 256;

const [tasks = 0, redundancy = 0] = process.argv.slice(2).map(Number);
const kinds: Sent | null = process.env.MESHWORK_BENCH_KINDS === undefined ? null : new Map();
const mesh = await startMesh(SLOTS, kinds);
const said = () => mesh.nodes.map((node) => node.stats().network.sent);
const sum = (values: readonly number[]): number => values.reduce((all, one) => all + one, 0);
process.stdout.write("ready\n");
await once(process.stdin, "data");
const before = said();
const { yaml, isRight } = mapJob(tasks, redundancy);
const { ms } = await runJob(mesh, yaml, isRight);
const after = said();
const measured: Overloaded = {
  tasksPerSecond: tasks / (ms / 1_000),
  framesPerTask: sum(after.map(({ direct }, i) => direct - before[i]!.direct)) / tasks,
  bytesPerTask: sum(after.map(({ bytes }, i) => bytes - before[i]!.bytes)) / tasks,
};
if (kinds !== null) process.stderr.write(`${[...kinds].map(([kind, count]) => `${kind} ${count}`).join(", ")}\n`);
process.stdout.write(JSON.stringify(measured));
await mesh.stop();
process.exit(0);
