/**
 * The ledger's state: what a job is, as a pure function of its blocks. Shapes and creation; the rules that
 * change it are in ledger.ts, seating.ts, batch.ts and nodes.ts, its digests in state-digest.ts.
 */

import type { Bin } from "../answer/calibration.ts";
import type { AgentId, Hash, JobId, TaskId } from "../core/ids.ts";
import type { CommitteeMembers } from "../wire/consensus.ts";
import type { Data, Genesis } from "../wire/genesis.ts";
import { type Deadline, nameOfDeadline } from "./deadlines.ts";
import type { EventOf, Shape } from "./event.ts";
import { type Graph, prerequisitesOf } from "./graph.ts";
import { Cell, type CellView, Journal, OrderedSet, type OrderedSetView, Table, type TableView } from "./journal.ts";
import type { Recent } from "./recent.ts";

export type JobStatus = "running" | EventOf<"completed">["status"];

/** An agent's hold on a seat of a task's current batch. */
export interface Award {
  readonly worker: AgentId;
  /** Its number in the job: an agent that was busy may be given the same seat again, and that is another award. */
  readonly serial: number;
  readonly price: number;
  readonly sinceMs: number;
  readonly leaseEndsMs: number;
  /** The lease was extended once because the job stood still. */
  readonly graced: boolean;
  /** 0: none. */
  readonly hedgeAtMs: number;
  /** live: working; sealed: has given its seal; done: has given its output; ended: gave nothing. */
  readonly status: "live" | "sealed" | "done" | "ended";
  readonly seal: Hash | null;
  /** The seal came after the task's first reveal: counts, but earns nothing for being right. */
  readonly late: boolean;
  /** What the selector saw of the worker when it chose: it learns by that, not by what was known later. */
  readonly context: readonly number[];
}

/** An output that counts; of a worker that sealed and never revealed, null. */
export interface Result {
  readonly attempt: number;
  readonly worker: AgentId;
  /** The number of its award: the order in which results are compared, whoever reveals first. */
  readonly serial: number;
  readonly output: Hash | null;
  readonly data: Data | null;
  readonly confidence: number;
  readonly tookMs: number;
  readonly late: boolean;
  /** The context in which the selector chose it (`Picked.context`). */
  readonly context: readonly number[];
}

/** An open task. Finished ones leave the state; their answer's hash stays with the node. */
export interface Task {
  readonly id: TaskId;
  readonly node: string;
  readonly index: number | null;
  /** Number of the batch, from 1. */
  readonly attempt: number;
  /** Results that complete the batch. */
  readonly seats: number;
  /** seating: seats are filled and work continues; open: outputs are revealed; checking: others check an answer. */
  readonly phase: "seating" | "open" | "checking";
  readonly awards: readonly Award[];
  readonly results: readonly Result[];
  /** Leases that ended without a result. */
  readonly failures: number;
  /** Workers whose awards of this task ended: others go first. */
  readonly tried: readonly AgentId[];
  /** Workers that say that the input is wrong for the skill, and why, in the words of the last. */
  readonly invalid: { readonly by: readonly AgentId[]; readonly why: string };
  readonly hedged: boolean;
  /** Time to reveal, as the seals' sizes ask for; and when it ends, once the batch is open. */
  readonly revealMs: number;
  readonly revealByMs: number;
  /** Place in the queue: the order in which tasks became ready. */
  readonly order: number;
  /** Under the rule `verified` (verification.ts): the serial number of the result that is checked; null: none is. */
  readonly candidate: number | null;
  /** Serial numbers of results that verifiers found wrong. */
  readonly refuted: readonly number[];
  /** The attempt of the last check. */
  readonly checks: number;
  /** The agents whose work a check task checks; nobody for any other task. */
  readonly barred: readonly AgentId[];
}

export interface Offer {
  readonly agent: AgentId;
  readonly price: number;
  readonly slots: number;
  readonly labels: readonly string[];
  readonly load: number;
  readonly expectedMs: number;
  readonly validUntilMs: number;
  /** Until when the skill is busy, by its agent's word; 0: it is not. */
  readonly busyUntilMs: number;
  /** How similar its skill is to the one asked for, parts per million. */
  readonly similarity: number;
}

/** A need is a skill with labels; tasks of one need share a window. `endsMs` 0: all windows passed (see seating.ts). */
export interface Window {
  readonly skill: string;
  readonly labels: readonly string[];
  readonly attempt: number;
  /** Windows in a row in which everybody was busy: each is longer than the one before. */
  readonly opened: number;
  readonly endsMs: number;
  /** Offers that stood when the last window ended. */
  readonly known: number;
}

/** Whether the first tasks of a need still wait for offers to choose among (see gathering.ts). */
export interface Gathering {
  /** 0: too few stand for a task. */
  readonly endsMs: number;
  readonly isOver: boolean;
}

export interface AgentRecord {
  readonly offers: number;
  readonly awards: number;
  readonly results: number;
  readonly accepted: number;
  readonly rejected: number;
  /** Leases that ran out, and awards of which it said itself that they failed. */
  readonly timeouts: number;
  readonly failures: number;
  /** Leases that ended with a result, and those that were lost or failed, as far as they have not faded. */
  readonly leases: Recent;
  readonly live: number;
  /** When it was awarded a task last, in the ledger's time; 0: never. */
  readonly awardedMs: number;
  /** Micro-credits paid to it. */
  readonly earned: number;
  /** Voted dead, until it offers again. */
  readonly dead: boolean;
}

/** An agent's record for one skill. */
export interface SkillRecord {
  readonly accepted: number;
  /** Wrong answers: what the next job is told of it. */
  readonly rejected: number;
  /** Right answers and wrong ones, as far as they have not faded; null: none yet in this job. */
  readonly answers: Recent | null;
  /** The answers of this job by stated confidence, as far as they have not faded; empty: none yet. */
  readonly stated: readonly Bin[];
  /** The counter of its newest offer for this skill. */
  readonly offerCounter: number;
  /** Until when the skill is busy, whatever its agent offers before; 0: it is not. */
  readonly busyUntilMs: number;
}

export interface NodeState {
  readonly status: "waiting" | "open" | "accepted" | "failed";
  /** Tasks that it unfolds into. */
  readonly total: number;
  /** Tasks unfolded, and tasks accepted. */
  readonly unfolded: number;
  readonly done: number;
  readonly answer: Hash | null;
  readonly shape: Shape;
  /** Nodes that it needs and that are not accepted yet. */
  readonly unmet: number;
  /** Nodes that read its output and are not accepted yet. */
  readonly unread: number;
  /** Place in the queue of nodes with tasks to unfold. */
  readonly order: number;
}

export interface Answer {
  readonly hash: Hash;
  /** null if no open node refers to it any more. */
  readonly data: Data | null;
  /** The workers that gave it, if it is a blob: they have it. */
  readonly givers: readonly AgentId[];
}

/** Accepted answers that an agent gave for tasks of one node: see credits.ts. Means over these answers. */
export interface CreditRecord {
  readonly answers: number;
  readonly context: readonly number[];
  readonly tookMs: number;
}

/** An award that runs on although its batch has what it wants (surplus.ts). */
export interface SurplusAward {
  readonly task: TaskId;
  readonly attempt: number;
  readonly worker: AgentId;
  readonly serial: number;
  readonly skill: string;
  readonly price: number;
  readonly leaseEndsMs: number;
  /** It delivers by a seal. */
  readonly isSealed: boolean;
}

export interface Suspicion {
  readonly by: AgentId;
  readonly untilMs: number;
}

export interface LedgerState {
  readonly journal: Journal;
  readonly height: Cell<number>;
  readonly timeMs: Cell<number>;
  readonly startedMs: Cell<number>;
  readonly eventsHash: Cell<Hash>;
  readonly status: Cell<JobStatus>;
  readonly outcome: Cell<EventOf<"completed"> | null>;
  readonly spent: Cell<number>;
  readonly reserved: Cell<number>;
  /** Accepted answers that nobody with a record for the skill had given (protocol.md 6.3). */
  readonly unproven: Cell<number>;
  /** Counts tasks as they become ready. */
  readonly order: Cell<number>;
  readonly committee: Cell<CommitteeMembers>;
  readonly standbys: Cell<CommitteeMembers>;
  /** Members that equivocated and keep their seats. */
  readonly convicted: Table<AgentId, true>;
  readonly nodes: Table<string, NodeState>;
  readonly tasks: Table<TaskId, Task>;
  /** By task; of single nodes and chains by the node's name. */
  readonly answers: Table<TaskId, Answer>;
  /** By skill, in the order of agents. */
  readonly offers: Table<string, readonly Offer[]>;
  readonly windows: Table<string, Window>;
  /** By need, as windows. */
  readonly gatherings: Table<string, Gathering>;
  readonly agents: Table<AgentId, AgentRecord>;
  /** By `skillKey`. */
  readonly records: Table<string, SkillRecord>;
  /** Wrong answers that two agents gave together, by `sharedErrorsKey` (diversity.ts). */
  readonly sharedErrors: Table<string, { readonly count: number }>;
  /** Awards that run on although their batch has what it wanted (surplus.ts). */
  readonly surplus: Table<string, SurplusAward>;
  /** Live awards by skill, surplus ones too. */
  readonly liveBySkill: Table<string, { readonly count: number }>;
  /** By node and agent. */
  readonly credits: Table<string, CreditRecord>;
  /** What the job's selector learned. */
  readonly learned: Cell<unknown>;
  readonly suspicions: Table<AgentId, readonly Suspicion[]>;
  /** The counter of each member's newest word about an agent, by `suspicionKey`: an old one cannot be repeated. */
  readonly suspicionCounters: Table<string, { readonly counter: number }>;
  /** Bytes that the answers take. */
  readonly heldBytes: Cell<number>;
  /** Open nodes that have tasks left to unfold, in the order in which they opened. */
  readonly unfolding: OrderedSet<string>;
  /** Tasks with free seats, by order. */
  readonly ready: OrderedSet<TaskId>;
  /** What is due when. */
  readonly deadlines: OrderedSet<Deadline>;
}

type ViewOf<Part> =
  Part extends Table<infer K, infer V>
    ? TableView<K, V>
    : Part extends Cell<infer T>
      ? CellView<T>
      : Part extends OrderedSet<infer T>
        ? OrderedSetView<T>
        : never;

/** The state as readers see it: nothing that they can call changes it. */
export type StateView = { readonly [Name in Exclude<keyof LedgerState, "journal">]: ViewOf<LedgerState[Name]> };

/** The state before the first block. Something is due from the start: the first block opens the job. */
export function createState(
  genesis: Genesis,
  job: JobId,
  graph: Pick<Graph, "readers">,
  learned: unknown,
): LedgerState {
  const journal = new Journal();
  const cell = <T>(value: T): Cell<T> => new Cell<T>(journal, value);
  const table = <K extends string, V>(): Table<K, V> => new Table<K, V>(journal);
  const state: LedgerState = {
    journal,
    height: cell(0),
    timeMs: cell(0),
    startedMs: cell(0),
    eventsHash: cell(job),
    status: cell<JobStatus>("running"),
    outcome: cell<EventOf<"completed"> | null>(null),
    spent: cell(0),
    reserved: cell(0),
    unproven: cell(0),
    order: cell(0),
    committee: cell(genesis.committee),
    standbys: cell(genesis.standbys),
    convicted: table(),
    nodes: table(),
    tasks: table(),
    answers: table(),
    offers: table(),
    windows: table(),
    gatherings: table(),
    agents: table(),
    records: table(),
    sharedErrors: table(),
    surplus: table(),
    liveBySkill: table(),
    credits: table(),
    learned: cell(learned),
    suspicions: table(),
    suspicionCounters: table(),
    heldBytes: cell(0),
    unfolding: new OrderedSet(journal, (node: string) => node),
    ready: new OrderedSet(journal, (task: TaskId) => task),
    deadlines: new OrderedSet(journal, nameOfDeadline),
  };
  for (const spec of genesis.nodes) {
    const shape: Shape = spec.generator.kind === "map" ? "list" : "value";
    const unmet = prerequisitesOf(spec).length;
    const unread = graph.readers.get(spec.id)!.length;
    const nothing = { total: 0, unfolded: 0, done: 0, answer: null, order: 0 };
    state.nodes.set(spec.id, { status: "waiting", ...nothing, shape, unmet, unread });
  }
  state.deadlines.add(0, { kind: "start" });
  journal.keep();
  return state;
}
