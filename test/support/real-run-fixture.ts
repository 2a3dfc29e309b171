/**
 * Runs of real nodes that never ran, for tests of their page: seven agents, of which one is killed at 2 s and one lies,
 * thirty tasks in ten seconds, every invariant held or one broken.
 */

import type { AgentId, Hash, JobId, TaskId } from "../../protocol/core/ids.ts";
import { createPrng } from "../../protocol/core/prng.ts";
import type { TraceLine } from "../../protocol/core/trace.ts";
import type { LedgerEvent } from "../../protocol/job/event.ts";
import type { CheckedInvariant } from "../../sim/parts/checkers/trace-check.ts";
import type { RealRun } from "../../sim/report/real-run-page.ts";
import { RunFigures } from "../../sim/traces/run-figures.ts";
import { answeredTasks } from "./answer-fixture.ts";

export interface RealRunOptions {
  /** An invariant that the trace shows broken. */
  readonly broken?: string;
  readonly hasFaults?: boolean;
  readonly title?: string;
}

const STARTED_MS = 1_767_225_600_000;
const JOB = "c2".repeat(32) as JobId;
const NAMES = ["ada", "alan", "anita", "grace", "hedy", "vint", "yara"];
const AGENTS = NAMES.map((name) => ({ agent: `12D3KooW${name}` as AgentId, name }));
const FAULTS = [
  { atMs: 1_100, agent: AGENTS[6]!.agent, name: "yara", kind: "lying" },
  { atMs: 2_000, agent: AGENTS[2]!.agent, name: "anita", kind: "killed" },
];
const TASKS = 30;

/** The events of one block: a task is awarded to three agents, an earlier one is accepted. */
function decisions(height: number): LedgerEvent[] {
  const prng = createPrng(`real/${height}`);
  const workers = prng.shuffle(AGENTS.map(({ agent }) => agent)).slice(0, 3);
  const task = `t/${height}` as TaskId;
  const events: LedgerEvent[] = height === 1 ? [{ kind: "unfolded", node: "t", tasks: TASKS }] : [];
  const seat = { task, attempt: 1, serial: height };
  for (const worker of workers) events.push({ kind: "award", ...seat, worker, price: 1_000, leaseEndsMs: 0 });
  if (height < 4) return events;
  const output = "a1".repeat(32) as Hash;
  const done = `t/${height - 3}` as TaskId;
  const given = { task: done, attempt: 1, output, paid: 1_000, usage: null };
  for (const worker of workers) events.push({ kind: "result", ...given, worker });
  const [rejected, supporters] = [[FAULTS[0]!.agent], workers.filter((worker) => worker !== FAULTS[0]!.agent)];
  events.push({
    kind: "accepted",
    task: done,
    answer: output,
    supporters,
    rejected,
    silent: [],
    unproven: false,
    posterior: 0,
  });
  if (height === 8) events.push({ kind: "ended", ...seat, worker: FAULTS[1]!.agent, reason: "dead" });
  return events;
}

export function realRunLines(): TraceLine[] {
  const prng = createPrng("real/times");
  return Array.from({ length: TASKS }, (_, index): TraceLine[] => {
    const height = index + 1;
    const block = height.toString(16).padStart(64, "0") as Hash;
    const t = STARTED_MS + 330 * height + prng.below(200);
    const facts = { job: JOB, height, round: height % 9 === 0 ? 1 : 0, block, timeMs: t, state: "" as const };
    const events = decisions(height);
    return NAMES.slice(0, 4).map((agent, later) => ({
      t: t + later,
      agent,
      kind: "applied",
      ...facts,
      commands: [],
      events,
    }));
  }).flat();
}

const invariant = (id: string, broken: string | undefined): CheckedInvariant => {
  if (id === "11 liveness") return { id, verdict: "undecided", note: "it is not in a trace", first: null };
  if (id !== broken) return { id, verdict: "ok", note: "30 blocks replayed", first: null };
  const at = {
    file: "trace.jsonl",
    line: 812,
    unit: "line" as const,
    step: 812,
    agent: AGENTS[0]!.agent,
    name: "ada",
    atMs: 3_214,
  };
  const facts = "height 7: ada decided 3fa1, alan b77e";
  return { id, verdict: "broken", note: facts, first: { property: id, facts, at } };
};

const REASSIGNED = { expired: 0, gone: 1, busy: 0, failed: 0, refused: 0 };

export function realRunFixture({ broken, hasFaults = true, title = "survey of papers" }: RealRunOptions = {}): RealRun {
  const faults = hasFaults ? FAULTS : [];
  const figures = new RunFigures({ agents: AGENTS, faults, startedMs: STARTED_MS });
  for (const line of realRunLines()) figures.onLine(line);
  const ids = ["1 agreement", "2 validity", "3 state", "4 certificates", "7 budget", "11 liveness", "A4 locks"];
  return {
    title,
    status: "certified",
    reason: "",
    highlights: ["452 files, 2.2 MiB", "most frequent: const 7,386"],
    job: JOB,
    tasks: {
      total: TASKS,
      accepted: TASKS,
      failed: 0,
      cancelled: 0,
      reassigned: 1,
      reassignedBy: REASSIGNED,
      hedged: 0,
    },
    committee: NAMES.slice(0, 4).map((name) => ({ name, power: 1 })),
    blocks: TASKS,
    wallMs: 11_200,
    messages: { gossip: 19, direct: 3_113, bytes: 13_100_000, by: "all 7 agents and this command" },
    result: {
      series: figures.series(),
      timeline: faults.map(({ atMs, kind, name }) => ({
        atMs,
        untilMs: null,
        kind: "fault",
        text: kind,
        agents: [name],
      })),
      agents: figures.rows(),
      endedMs: figures.endedMs,
    },
    checked: {
      meshId: "local",
      isSimulated: false,
      cutOff: [],
      entries: 1_251,
      agents: 8,
      jobs: [{ job: JOB, name: "survey", height: TASKS, status: "certified" }],
      invariants: ids.map((id) => invariant(id, broken)),
    },
    answers: {
      isRedacted: false,
      rows: answeredTasks(["ada", "alan", "yara"]).map((row) => ({
        ...row,
        used: row.lost.length > 0 ? "1,200 tokens" : "",
      })),
      leftOut: 24,
    },
    commands: {
      repeat: "meshwork demo --agents 7 --seed 7",
      verify: `meshwork verify /tmp/${"a-long-path/".repeat(9)}certificate.json --result result.json`,
      check: "meshwork sim check trace.jsonl",
    },
    version: "1.2.3",
  };
}
