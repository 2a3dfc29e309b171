/**
 * Counts what occurred in a run: how often each fault happened, each adversary acted, and the protocol took each rare branch. A search that never sees a lock change says nothing about locks.
 */

import { flagOf } from "../../protocol/answer/flags.ts";
import { decodeRecord } from "../../protocol/consensus/record.ts";
import { type AgentId, type Hash, taskParts } from "../../protocol/core/ids.ts";
import { Reassignments } from "../../protocol/job/reassignments.ts";
import { isCheckId } from "../../protocol/job/verification.ts";
import type { BodyOf } from "../../protocol/wire/command.ts";
import type { Genesis } from "../../protocol/wire/genesis.ts";
import { STRATEGIES } from "../parts/adversaries/catalog.ts";
import { WORKER_LIES } from "../parts/adversaries/workers.ts";
import type { Checker, DecidedBlock } from "../parts/checkers/checker.ts";
import type { PersistEffect, TraceEntry } from "../world/trace.ts";
import type { WorldStats } from "../world/world.ts";
import { DRAWN_FAULTS } from "./draw-faults.ts";

const NETWORK_EVENTS = [
  "frame lost",
  "frame cut by a partition",
  "frame to nobody",
  "frame twice",
  "queue overflow",
  "gossip lost",
  "blob fetched",
  "blob not to be had",
  "input served late",
] as const;
type NetworkEvent = (typeof NETWORK_EVENTS)[number];

export const BRANCHES = [
  "block",
  "round above 0",
  "round above 5",
  "lock changed",
  "valid value proposed again",
  "restart with votes",
  "evidence",
  "suspicion",
  "suspicion withdrawn",
  "message refused",
  "parted with a job",
  "replaced: equivocation",
  "replaced: dead",
  "reassigned",
  "lease ran out",
  "hedge",
  "late result",
  "surplus delivery",
  "window",
  "undecided batch",
  "one answer in several forms",
  "answer checked",
  "disagreement",
  "output too large",
  "flagged result",
  "unrevealed",
  "failure",
  "crash",
  "busy",
  "busy, with a time",
  "unavailable",
  "invalid input",
  "job certified",
  "job failed",
  "job cancelled",
] as const;
type Branch = (typeof BRANCHES)[number];

/** What few schedules reach at all: reported, and not asked for. */
export const RARE: ReadonlySet<string> = new Set<Branch>(["round above 5", "late result"]);

/** A fault by its label (draw-faults.ts), a deed of a behaviour, an event of the network, or a branch. */
export type Occurrence = `fault: ${string}` | `adversary: ${string}` | `network: ${NetworkEvent}` | Branch;

/** Deeds of strangers, and of hosts that say yes and are gone. */
const STRANGERS = ["fill-places", "flood-vectors", "flood-offers", "yes-and-gone"] as const;

/** Everything that can occur in a drawn scenario, in the order of reports. */
export const OCCURRENCES: readonly Occurrence[] = [
  ...DRAWN_FAULTS.map((label) => `fault: ${label}` as const),
  ...NETWORK_EVENTS.map((event) => `network: ${event}` as const),
  ...[...STRATEGIES, ...WORKER_LIES, "lie", "withhold-blobs", ...STRANGERS].map(
    (name) => `adversary: ${name}` as const,
  ),
  ...BRANCHES,
];

/** How often each occurred in a run, by its name. */
export type Coverage = ReadonlyMap<string, number>;

function isFlagged({ nodes }: Genesis, { task, data }: BodyOf<"result">): boolean {
  const spec = nodes.find(({ id }) => id === taskParts(task).node);
  return spec !== undefined && flagOf(spec.policy, { data }) !== null;
}

/** Counts what occurs in one job. */
export class CoverageChecker implements Checker {
  readonly counts: Map<string, number>;
  readonly #locks = new Map<string, { readonly height: number; readonly block: Hash }>();
  /** Awards that are over, as `task#attempt#worker`. */
  readonly #ended = new Set<string>();
  readonly #reassignments = new Reassignments();
  readonly #hedged = new Set<string>();
  /** What each worker gave, by `task#worker`. */
  readonly #outputs = new Map<string, Hash>();
  /** Agents that voted: should they begin to keep the job once more, they restarted. */
  readonly #voters = new Set<string>();

  /** `counts`: where several jobs of a run are counted together. */
  constructor(counts = new Map<string, number>()) {
    this.counts = counts;
  }

  add(occurrence: Occurrence, times = 1): void {
    if (times > 0) this.counts.set(occurrence, (this.counts.get(occurrence) ?? 0) + times);
  }

  /** What the world has counted over the whole run. */
  addStats({ network, servedLate }: WorldStats): void {
    this.add("network: frame lost", network.lost);
    this.add("network: frame cut by a partition", network.cut);
    this.add("network: frame to nobody", network.unreachable);
    this.add("network: frame twice", network.duplicated);
    this.add("network: queue overflow", network.overflows);
    this.add("network: gossip lost", network.gossipLost);
    this.add("network: blob fetched", network.blobs);
    this.add("network: blob not to be had", network.blobsFailed);
    this.add("network: input served late", servedLate);
  }

  onPersist(agent: AgentId, { slot, bytes }: PersistEffect): void {
    if (slot !== "vote" || bytes === null) return;
    const record = decodeRecord(bytes);
    if (!record.ok || record.value.locked === null) return;
    const { height, locked } = record.value;
    const before = this.#locks.get(agent);
    if (before?.height === height && before.block !== locked.block) this.add("lock changed");
    this.#locks.set(agent, { height, block: locked.block });
  }

  onTrace({ agent, event }: TraceEntry): void {
    if (event.kind === "proposed" && event.validRound >= 0) this.add("valid value proposed again");
    if (event.kind === "evidence") this.add("evidence");
    if (event.kind === "refused") this.add("message refused");
    if (event.kind === "diverged") this.add("parted with a job");
    if (event.kind === "suspected") this.add(event.suspected ? "suspicion" : "suspicion withdrawn");
    if (event.kind === "voted") this.#voters.add(agent);
    if (event.kind === "hosting" && this.#voters.has(agent)) this.add("restart with votes");
  }

  onDecided({ committed, commands, events, ledger }: DecidedBlock): void {
    const round = committed.commit[0]?.round ?? 0;
    this.add("block");
    if (round > 0) this.add("round above 0");
    if (round > 5) this.add("round above 5");
    for (const { command } of commands) {
      const { body, author } = command;
      if (body.kind === "failure" && body.retryMs > 0) this.add("busy, with a time");
      const isResult = body.kind === "seal" || body.kind === "result";
      if (body.kind === "result" && isFlagged(ledger.genesis, body)) this.add("flagged result");
      if (isResult && this.#ended.has(`${body.task}#${body.attempt}#${author}`)) this.add("late result");
    }
    for (const event of events) {
      if (event.kind === "replaced") this.add(event.reason === "dead" ? "replaced: dead" : "replaced: equivocation");
      if (event.kind === "window") this.add("window");
      if (event.kind === "undecided") this.add("undecided batch");
      if (event.kind === "result") this.#outputs.set(`${event.task}#${event.worker}`, event.output);
      if (event.kind === "disagreed") this.add("disagreement");
      if (event.kind === "accepted") {
        if (isCheckId(event.task)) this.add("answer checked");
        const forms = event.supporters.map((worker) => this.#outputs.get(`${event.task}#${worker}`));
        if (new Set(forms).size > 1) this.add("one answer in several forms");
      }
      if (event.kind === "completed") this.add(`job ${event.status}`);
      if (event.kind === "surplus") this.add("surplus delivery");
      if (this.#reassignments.note(event) !== null) this.add("reassigned");
      if (event.kind !== "ended") continue;
      this.#ended.add(`${event.task}#${event.attempt}#${event.worker}`);
      if (event.reason === "timeout") this.add("lease ran out");
      if (event.reason === "unrevealed") this.add("unrevealed");
      if (event.reason === "too-large") this.add("output too large");
      if (event.reason === "error") this.add("failure");
      if (event.reason === "crashed") this.add("crash");
      if (event.reason === "busy") this.add("busy");
      if (event.reason === "unavailable") this.add("unavailable");
      if (event.reason === "invalid-input") this.add("invalid input");
    }
    for (const [id, task] of ledger.state.tasks.sorted()) {
      const key = `${id}#${task.attempt}`;
      if (!task.hedged || this.#hedged.has(key)) continue;
      this.#hedged.add(key);
      this.add("hedge");
    }
  }
}
