/**
 * The ledger of one job: a pure function of its blocks. `judge` says whether a command would change anything,
 * `execute` applies a block to the state and can be taken back.
 *
 * Total: every input has a defined outcome, and the work of a block is bounded by its commands, the tasks that are
 * open, and what is due. Commands of a block apply in their canonical order, then what is due, then seating.
 *
 * Source: protocol.md 4-7; the rules of its parts stand in nodes.ts, seating.ts, batch.ts, committee-changes.ts.
 */

import { assert, unreachable } from "../core/assert.ts";
import { compareUnits } from "../core/bytes.ts";
import type { Hasher } from "../core/crypto.ts";
import type { AgentId, Hash, JobId, TaskId } from "../core/ids.ts";
import { merkleRoot } from "../core/merkle.ts";
import { BUILT_IN_SELECTORS } from "../selection/catalog.ts";
import { carried, type KnownAnswers, type Lessons, priorOf } from "../selection/knowledge.ts";
import type { Lesson, Selector, Selectors } from "../selection/selector.ts";
import { hash, hashOf, struct } from "../wire/codec.ts";
import type { BodyOf, Command, CommandKind } from "../wire/command.ts";
import type { CommitteeMembers } from "../wire/consensus.ts";
import type { Genesis } from "../wire/genesis.ts";
import { afterEnd, awardOf, closeReveals, endAward, hedgeDeadline, leaseDeadline, saveTask } from "./batch.ts";
import { applySuspicion, isReplaceable, judgeSuspicion, replaceMember } from "./committee-changes.ts";
import { costToCome } from "./cost-to-come.ts";
import { creditsOf } from "./credits.ts";
import { applyDelivery, judgeDelivery } from "./deliveries.ts";
import { eventLeaf, type LedgerEvent } from "./event.ts";
import { GATHER } from "./gathering.ts";
import { createGraph } from "./graph.ts";
import { startOf } from "./lessons.ts";
import { completeIfDone, endJob, openNodes, policyOf, type Rules, type SeatChoice, unfoldNodes } from "./nodes.ts";
import { applyOffer, judgeOffer } from "./offers.ts";
import { GRACE_MS, OVERDUE_MS } from "./policy.ts";
import { hedge, seat } from "./seating.ts";
import { createState, type LedgerState, ofSkillKey, type Task } from "./state.ts";
import { digestChanges, digestState } from "./state-digest.ts";
import { endOverdueSurplus, SURPLUS } from "./surplus.ts";

/** Commands of a block apply in this order of kinds, then by hash. */
const KIND_ORDER: { readonly [K in CommandKind]: number } = {
  cancel: 0,
  equivocation: 1,
  doubleProposal: 2,
  suspicion: 3,
  failure: 4,
  seal: 5,
  result: 6,
  offer: 7,
};

export interface IdentifiedCommand {
  readonly hash: Hash;
  readonly command: Command;
}

function compareCommands(a: IdentifiedCommand, b: IdentifiedCommand): number {
  return KIND_ORDER[a.command.body.kind] - KIND_ORDER[b.command.body.kind] || compareUnits(a.hash, b.hash);
}

/** What a block does. */
export interface Outcome {
  readonly events: readonly LedgerEvent[];
  /** Why awards went where they went. Not hashed: they follow from the state. */
  readonly choices: readonly SeatChoice[];
  readonly leaves: readonly Hash[];
  readonly eventsHash: Hash;
  readonly committee: CommitteeMembers;
}

/** What a block does, while it is applied. */
interface Draft {
  readonly events: LedgerEvent[];
  readonly choices: SeatChoice[];
}

const eventsHashCodec = struct({ parent: hash, root: hash });
export const chainEvents = (hasher: Hasher, parent: Hash, root: Hash): Hash =>
  hashOf(hasher, eventsHashCodec, { parent, root });

export class Ledger {
  readonly genesis: Genesis;
  readonly job: JobId;
  readonly state: LedgerState;
  /** Answers that the genesis says it knows of, by `skillKey`. */
  readonly prior: ReadonlyMap<string, KnownAnswers>;
  readonly #hasher: Hasher;
  readonly #selector: Selector;
  readonly #graph;
  readonly #isTraced: boolean;
  /** Running digest of what each kept block changed (`digestChanges`). If the ledger is not traced, it stays the job's id. */
  changesDigest: Hash;

  /**
   * Asserts that the genesis's selector is among `selectors`: who keeps a job looked before. `isTraced`: it keeps
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
    this.#selector = selector;
    this.genesis = genesis;
    this.job = job;
    this.#hasher = hasher;
    this.#graph = createGraph(genesis.nodes);
    this.state = createState(genesis, job, this.#graph, startOf(selector, genesis));
    this.prior = priorOf(genesis.knowledge);
    this.#isTraced = isTraced;
    this.changesDigest = job;
  }

  /** Of the whole state, as headers name it. Cost: linear in the state. */
  get digest(): Hash {
    return digestState(this.#hasher, this.state);
  }

  /** When something is due next in the ledger's time, or null. */
  get nextDeadlineMs(): number | null {
    return this.state.deadlines.first?.at ?? null;
  }

  #rules(timeMs: number, { events, choices }: Draft): Rules {
    const { genesis, job, state } = this;
    const emit = (event: LedgerEvent): void => void events.push(event);
    return {
      state,
      genesis,
      job,
      hasher: this.#hasher,
      timeMs,
      graph: this.#graph,
      prior: this.prior,
      selector: this.#selector,
      onChoice: (choice) => void choices.push(choice),
      learn: (lesson) => this.#learn(lesson),
      toOpen: [],
      blobsRead: new Map(),
      emit,
    };
  }

  /** A view for questions that change nothing. */
  rulesAt(timeMs: number): Rules {
    return this.#rules(timeMs, { events: [], choices: [] });
  }

  #learn(lesson: Lesson): void {
    const { learned } = this.state;
    if (this.#selector.learn !== undefined) learned.set(this.#selector.learn(learned.get(), lesson));
  }

  /** What this job taught so far. */
  get lessons(): Lessons {
    const { learned, records } = this.state;
    const selector = this.#selector;
    return {
      records: records.sorted().map(([key, { accepted, rejected }]) => ({ ...ofSkillKey(key), accepted, rejected })),
      selector: selector.name,
      learned: carried(selector, learned.get()),
      credits:
        this.state.status.get() === "certified"
          ? creditsOf({ state: this.state, genesis: this.genesis, graph: this.#graph })
          : [],
    };
  }

  // --- would it change anything -----------------------------------------------------------------------

  /** Why `command` would change nothing at `timeMs`, or null if it would. */
  judge(command: Command, timeMs: number): string | null {
    if (this.state.status.get() !== "running") return "job-ended";
    const { author, body } = command;
    switch (body.kind) {
      case "cancel":
        return author === this.genesis.owner ? null : "not-the-owner";
      case "equivocation":
        return this.#judgeEquivocation(body);
      case "doubleProposal":
        return isReplaceable(this, body.first.proposer) ? null : "not-replaceable";
      case "suspicion":
        return judgeSuspicion(this, { author, counter: command.counter, body }, timeMs);
      case "failure":
      case "seal":
      case "result":
        return judgeDelivery(this.rulesAt(timeMs), author, body);
      case "offer":
        return this.#graph.skills.has(body.skill) ? judgeOffer(this, command, body, timeMs) : "skill-not-asked-for";
      default:
        return unreachable(body);
    }
  }

  #judgeEquivocation(body: BodyOf<"equivocation">): string | null {
    return isReplaceable(this, body.first.voter) ? null : "not-replaceable";
  }

  // --- blocks -----------------------------------------------------------------------------------------

  /**
   * Applies a block to the state; `commands` in canonical order. Null if a command would change nothing, or they are
   * out of order: such a block is invalid. Either way the caller ends with `keep` or `takeBack`.
   */
  execute(timeMs: number, commands: readonly IdentifiedCommand[]): Outcome | null {
    const draft: Draft = { events: [], choices: [] };
    const rules = this.#begin(timeMs, draft);
    for (let i = 0; i < commands.length; i++) {
      const entry = commands[i]!;
      if (i > 0 && compareCommands(commands[i - 1]!, entry) >= 0) return null;
      if (this.judge(entry.command, timeMs) !== null) return null;
      this.#apply(rules, entry.command);
    }
    return this.#finish(rules, draft);
  }

  /** Applies those of `candidates` that change something, in canonical order; returns them with what they do. */
  select(
    timeMs: number,
    candidates: readonly IdentifiedCommand[],
  ): { commands: IdentifiedCommand[]; outcome: Outcome } {
    const draft: Draft = { events: [], choices: [] };
    const rules = this.#begin(timeMs, draft);
    const commands: IdentifiedCommand[] = [];
    for (const entry of [...candidates].sort(compareCommands)) {
      if (this.judge(entry.command, timeMs) !== null) continue;
      this.#apply(rules, entry.command);
      commands.push(entry);
    }
    return { commands, outcome: this.#finish(rules, draft) };
  }

  keep(): void {
    this.state.journal.keep();
    if (this.#isTraced) this.changesDigest = digestChanges(this.#hasher, this.changesDigest, this.state);
  }

  takeBack(): void {
    this.state.journal.rollBack();
  }

  #begin(timeMs: number, draft: Draft): Rules {
    const { state } = this;
    const rules = this.#rules(timeMs, draft);
    state.height.set(state.height.get() + 1);
    state.timeMs.set(timeMs);
    if (state.height.get() === 1) {
      state.startedMs.set(timeMs);
      state.deadlines.remove(0, "start");
      state.deadlines.add(timeMs + this.genesis.deadlineMs, "deadline");
      const free = this.genesis.nodes.filter(({ id }) => state.nodes.get(id)!.unmet === 0);
      rules.toOpen.push(...free.map(({ id }) => id).reverse());
    }
    return rules;
  }

  #finish(rules: Rules, { events, choices }: Draft): Outcome {
    // Seating accepts answers too, where nobody else can be asked: what follows from them is done in the same block.
    for (let ended = this.#runDue(rules), open = -1; open !== this.state.tasks.size; ended = new Set()) {
      openNodes(rules);
      unfoldNodes(rules);
      open = this.state.tasks.size;
      if (this.state.status.get() !== "running") break;
      completeIfDone(rules);
      seat(rules, ended);
    }
    const leaves = events.map((event) => eventLeaf(this.#hasher, event));
    const eventsHash = chainEvents(this.#hasher, this.state.eventsHash.get(), merkleRoot(this.#hasher, leaves));
    this.state.eventsHash.set(eventsHash);
    return { events, choices, leaves, eventsHash, committee: this.state.committee.get() };
  }

  #apply(rules: Rules, { author, counter, body }: Command): void {
    switch (body.kind) {
      case "cancel":
        return endJob(rules, "cancelled", "cancelled by its owner");
      case "equivocation":
        return replaceMember(rules, body.first.voter, "equivocation");
      case "doubleProposal":
        return replaceMember(rules, body.first.proposer, "equivocation");
      case "suspicion":
        return applySuspicion(rules, { author, counter, body });
      case "failure":
      case "seal":
      case "result":
        return applyDelivery(rules, author, body);
      case "offer":
        return applyOffer(rules, author, counter, body);
      default:
        return unreachable(body);
    }
  }

  // --- what is due ------------------------------------------------------------------------------------

  /** Everything due by the block's time. Returns the needs whose windows ended. */
  #runDue(rules: Rules): Set<string> {
    const ended = new Set<string>();
    const late: { readonly id: TaskId; readonly worker: AgentId }[] = [];
    for (;;) {
      const due = this.state.deadlines.first;
      if (due === undefined || due.at > rules.timeMs) break;
      this.state.deadlines.remove(due.at, due.name);
      const separator = due.name.indexOf("|");
      const kind = separator < 0 ? due.name : due.name.slice(0, separator);
      const rest = due.name.slice(separator + 1);
      if (kind === "deadline") endJob(rules, "failed", "the deadline passed");
      else if (kind === "window") ended.add(rest);
      else if (kind === SURPLUS) endOverdueSurplus(rules, rest);
      else {
        const [id, worker] = rest.split("|") as [TaskId, AgentId | undefined];
        const task = kind === GATHER ? undefined : this.state.tasks.get(id); // seating looks after gatherings
        if (task === undefined) continue;
        if (kind === "reveal") closeReveals(rules, task);
        else if (kind === "hedge") late.push({ id, worker: worker! });
        else this.#onLeaseEnd(rules, task, worker!);
      }
    }
    this.#hedgeAll(rules, late);
    return ended;
  }

  /** After all else that is due: what the tasks to come cost is looked up once a block, however many tasks are late. */
  #hedgeAll(rules: Rules, late: readonly { readonly id: TaskId; readonly worker: AgentId }[]): void {
    let toCome: number | null = null;
    for (const { id, worker } of late) {
      const task = this.state.tasks.get(id);
      if (task === undefined || awardOf(task, worker)?.status !== "live") continue;
      toCome ??= costToCome(rules);
      hedge(rules, task, toCome);
    }
  }

  #onLeaseEnd(rules: Rules, task: Task, worker: AgentId): void {
    const award = awardOf(task, worker);
    if (award?.status !== "live") return;
    // Found long overdue: the job itself stood still, and the worker could not have been heard.
    if (rules.timeMs - award.leaseEndsMs > OVERDUE_MS && !award.graced) {
      const leaseEndsMs = rules.timeMs + Math.min(GRACE_MS, policyOf(rules, task).timeoutMs);
      const graced = { ...award, leaseEndsMs, graced: true };
      saveTask(rules, { ...task, awards: task.awards.map((other) => (other.worker === worker ? graced : other)) });
      this.state.deadlines.add(leaseEndsMs, leaseDeadline(task, worker));
      return;
    }
    this.state.deadlines.remove(award.hedgeAtMs, hedgeDeadline(task, worker));
    afterEnd(rules, endAward(rules, task, worker, "timeout"), "timeout");
  }
}
