/**
 * Checks traces against the invariants (ARCHITECTURE.md): feeds what agents wrote to the checkers that watch simulations, notes
 * the first violation of each, and says what a trace cannot decide, and why.
 *
 * Leaves single jobs to recorded-job.ts, and the order of several files to its caller.
 */

import type { Crypto } from "../../../protocol/core/crypto.ts";
import type { AgentId, JobId, MeshId } from "../../../protocol/core/ids.ts";
import type { TraceEvent, TraceHead, TraceLine } from "../../../protocol/core/trace.ts";
import type { TraceEntry } from "../../world/trace.ts";
import { type Checker, PropertyViolation } from "./checker.ts";
import { containmentChecker } from "./containment.ts";
import { honestyChecker } from "./honesty.ts";
import { type RecordedAt, RecordedJob } from "./recorded-job.ts";

interface TraceCheckOptions {
  readonly meshId: MeshId;
  readonly crypto: Crypto;
  readonly fromBase64: (text: string) => Uint8Array;
  /** `t` of the lines at which the run began. */
  readonly originMs: number;
  /** What other agents say is no evidence, and nobody owes them anything. */
  readonly isHonest: (agent: AgentId) => boolean;
}

/** The entry of a trace at which something was seen. */
export interface Place extends RecordedAt {
  readonly file: string;
  /** Number of the entry in its file. `unit`: what it counts. */
  readonly line: number;
  readonly unit: "line" | "entry";
  readonly name: string;
}

export interface Finding {
  readonly property: string;
  readonly facts: string;
  readonly at: Place;
}

export interface CheckedInvariant {
  readonly id: string;
  readonly verdict: "ok" | "broken" | "undecided";
  /** What was looked at, or why it cannot be decided. */
  readonly note: string;
  /** The first thing that breaks it. */
  readonly first: Finding | null;
}

interface CheckedJob {
  readonly job: JobId;
  readonly name: string;
  readonly height: number;
  readonly status: string;
}

export interface TraceVerdict {
  readonly entries: number;
  readonly agents: number;
  readonly jobs: readonly CheckedJob[];
  readonly invariants: readonly CheckedInvariant[];
}

type Jobs = readonly RecordedJob<Place>[];

interface Invariant {
  readonly id: string;
  /** Why one job's entries do not decide it, or null. */
  readonly gap: (job: RecordedJob<Place>) => string | null;
  readonly note: (jobs: Jobs) => string;
}

const sum = (jobs: Jobs, pick: (job: RecordedJob<Place>) => number): number =>
  jobs.reduce((total, job) => total + pick(job), 0);
const blocks = (jobs: Jobs): string => `${sum(jobs, (job) => job.replayed)} blocks replayed`;
const signed = (jobs: Jobs): string => `${sum(jobs, ({ counts }) => counts.signed)} votes and proposals`;

/** Invariants that need the log, replayed to its end. */
const replayed = (id: string): Invariant => ({ id, gap: ({ gap }) => gap, note: blocks });

/** Invariants that need entries of a kind, of which there are `count`. */
const needing = (
  id: string,
  count: (job: RecordedJob<Place>) => number,
  missing: string,
  note: Invariant["note"],
): Invariant => ({ id, gap: (job) => (count(job) > 0 ? null : missing), note });

const LIVENESS = "whether members were up and connected, and how fast commands travelled, is not in a trace";

const INVARIANTS: readonly Invariant[] = [
  needing(
    "1 agreement",
    ({ counts, replayed: height }) => counts.applied + height,
    "nobody's blocks are in it",
    (jobs) =>
      `${sum(jobs, ({ counts }) => counts.applied)} blocks as applied by ${sum(jobs, ({ hosts }) => hosts.size)} agents`,
  ),
  replayed("2 validity"),
  {
    id: "3 state",
    gap: ({ gap, counts }) => gap ?? (counts.digests > 0 ? null : "the agents wrote no digests of their state"),
    note: (jobs) => `${sum(jobs, ({ counts }) => counts.digests)} digests`,
  },
  {
    id: "4 certificates",
    gap: ({ counts, genesis, end }) => {
      if (counts.certificates === 0) return "no agent in it was given a certificate";
      return genesis === null || end === null ? "the job's genesis or its end is not in it" : null;
    },
    note: (jobs) => `${sum(jobs, ({ counts }) => counts.certificates)} verified, and altered copies refused`,
  },
  ...["5 answers", "6 no task is lost", "7 budget", "8 awards", "9 seals"].map(replayed),
  needing(
    "10 quiet",
    ({ counts }) => counts.signed,
    "no votes are in it",
    (jobs) => `${signed(jobs)}, none after a job's end; whether each had a reason is not in a trace`,
  ),
  { id: "11 liveness", gap: () => LIVENESS, note: () => "" },
  replayed("log"),
  needing("A4 no double signing", ({ counts }) => counts.signed, "no votes are in it", signed),
  needing(
    "A4 locks",
    ({ counts }) => counts.votes,
    "no records of members are in it",
    (jobs) => `${sum(jobs, ({ counts }) => counts.votes)} records of members`,
  ),
];

export class TraceCheck {
  readonly #options: TraceCheckOptions;
  readonly #jobs = new Map<JobId, RecordedJob<Place>>();
  readonly #findings = new Map<string, Finding>();
  readonly #agents = new Set<AgentId>();
  readonly #names = new Map<AgentId, string>();
  readonly #ofAllJobs: readonly Checker[];
  #entries = 0;
  #refused = 0;
  #accused = 0;

  constructor(options: TraceCheckOptions) {
    this.#options = options;
    this.#ofAllJobs = [honestyChecker(options.isHonest), containmentChecker((job) => this.#isLost(job))];
  }

  /** A listener to the entries of one file, in their order. */
  open(file: string, head: TraceHead, unit: Place["unit"]): (entry: TraceLine, line: number) => void {
    const ids = new Map(head.agents.map(({ agent, name }) => [name, agent]));
    for (const { agent, name } of head.agents) this.#names.set(agent, name);
    const { originMs, isHonest } = this.#options;
    return (entry, line) => {
      const agent = ids.get(entry.agent) ?? (entry.agent as AgentId);
      this.#entries++;
      this.#agents.add(agent);
      if (!isHonest(agent)) return;
      const step = entry.step ?? line;
      this.#onEntry({ file, line, unit, step, agent, name: entry.agent, atMs: entry.t - originMs }, entry);
    };
  }

  #onEntry(at: Place, entry: TraceLine): void {
    const { fromBase64 } = this.#options;
    if (entry.kind === "sent") return;
    if (entry.kind === "stored") this.#job(entry.job).onStored(at, entry.slot, fromBase64(entry.bytes));
    else if (entry.kind === "certified") this.#job(entry.job).onCertified(at, fromBase64(entry.bytes));
    else this.#onEvent(at, entry);
  }

  #onEvent(at: Place, event: TraceEvent): void {
    const entry: TraceEntry = { atMs: at.atMs, step: at.step, agent: at.agent, event };
    if (event.kind === "refused") this.#refused++;
    if (event.kind === "evidence") this.#accused++;
    if ("job" in event) this.#job(event.job).onTrace(at, entry);
    else for (const checker of this.#ofAllJobs) this.#guard(at, () => checker.onTrace?.(entry));
  }

  /** Members with a third of the power may have lied: then no agent whose trace this is caused the fault. */
  #isLost(job: JobId): boolean {
    const { committee = [] } = this.#job(job).genesis ?? {};
    const power = (members: typeof committee): number => members.reduce((total, member) => total + member.power, 0);
    const trusted = committee.filter(({ agent }) => this.#options.isHonest(agent));
    return 3 * power(trusted) <= 2 * power(committee);
  }

  #job(job: JobId): RecordedJob<Place> {
    let known = this.#jobs.get(job);
    if (known === undefined) {
      const { meshId, crypto } = this.#options;
      const guard = (at: Place, check: () => void): boolean => this.#guard(at, check);
      known = new RecordedJob({ job, meshId, crypto, guard, more: this.#ofAllJobs });
      this.#jobs.set(job, known);
    }
    return known;
  }

  /** False if something was broken. Of each property the first counts: what follows may follow from it. */
  #guard(at: Place, check: () => void): boolean {
    try {
      check();
      return true;
    } catch (error) {
      if (!(error instanceof PropertyViolation)) throw error;
      const { property, facts } = error;
      if (!this.#findings.has(property)) this.#findings.set(property, { property, facts: this.#named(facts), at });
      return false;
    }
  }

  /** People know agents by their names. */
  #named(facts: string): string {
    let text = facts;
    for (const [agent, name] of this.#names) text = text.replaceAll(agent, name);
    return text;
  }

  finish(): TraceVerdict {
    const jobs = [...this.#jobs.values()];
    for (const job of jobs) job.atEnd();
    // Agents that only work for a job mention it, and do not know its log.
    const kept = jobs.filter(({ hosts, replayed: height }) => hosts.size + height > 0);
    return {
      entries: this.#entries,
      agents: this.#agents.size,
      jobs: kept.map(({ job, genesis, counts, replayed: height, end }) => ({
        job,
        name: genesis?.name ?? "",
        height: Math.max(height, counts.height),
        status: end?.status ?? "running",
      })),
      invariants: [
        ...INVARIANTS.map((invariant) => this.#judge(invariant, kept)),
        this.#ofAll("verdicts", `${this.#refused} messages refused, none of an agent whose trace this is`),
        this.#ofAll("A5 evidence", `${this.#accused} accusations, none against an agent whose trace this is`),
        this.#ofAll("containment", "no job went wrong at an agent whose trace this is, and nothing that it read"),
      ],
    };
  }

  #judge({ id, gap, note }: Invariant, jobs: Jobs): CheckedInvariant {
    const first = this.#findings.get(id) ?? null;
    if (first !== null) return { id, verdict: "broken", note: first.facts, first };
    if (jobs.length === 0) return { id, verdict: "undecided", note: "no job's log is in it", first };
    const gaps = jobs.flatMap((job) => gap(job) ?? []);
    if (gaps.length > 0) return { id, verdict: "undecided", note: gaps[0]!, first };
    return { id, verdict: "ok", note: note(jobs), first };
  }

  #ofAll(id: string, note: string): CheckedInvariant {
    const first = this.#findings.get(id) ?? null;
    return { id, verdict: first === null ? "ok" : "broken", note: first?.facts ?? note, first };
  }
}
