/**
 * What claims cost as the mesh grows: how many offers a task draws, and gossip messages and bytes, with self-screening and
 * without; and a mesh of ten thousand agents that advertise and claim. Agents are simulated; the messages are real.
 */

import type { AgentId } from "../../protocol/core/ids.ts";
import { decode } from "../../protocol/wire/codec.ts";
import { commandCodec } from "../../protocol/wire/command.ts";
import { decodeMessage } from "../../protocol/wire/message.ts";
import { loadScenarioText } from "../../sim/load/load-scenario.ts";
import type { RunResult } from "../../sim/model/result.ts";
import { simulate } from "../../sim/run/simulate.ts";
import { simHost } from "../sim-host.ts";
import { type Row, row } from "./row.ts";

/** Each size runs a few jobs, one after the other, so that each has to find its workers. */
const JOBS = 5;
const TASKS = 40;
const MIB = 1024 ** 2;

/** Meshes of this size and more start their agents one after the other: no real mesh starts within one second. */
const MANY = 3_000;
/** So many a second; jobs come when all are there and have found their neighbours. */
const STARTS = 100;

function scenario(agents: number, jobs: number, isScreened: boolean): string {
  const hosts = Math.max(4, agents / 100);
  const startsMs = agents < MANY ? 0 : (agents / STARTS) * 1_000;
  const arrival = startsMs === 0 ? "every: 5s" : `atOnce: ${startsMs + 30_000}ms`;
  return `
name: claims
agents:
  - { name: keeper, count: ${hosts}, skills: [keep] }
  - { name: worker, count: ${agents - hosts}, skills: [solve], hosts: false, startWithin: ${startsMs}ms, profile: { accuracy: 1, latencyMs: { p50: 400, p95: 1500 }, slots: 4 } }
network: { overlay: { kind: random, degree: 6 }, latencyMs: { p50: 20, p95: 60 } }
clients: 1
maxTime: 10m
workload:
  jobs: { count: ${jobs}, arrival: { ${arrival} } }
  shape: { kind: bag, width: ${TASKS} }
  policy: { redundancy: 1 }
  committee: 4
${isScreened ? "" : "ablate: [self-screening]"}
expect: []
`;
}

interface Claims {
  readonly run: RunResult;
  /** Different offers that agents sent to members. */
  readonly offers: number;
  /** Largest resident memory of the process, MiB. */
  readonly rssMib: number;
}

/** Frames with offers are smaller; those with thousands of capability vectors need not be read. */
const FRAME_BYTES = 64 * 1024;

function offersIn(from: AgentId, bytes: Uint8Array): string[] {
  if (bytes.length > FRAME_BYTES) return [];
  const decoded = decodeMessage(bytes);
  if (!decoded.ok || decoded.value.kind !== "envelopes") return [];
  const own = decoded.value.envelopes.filter(({ author }) => author === from);
  return own.flatMap(({ commands: bodies }) =>
    bodies.flatMap((body) => {
      const command = decode(commandCodec, body);
      if (!command.ok || command.value.body.kind !== "offer") return [];
      return [`${command.value.job} ${from} ${command.value.counter}`];
    }),
  );
}

async function claim(agents: number, jobs: number, isScreened: boolean): Promise<Claims> {
  const text = scenario(agents, jobs, isScreened);
  const { scenario: loaded, registry, files } = await loadScenarioText("claims.yaml", text, simHost);
  const offers = new Set<string>();
  let rss = 0;
  const run = simulate(loaded, {
    seed: 1,
    host: simHost,
    registry,
    files,
    thorough: false,
    tap: {
      onFrame(_sentMs, _arrivesMs, from, _to, bytes) {
        for (const offer of offersIn(from, bytes)) offers.add(offer);
      },
    },
    onProgress: () => {
      rss = Math.max(rss, process.memoryUsage().rss);
    },
  });
  if (run.metrics.completion !== 1) throw new Error(`${agents} agents: not all jobs were certified`);
  return { run, offers: offers.size, rssMib: rss / MIB };
}

/** With self-screening, beside what it is without. */
export async function claims(agents: number): Promise<Row[]> {
  const [screened, open] = [await claim(agents, JOBS, true), await claim(agents, JOBS, false)];
  const perTask = (value: number): number => value / (JOBS * TASKS);
  const figure = ({ run }: Claims, metric: string): number => run.metrics[metric]!;
  const frames = (of: Claims): number => perTask(figure(of, "messages.direct"));
  const beacons = (of: Claims): number =>
    perTask(figure(of, "messages.gossip") + figure(of, "messages.duplicates") - figure(of, "messages.capabilities"));
  const bytes = (of: Claims): number => perTask(figure(of, "bytes") - figure(of, "bytes.capabilities"));
  const name = `claims-${agents}`;
  return [
    row(
      `${name}-offers`,
      screened.offers / JOBS,
      `offers/job of ${TASKS} tasks; floor: all answer`,
      open.offers / JOBS,
    ),
    row(`${name}-frames`, frames(screened), "frames/task", frames(open)),
    row(`${name}-gossip`, beacons(screened), "beacons/task, all copies", beacons(open)),
    row(`${name}-bytes`, bytes(screened), "bytes/task without capability vectors", bytes(open)),
    row(
      `${name}-caps`,
      figure(screened, "bytes.capabilities") / agents / 1_024,
      "KiB/agent of capability vectors",
      null,
    ),
  ];
}

/** All agents advertise, and some claim. */
export async function manyClaims(agents: number): Promise<Row[]> {
  const startedMs = performance.now();
  const { run, offers, rssMib } = await claim(agents, 1, true);
  const name = `claims-${agents}`;
  return [
    row(`${name}-offers`, offers, "offers, one job of 40 tasks", null),
    row(`${name}-caps`, run.metrics["bytes.capabilities"]! / agents / 1_024, "KiB/agent of capability vectors", null),
    row(`${name}-memory`, rssMib, "MiB resident at most", null),
    row(
      `${name}-time`,
      (performance.now() - startedMs) / 1_000,
      `s for ${Math.round(run.endedMs / 1_000)} virtual s`,
      null,
    ),
  ];
}
