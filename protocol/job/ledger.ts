/**
 * The ledger of one job: a pure function of its blocks. `judge` says whether a command would change anything; `execute`
 * and `select` find out what a block does, and `keep` makes it decided.
 *
 * Its state is always that of the tip: a method undoes whatever it tries before it returns, and readers outside get a view
 * that changes nothing (docs/decisions/0026-decided-state.md).
 *
 * Total: every input has a defined outcome, and the work of a block is bounded by its commands, the tasks that are
 * open, and what is due. A block applies its commands in canonical order, then what is due, then the seating.
 *
 * Source: protocol.md 4-7; the rules of its parts are in commands.ts, due.ts, seating.ts, batch.ts, nodes.ts.
 */

import { assert } from "../core/assert.ts";
import type { Hasher } from "../core/crypto.ts";
import type { Hash, JobId } from "../core/ids.ts";
import { limits } from "../core/limits.ts";
import { merkleRoot } from "../core/merkle.ts";
import { BUILT_IN_SELECTORS } from "../selection/catalog.ts";
import { carried, type Lessons, priorOf } from "../selection/knowledge.ts";
import type { Selectors } from "../selection/selector.ts";
import { hash, hashOf, struct } from "../wire/codec.ts";
import type { Command } from "../wire/command.ts";
import type { CommitteeMembers } from "../wire/consensus.ts";
import type { Genesis } from "../wire/genesis.ts";
import type { SeatChoice } from "./choosing.ts";
import { apply, compareCommands, type IdentifiedCommand, judge } from "./commands.ts";
import type { LostAward, TaskTally } from "./counted.ts";
import { creditsOf } from "./credits.ts";
import { runDue } from "./due.ts";
import { eventLeaf, type LedgerEvent } from "./event.ts";
import { createGraph } from "./graph.ts";
import type { Changes } from "./journal.ts";
import { ofSkillKey } from "./keys.ts";
import { startOf } from "./lessons.ts";
import { completeIfDone, openNodes, unfoldNodes } from "./nodes.ts";
import { statedAnswers } from "./recent.ts";
import { seat } from "./seating.ts";
import { createState, type LedgerState, type StateView } from "./state.ts";
import { digestChanges, digestState } from "./state-digest.ts";
import type { Transaction } from "./transaction.ts";
import type { LedgerView } from "./view.ts";

/** What a block does. */
export interface Outcome {
  readonly events: readonly LedgerEvent[];
  /** Why awards went where they went. Not hashed: they follow from the state. */
  readonly choices: readonly SeatChoice[];
  /** How tasks came to their answers, or to none, and which awards brought nothing; not hashed, as the choices. */
  readonly tallies: readonly TaskTally[];
  readonly lost: readonly LostAward[];
  readonly leaves: readonly Hash[];
  readonly eventsHash: Hash;
  readonly committee: CommitteeMembers;
  /** Digest of the state after it, where its header names one. */
  readonly stateHash: Hash | null;
}

/** A block that was executed on the tip, and taken back. */
export interface Execution {
  readonly height: number;
  readonly outcome: Outcome;
  readonly changes: Changes;
}

/** A block that is being applied, and what it did so far. */
interface Draft extends Transaction {
  readonly events: LedgerEvent[];
  readonly choices: SeatChoice[];
  readonly tallies: TaskTally[];
  readonly lost: LostAward[];
}

const eventsHashCodec = struct({ parent: hash, root: hash });
export const chainEvents = (hasher: Hasher, parent: Hash, root: Hash): Hash =>
  hashOf(hasher, eventsHashCodec, { parent, root });

export class Ledger {
  /** The job, and how it is read. */
  readonly #constants: Omit<LedgerView, "state" | "timeMs" | "blobsRead">;
  readonly #state: LedgerState;
  readonly #isTraced: boolean;
  #changesDigest: Hash;

  /**
   * Asserts that the genesis's selector is among `selectors`: a host has checked that before. `isTraced`: it keeps
   * `changesDigest`, from the first block on.
   */
  constructor(
    genesis: Genesis,
    job: JobId,
    hasher: Hasher,
    selectors: Selectors = BUILT_IN_SELECTORS,
    isTraced = false,
  ) {
    const selector = selectors.get(genesis.selector);
    assert(selector !== undefined, `there is no selector ${genesis.selector}`);
    const graph = createGraph(genesis.nodes);
    this.#constants = {
      genesis,
      job,
      graph,
      selector,
      hasher,
      prior: priorOf(genesis.knowledge),
      groupings: new WeakMap(),
    };
    this.#state = createState(genesis, job, graph, startOf(selector, genesis));
    this.#isTraced = isTraced;
    this.#changesDigest = job;
  }

  // --- what is decided --------------------------------------------------------------------------------

  get genesis(): Genesis {
    return this.#constants.genesis;
  }

  get state(): StateView {
    return this.#state;
  }

  /** For questions about `timeMs`. */
  viewAt(timeMs: number): LedgerView {
    const { genesis, job, graph, selector, hasher, prior, groupings } = this.#constants;
    return {
      state: this.#state,
      genesis,
      job,
      graph,
      selector,
      hasher,
      prior,
      groupings,
      timeMs,
      blobsRead: new Map(),
    };
  }

  /** The digest of the whole state, as headers name it. Cost: linear in the state. */
  get digest(): Hash {
    return digestState(this.#constants.hasher, this.#state);
  }

  /** Running digest of what each kept block changed (`digestChanges`). If the ledger is not traced, it stays the job's id. */
  get changesDigest(): Hash {
    return this.#changesDigest;
  }

  /** When something is due next in the ledger's time, or null. */
  get nextDeadlineMs(): number | null {
    return this.#state.deadlines.first?.at ?? null;
  }

  /** What this job taught so far. */
  get lessons(): Omit<Lessons, "hosts"> {
    const { learned, records, status } = this.#state;
    const { selector } = this.#constants;
    return {
      records: records.sorted().map(([key, record]) => ({
        ...ofSkillKey(key),
        accepted: record.accepted,
        rejected: record.rejected,
        ...(record.stated.length > 0 && { stated: statedAnswers(record.stated) }),
      })),
      selector: selector.name,
      learned: carried(selector, learned.get()),
      credits: status.get() === "certified" ? creditsOf({ ...this.#constants, state: this.#state }) : [],
    };
  }

  /** Why `command` would change nothing at `timeMs`, or null if it would. */
  judge(command: Command, timeMs: number): string | null {
    return judge(this.viewAt(timeMs), command);
  }

  // --- blocks -----------------------------------------------------------------------------------------

  /**
   * What a block does; `commands` in canonical order. Null if a command would change nothing, or they are out of order:
   * such a block is invalid.
   */
  execute(timeMs: number, commands: readonly IdentifiedCommand[]): Execution | null {
    return this.#try(() => {
      const draft = this.#begin(timeMs);
      for (const [i, entry] of commands.entries()) {
        if (i > 0 && compareCommands(commands[i - 1]!, entry) >= 0) return null;
        if (judge(draft, entry.command) !== null) return null;
        apply(draft, entry.command);
      }
      return this.#finish(draft);
    });
  }

  /** A block of those of `candidates` that change something, in canonical order. */
  select(
    timeMs: number,
    candidates: readonly IdentifiedCommand[],
  ): { readonly commands: readonly IdentifiedCommand[]; readonly execution: Execution } {
    const commands: IdentifiedCommand[] = [];
    const execution = this.#try(() => {
      const draft = this.#begin(timeMs);
      for (const entry of [...candidates].sort(compareCommands)) {
        if (judge(draft, entry.command) !== null) continue;
        apply(draft, entry.command);
        commands.push(entry);
      }
      return this.#finish(draft);
    });
    return { commands, execution };
  }

  /** Those of `entries` that would change something after this block, at each of these times. */
  applicableAfter<E extends IdentifiedCommand>(
    execution: Execution,
    entries: readonly E[],
    timesMs: readonly number[],
  ): E[] {
    this.#checkTip(execution);
    this.#state.journal.putIn(execution.changes);
    try {
      const views = timesMs.map((timeMs) => this.viewAt(timeMs));
      return entries.filter(({ command }) => views.every((view) => judge(view, command) === null));
    } finally {
      this.#state.journal.takeBack();
    }
  }

  /** The block is decided. Its changes are put in again: that costs what it changed, not what it was to work them out. */
  keep(execution: Execution): void {
    this.#checkTip(execution);
    this.#state.journal.keep(execution.changes);
    if (this.#isTraced) this.#changesDigest = digestChanges(this.#constants.hasher, this.#changesDigest, this.#state);
  }

  #checkTip({ height }: Execution): void {
    assert(height === this.#state.height.get() + 1, "a block goes on the tip that it was executed on");
  }

  /** Runs a block, and leaves the state as it was, whatever happens. */
  #try<T extends Outcome | null>(run: () => T): T extends null ? null : Execution;
  #try(run: () => Outcome | null): Execution | null {
    const height = this.#state.height.get() + 1;
    let changes: Changes;
    let outcome: Outcome | null = null;
    try {
      outcome = run();
    } finally {
      changes = this.#state.journal.takeBack();
    }
    return outcome === null ? null : { height, outcome, changes };
  }

  #begin(timeMs: number): Draft {
    const state = this.#state;
    const { genesis, job, graph, selector, hasher, prior, groupings } = this.#constants;
    const events: LedgerEvent[] = [];
    const choices: SeatChoice[] = [];
    const tallies: TaskTally[] = [];
    const lost: LostAward[] = [];
    const draft: Draft = {
      state,
      genesis,
      job,
      graph,
      selector,
      hasher,
      prior,
      groupings,
      timeMs,
      blobsRead: new Map(),
      toOpen: [],
      begun: { checks: 0 },
      events,
      choices,
      tallies,
      lost,
      emit: (event) => void events.push(event),
      onChoice: (choice) => void choices.push(choice),
      onTally: (tally) => void tallies.push(tally),
      onLost: (award) => void lost.push(award),
      learn: (lesson) => {
        if (selector.learn !== undefined) state.learned.set(selector.learn(state.learned.get(), lesson));
      },
    };
    state.height.set(state.height.get() + 1);
    state.timeMs.set(timeMs);
    if (state.height.get() === 1) {
      state.startedMs.set(timeMs);
      state.deadlines.remove(0, { kind: "start" });
      state.deadlines.add(timeMs + genesis.deadlineMs, { kind: "deadline" });
      const free = genesis.nodes.filter(({ id }) => state.nodes.get(id)!.unmet === 0);
      draft.toOpen.push(...free.map(({ id }) => id).reverse());
    }
    return draft;
  }

  #finish(draft: Draft): Outcome {
    const { state, hasher, events, choices, tallies, lost } = draft;
    // Seating accepts answers too, where nobody else can be asked: what follows from them is done in the same block.
    // A check may end and the next one begin, with as many open tasks as before.
    const open = (): number => state.tasks.size + (limits.openTasks + 1) * draft.begun.checks;
    for (let ended = runDue(draft), seen = -1; seen !== open(); ended = new Set()) {
      openNodes(draft);
      unfoldNodes(draft);
      seen = open();
      if (state.status.get() !== "running") break;
      completeIfDone(draft);
      seat(draft, ended);
    }
    const leaves = events.map((event) => eventLeaf(hasher, event));
    const eventsHash = chainEvents(hasher, state.eventsHash.get(), merkleRoot(hasher, leaves));
    state.eventsHash.set(eventsHash);
    const stateHash = state.height.get() % limits.snapshotInterval === 0 ? this.digest : null;
    return { events, choices, tallies, lost, leaves, eventsHash, committee: state.committee.get(), stateHash };
  }
}
