/**
 * `npm run bench`: figures of whole meshes, each beside its floor measured in the same run.
 *
 *   npm run -s bench [-- NAME] [-- --json] [-- --help]
 */

import { writeFileSync } from "node:fs";
import { cpus, totalmem } from "node:os";
import { parseArgs } from "node:util";
import { packageVersion } from "../node/platform/version.ts";
import { percentile } from "../sim/run/statistics.ts";
import { claims, manyClaims } from "./bench/claims.ts";
import { coordinatorRate, durableWrites, messageDelayMs } from "./bench/floors.ts";
import { growthPage } from "./bench/growth-page.ts";
import { chainJob, mapJob, runJob, type Sent, startMesh } from "./bench/mesh.ts";
import { overload } from "./bench/overload.ts";
import { memory } from "./bench/processes.ts";
import { type Row, row } from "./bench/row.ts";
import { embedded, searched } from "./bench/search.ts";
import { selectChoices, selectLessons, selectScorings } from "./bench/selection.ts";
import { shards } from "./bench/shards.ts";
import { growth, growthRows, simulated, simulatedChain, simulatedThousand } from "./bench/simulated.ts";
import { start } from "./bench/start.ts";

const TASKS = 20_000;
const TASKS_SEALED = 8_000;
/** Two widths of a traced map: an item of the wider one should take no longer than one of the narrower. */
const WIDTHS = [10_000, 50_000];
const OVERLOADED = 3_000;
const OVERLOADED_SEALED = 1_000;
const STEPS = 500;
/** Awards that a worker holds at a time: enough that several results share an envelope. */
const SLOTS = 256;
const QUIET_STEPS = 100;
/** What was under way at the job's end is over by then. */
const SETTLE_MS = 1_000;
const IDLE_MS = 30_000;
const MESSAGE_DELAYS = 5;
/** Sizes of meshes; those of the page take long. */
const SIZES = [10, 30, 100, 300];
const PAGE_SIZES = [...SIZES, 1_000, 3_000];

const { values, positionals } = parseArgs({
  options: { json: { type: "boolean" }, page: { type: "string" }, help: { type: "boolean" } },
  allowPositionals: true,
});
const machine = `${cpus().length} x ${cpus()[0]?.model ?? "unknown"}, ${Math.round(totalmem() / 1024 ** 3)} GiB, Node ${process.versions.node}`;

async function tasks(redundancy: number): Promise<Row[]> {
  const count = redundancy === 1 ? TASKS : TASKS_SEALED;
  const mesh = await startMesh(SLOTS);
  const before = mesh.nodes.map((node) => node.stats().network.sent);
  const { yaml, isRight } = mapJob(count, redundancy);
  const { ms } = await runJob(mesh, yaml, isRight);
  const sent = mesh.nodes.map((node, i) => {
    const { direct, bytes } = node.stats().network.sent;
    return { frames: direct - before[i]!.direct, bytes: bytes - before[i]!.bytes };
  });
  await mesh.stop();
  const floor = await coordinatorRate(count, SLOTS);
  const name = `tasks-r${redundancy}`;
  const sum = (pick: (one: { frames: number; bytes: number }) => number): number =>
    sent.reduce((all, one) => all + pick(one), 0);
  return [
    row(name, count / (ms / 1_000), "certified tasks/s", floor),
    row(`${name}-frames`, sum((one) => one.frames) / count, "frames/task", 2),
    row(`${name}-bytes`, sum((one) => one.bytes) / count, "bytes/task", null),
  ];
}

/** Time of an item, with traces as `run` has them; the floor of the wider map is what an item of the narrower one took. */
async function wide(): Promise<Row[]> {
  const rows: Row[] = [];
  let narrower: number | null = null;
  for (const width of WIDTHS) {
    const mesh = await startMesh(SLOTS, null, { isTraced: true });
    const { yaml, isRight } = mapJob(width, 1);
    const { ms } = await runJob(mesh, yaml, isRight);
    await mesh.stop();
    rows.push(row(`wide-${width}`, ms / width, "ms/item", narrower));
    narrower ??= ms / width;
  }
  rows.push(row("wide-memory", process.memoryUsage().rss / 1024 ** 2, "MiB, five nodes in one process", null));
  return rows;
}

async function chain(): Promise<Row[]> {
  const mesh = await startMesh(4);
  const { yaml, isRight } = chainJob(STEPS);
  const { events } = await runJob(mesh, yaml, isRight);
  await mesh.stop();
  const accepted = events.filter(({ events: decided }) => decided.some((event) => event.kind === "accepted"));
  const steps = accepted.slice(1).map((event, i) => event.atMs - accepted[i]!.atMs);
  const floor = MESSAGE_DELAYS * (await messageDelayMs(2_000));
  return [
    row("chain-p50", percentile(steps, 0.5)!, "ms/step", floor),
    row("chain-p99", percentile(steps, 0.99)!, "ms/step", floor),
    row("durable-writes", durableWrites(500), "writes/s", null),
  ];
}

/** What a healthy block says (at most n-1 proposals and 2n(n-1) votes), and what is said while nothing is to do. */
async function quiet(): Promise<Row[]> {
  const members = 4;
  const sent: Sent = new Map();
  const mesh = await startMesh(4, sent);
  const { yaml, isRight } = chainJob(QUIET_STEPS);
  const { events } = await runJob(mesh, yaml, isRight);
  const said = (kind: string): number => sent.get(kind) ?? 0;
  const blocks = events.at(-1)!.height;
  const [proposals, votes] = [said("proposal") / blocks, said("votes") / blocks];
  await new Promise((resolve) => setTimeout(resolve, SETTLE_MS));
  const before = said("proposal") + said("votes");
  await new Promise((resolve) => setTimeout(resolve, IDLE_MS));
  const idle = said("proposal") + said("votes") - before;
  await mesh.stop();
  return [
    row("block-proposals", proposals, "messages/block", members - 1),
    row("block-votes", votes, "messages/block", 2 * members * (members - 1)),
    row("idle", idle, `proposals and votes in ${IDLE_MS / 1_000} s`, null),
  ];
}

async function simulatedGrowth(): Promise<Row[]> {
  const grown = await growth(values.page === undefined ? SIZES : PAGE_SIZES);
  if (values.page !== undefined) writeFileSync(values.page, growthPage(grown, machine, packageVersion()));
  return growthRows(grown);
}

const BENCHES: { readonly [name: string]: () => Promise<Row[]> } = {
  "tasks-r1": () => tasks(1),
  "tasks-r3": () => tasks(3),
  wide,
  "overload-r1": () => overload(OVERLOADED, 1),
  "overload-r3": () => overload(OVERLOADED_SEALED, 3),
  chain,
  quiet,
  memory,
  start,
  "select-scorings": async () => selectScorings(),
  "select-choices": async () => selectChoices(),
  "select-lessons": async () => selectLessons(),
  "sim-events": simulated,
  "sim-chain": simulatedChain,
  "sim-growth": simulatedGrowth,
  "sim-1000": simulatedThousand,
  "claims-10": () => claims(10),
  "claims-100": () => claims(100),
  "claims-1000": () => claims(1_000),
  "claims-3000": () => claims(3_000),
  "claims-10000": () => manyClaims(10_000),
  shards: async () => shards(),
  "search-embed": embedded,
  "search-1k": () => searched(1_000),
  "search-10k": () => searched(10_000),
  "search-100k": () => searched(100_000),
};

/** Only where they are asked for: minutes, and GiB. */
const LONG = new Set(["wide", "claims-3000", "claims-10000"]);

const HELP = `npm run bench                 all figures but ${[...LONG].join(", ")}
npm run -s bench -- NAME      one of: ${Object.keys(BENCHES).join(", ")}
npm run -s bench -- --json    one JSON document on standard output
npm run -s bench -- sim-growth --page growth.html
                              up to ${Math.max(...PAGE_SIZES)} agents, and plots of it: minutes to hours, and some GiB`;

/** `tasks` asks for tasks-r1 and tasks-r3; what takes long wants its whole name. */
const isAsked = (name: string, asked: string): boolean => (LONG.has(name) ? name === asked : name.startsWith(asked));

if (values.help === true) {
  process.stdout.write(`${HELP}\n`);
} else {
  const chosen = Object.entries(BENCHES).filter(([name]) =>
    positionals.length === 0 ? !LONG.has(name) : positionals.some((asked) => isAsked(name, asked)),
  );
  if (chosen.length === 0) {
    process.stderr.write(`${HELP}\n`);
    process.exit(2);
  }
  const rows: Row[] = [];
  for (const [name, run] of chosen) {
    process.stderr.write(`${name} …\n`);
    rows.push(...(await run()));
  }
  if (values.json === true) process.stdout.write(`${JSON.stringify({ machine, rows }, null, 2)}\n`);
  else {
    process.stdout.write(
      `${machine}\n\n${"".padEnd(18)}${"value".padStart(12)}${"floor".padStart(12)}${"ratio".padStart(10)}  unit\n`,
    );
    for (const { name, value, unit, floor, ratio } of rows) {
      process.stdout.write(
        `${name.padEnd(18)}${String(value).padStart(12)}${String(floor ?? "·").padStart(12)}${String(ratio ?? "·").padStart(10)}  ${unit}\n`,
      );
    }
  }
}
