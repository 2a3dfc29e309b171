/**
 * A job's ledger without the network, with commands and blocks by short calls. Every block goes past the simulator's
 * checkers of the ledger: answers, awards, budget, seals, tasks.
 */

import { hasher } from "../../node/platform/crypto.ts";
import type { AgentId, Hash, JobId, MeshId, TaskId } from "../../protocol/core/ids.ts";
import type { IdentifiedCommand } from "../../protocol/job/commands.ts";
import type { LedgerEvent } from "../../protocol/job/event.ts";
import { Ledger } from "../../protocol/job/ledger.ts";
import type { StateView, Task } from "../../protocol/job/state.ts";
import { BUILT_IN_SELECTORS } from "../../protocol/selection/catalog.ts";
import type { Selectors } from "../../protocol/selection/selector.ts";
import { type CommandBody, encodeCommand, type FailureReason, sealHash } from "../../protocol/wire/command.ts";
import { type Data, dataHash, encodeGenesis, type Genesis, type NodeSpec } from "../../protocol/wire/genesis.ts";
import { answersChecker } from "../../sim/parts/checkers/answers.ts";
import { awardsChecker } from "../../sim/parts/checkers/awards.ts";
import { budgetChecker } from "../../sim/parts/checkers/budget.ts";
import type { Checker } from "../../sim/parts/checkers/checker.ts";
import { sealsChecker } from "../../sim/parts/checkers/seals.ts";
import { tasksChecker } from "../../sim/parts/checkers/tasks.ts";
import { buildGenesis, inline, type JobOptions } from "../../sim/parts/workloads/job-builder.ts";
import { setGatherings, skipGathering } from "./skip-gathering.ts";

const MESH = "book" as MeshId;
const START_MS = 1_000_000;
/** Hides every seal: nobody guesses here. */
export const NONCE = new Uint8Array(32);
/** What workers say of each output. */
const SAID = { confidence: 900_000, cost: 1, usage: null };

const ledgerCheckers = (genesis: Genesis): readonly Checker[] => [
  answersChecker(),
  awardsChecker(),
  budgetChecker(() => genesis),
  sealsChecker(() => genesis),
  tasksChecker(),
];

export interface OfferTerms {
  readonly skill?: string;
  /** How long it stands. */
  readonly lifeMs?: number;
  /** A task is hedged after three times this. */
  readonly expectedMs?: number;
  readonly labels?: readonly string[];
  /** Parts per million. */
  readonly similarity?: number;
  /** Parts per million; a million: busy. */
  readonly load?: number;
}

export class Book {
  readonly ledger: Ledger;
  readonly job: JobId;
  timeMs = START_MS;
  #counter = 1;
  readonly #checkers: readonly Checker[];

  /**
   * Members m0 to m3, standby s0, and a deadline that is out of the way. Its needs were asked for before: what is offered
   * is awarded at once.
   */
  constructor(
    nodes: readonly NodeSpec[],
    budget = 1_000_000,
    checkers: readonly Checker[] | null = null,
    changes: Partial<JobOptions> = {},
    selectors: Selectors = BUILT_IN_SELECTORS,
  ) {
    const genesis = buildGenesis(MESH, {
      owner: "owner",
      nodes,
      budget,
      committee: ["m0", "m1", "m2", "m3"],
      standbys: ["s0"],
      deadlineMs: 2_000_000_000,
      ...changes,
    });
    this.#checkers = checkers ?? ledgerCheckers(genesis);
    this.job = hasher(encodeGenesis(genesis));
    this.ledger = skipGathering(new Ledger(genesis, this.job, hasher, selectors));
  }

  /** As jobs begin: the first tasks of each need wait for offers to choose among. */
  unasked(): this {
    setGatherings(this.ledger, null);
    return this;
  }

  get state(): StateView {
    return this.ledger.state;
  }

  /** The job's status, and the reason of a failure. */
  get end(): string {
    return `${this.state.status.get()} ${this.state.outcome.get()?.reason ?? ""}`.trim();
  }

  task(id: string): Task | undefined {
    return this.state.tasks.get(id as TaskId);
  }

  // --- commands ---------------------------------------------------------------------------------------

  command(author: string, body: CommandBody): IdentifiedCommand {
    const command = { job: this.job, author: author as AgentId, counter: this.#counter++, body };
    return { hash: hasher(encodeCommand(command)), command };
  }

  offer(worker: string, price = 1, slots = 4, terms: OfferTerms = {}): IdentifiedCommand {
    const { skill = "work", lifeMs = 60_000, expectedMs = 100, similarity = 1_000_000, load = 0, labels = [] } = terms;
    const validUntilMs = this.timeMs + lifeMs;
    return this.command(worker, {
      ...{ kind: "offer", skill, price, slots, labels, load, expectedMs, validUntilMs, similarity },
    });
  }

  seal(worker: string, id: string, attempt: number, output: number | Data): IdentifiedCommand {
    const task = id as TaskId;
    const hash = dataHash(hasher, dataOf(output));
    const sealed = { job: this.job, task, attempt, worker: worker as AgentId, nonce: NONCE, output: hash, ...SAID };
    return this.command(worker, { kind: "seal", task, attempt, seal: sealHash(hasher, sealed), mebibytes: 0 });
  }

  /** With `NONCE`, the reveal of a seal. */
  result(
    worker: string,
    task: string,
    attempt: number,
    output: number | Data,
    nonce: Uint8Array | null = null,
  ): IdentifiedCommand {
    const body = { task: task as TaskId, attempt, data: dataOf(output), ...SAID, nonce };
    return this.command(worker, { kind: "result", ...body });
  }

  /** `retryMs`: when a busy skill can work again; 0: the agent offers again when it has a free slot. */
  failure(
    worker: string,
    task: string,
    attempt: number,
    reason: FailureReason,
    { retryMs = 0, message = "" }: { readonly retryMs?: number; readonly message?: string } = {},
  ): IdentifiedCommand {
    const award = this.task(task)?.awards.find((given) => given.worker === worker);
    const serial = award?.serial ?? 0;
    const body = { task: task as TaskId, attempt, serial, reason, retryMs, message };
    return this.command(worker, { kind: "failure", ...body });
  }

  suspicion(member: string, target: string, suspected = true): IdentifiedCommand {
    return this.command(member, { kind: "suspicion", target: target as AgentId, suspected });
  }

  // --- blocks -----------------------------------------------------------------------------------------

  /** Decides a block of those commands that change something. */
  block(commands: readonly IdentifiedCommand[], afterMs = 10): readonly LedgerEvent[] {
    this.timeMs += afterMs;
    const { ledger } = this;
    const { commands: taken, execution } = ledger.select(this.timeMs, commands);
    const { outcome } = execution;
    ledger.keep(execution);
    const committed = { block: { header: { timeMs: this.timeMs } } };
    const height = ledger.state.height.get();
    const seen = { committed, commands: taken, events: outcome.events, ledger: ledger.viewAt(this.timeMs), height };
    for (const checker of this.#checkers)
      checker.onDecided?.({ ...seen, hash: "" as Hash, by: "test" as AgentId, atMs: 0 } as never);
    return outcome.events;
  }

  /** Kinds of the events of a block. */
  kinds(commands: readonly IdentifiedCommand[], afterMs?: number): string[] {
    return this.block(commands, afterMs).map((event) => event.kind);
  }

  /** Empty blocks, until the job has ended or `count` are decided. */
  idle(count: number, afterMs: number): void {
    for (let i = 0; i < count && this.state.status.get() === "running"; i++) this.block([], afterMs);
  }
}

const dataOf = (output: number | Data): Data => (typeof output === "number" ? inline(output) : output);
