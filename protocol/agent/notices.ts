/**
 * Notices: what members tell workers about their awards. Every member sends the same; a worker acts when
 * members with more than 1/3 of the power have told it the same (protocol.md 6.5).
 */

import type { Crypto } from "../core/crypto.ts";
import { type AgentId, type Hash, type TaskId, taskParts } from "../core/ids.ts";
import { limits } from "../core/limits.ts";
import { awardOf } from "../job/batch.ts";
import type { LedgerEvent } from "../job/event.ts";
import { inputOf } from "../job/nodes.ts";
import { isSealed } from "../job/policy.ts";
import type { Replica } from "../job/replica.ts";
import type { Award, Task } from "../job/state.ts";
import { surplusOf } from "../job/surplus.ts";
import { isCheckOver } from "../job/verification.ts";
import { policyOf, specOf } from "../job/view.ts";
import { decode } from "../wire/codec.ts";
import { commandCodec, type Envelope } from "../wire/command.ts";
import type { Data, Listed, TaskInput } from "../wire/genesis.ts";
import type { Message, NoticeItem, UnsettledItem } from "../wire/message.ts";
import { blobParcel, dataBytes, encodePart, splitList } from "../wire/parcel.ts";

/** Inline outputs of a list input are handed on in blobs when they are larger than this together, bytes. */
const LIST_INLINE_BYTES = 256 * 1024;
/** The approximate size of one notice, bytes: inputs are at most 16 KiB, or lists within the above, or hashes. */
const NOTICE_BYTES = limits.frameBytes / 4;

interface Addressed {
  readonly to: AgentId;
  readonly message: Message;
}

/** The most pulses between two repetitions of all awards to a worker that never hears of them. */
const REPAIR_PULSES = 16;

/** Closes every award of a seat: a worker that gave a result, or whose batch is over, gets no other award of it. */
const ALL_SERIALS = Number.MAX_SAFE_INTEGER;

export class Notices {
  readonly #replica: Replica;
  /** Workers whose last pulse named fewer awards than the ledger, and how many pulses in a row did. */
  readonly #mismatched = new Map<AgentId, { readonly known: number; readonly times: number }>();
  #blobs: Uint8Array[] = [];

  constructor(replica: Replica) {
    this.#replica = replica;
  }

  #task(id: TaskId): Task | undefined {
    return this.#replica.decided.state.tasks.get(id);
  }

  /** Inline data that had to become blobs since the last call. */
  takeBlobs(): Uint8Array[] {
    const blobs = this.#blobs;
    this.#blobs = [];
    return blobs;
  }

  /** What the decisions of a block mean to each worker. */
  of(events: readonly LedgerEvent[]): Addressed[] {
    const items = new Map<AgentId, NoticeItem[]>();
    const add = (worker: AgentId, item: NoticeItem | null): void => {
      if (item === null) return;
      const list = items.get(worker);
      if (list === undefined) items.set(worker, [item]);
      else list.push(item);
    };
    for (const event of events) {
      if (event.kind === "award") {
        const task = this.#task(event.task);
        const award = task?.attempt === event.attempt ? awardOf(task, event.worker) : undefined;
        if (task !== undefined && award?.status === "live") add(event.worker, this.#award(task, award));
      } else if (event.kind === "opened") {
        const task = this.#task(event.task);
        const { attempt, revealByMs } = event;
        for (const award of task?.awards ?? []) {
          if (award.status === "sealed") add(award.worker, { kind: "open", task: event.task, attempt, revealByMs });
        }
      } else if (event.kind === "ended" || event.kind === "surplus" || event.kind === "result") {
        const serial = event.kind === "result" ? ALL_SERIALS : event.serial;
        add(event.worker, { kind: "closed", task: event.task, attempt: event.attempt, serial });
      }
    }
    return [...items].flatMap(([to, list]) => this.#messages(to, list));
  }

  #messages(to: AgentId, items: readonly NoticeItem[]): Addressed[] {
    const { job } = this.#replica.decided;
    const messages: Addressed[] = [];
    let batch: NoticeItem[] = [];
    let bytes = 0;
    for (const item of items) {
      const size = item.kind === "award" ? 256 + inputBytes(item.input) : 128;
      if (batch.length > 0 && (bytes + size > NOTICE_BYTES || batch.length >= limits.blockCommands)) {
        messages.push({ to, message: { kind: "notice", job, items: batch } });
        batch = [];
        bytes = 0;
      }
      batch.push(item);
      bytes += size;
    }
    if (batch.length > 0) messages.push({ to, message: { kind: "notice", job, items: batch } });
    return messages;
  }

  #award(task: Task, award: Award): NoticeItem {
    const { decided } = this.#replica;
    return {
      kind: "award",
      task: task.id,
      attempt: task.attempt,
      skill: specOf(decided, task).skill,
      input: this.#portable(inputOf(decided, task)),
      serial: award.serial,
      leaseEndsMs: award.leaseEndsMs,
      price: award.price,
      sealed: isSealed(policyOf(decided, task)),
    };
  }

  /** An input that fits into a frame: the inline outputs of a long list go into a few blobs, which members then hold. */
  #portable(input: TaskInput): TaskInput {
    if (input.kind !== "list" || inputBytes(input) <= LIST_INLINE_BYTES) return input;
    const items: Listed[] = [];
    let inline: Data[] = [];
    const pack = (): void => {
      for (const part of splitList(inline)) {
        const blob = encodePart(part);
        this.#blobs.push(blob);
        items.push({ ...blobParcel(this.#replica.decided.hasher, blob), kind: "many" });
      }
      inline = [];
    };
    for (const item of input.items) {
      if (item.kind === "inline") inline.push(item);
      else {
        pack();
        items.push(item);
      }
    }
    pack();
    return { kind: "list", items };
  }

  /** Everything that stands between the job and one worker. Cost: a walk over the open tasks. */
  live(worker: AgentId): Addressed[] {
    const items: NoticeItem[] = [];
    for (const [, task] of this.#replica.decided.state.tasks.sorted()) {
      const award = awardOf(task, worker);
      if (award?.status === "live") items.push(this.#award(task, award));
      else if (award?.status === "sealed" && task.phase === "open") {
        items.push({ kind: "open", task: task.id, attempt: task.attempt, revealByMs: task.revealByMs });
      }
    }
    return this.#messages(worker, items);
  }

  /**
   * A worker's pulse says how many live awards it knows of. If that is below the ledger's count twice in a row, and not
   * rising, a notice was lost: all are repeated, after twice as many pulses each time.
   */
  repair(worker: AgentId, known: number): Addressed[] {
    const live = this.#replica.decided.state.agents.get(worker)?.live ?? 0;
    if (live <= known) {
      this.#mismatched.delete(worker);
      return [];
    }
    const before = this.#mismatched.get(worker);
    // Its count is rising: it is still working through the notices that wait for it.
    const times = before === undefined || known > before.known ? 1 : before.times + 1;
    this.#mismatched.set(worker, { known, times });
    const isPowerOfTwo = (times & (times - 1)) === 0;
    return times >= 2 && (isPowerOfTwo || times % REPAIR_PULSES === 0) ? this.live(worker) : [];
  }

  /** Answers an author's question how its commands stand: notices for those settled, those held here, those unknown. */
  standings(
    author: AgentId,
    items: readonly UnsettledItem[],
  ): { notices: readonly Addressed[]; held: readonly Hash[]; lacking: readonly Hash[] } {
    const news: NoticeItem[] = [];
    const held: Hash[] = [];
    const lacking: Hash[] = [];
    for (const { task, attempt, command } of items) {
      const isPooled = this.#replica.pool.has(command);
      const item = isPooled ? null : this.#standing(author, task, attempt);
      if (item !== null) news.push(item);
      else if (isPooled || this.#replica.isKnown(command)) held.push(command);
      else lacking.push(command);
    }
    return { notices: this.#messages(author, news), held, lacking };
  }

  /** How a worker's seat stands, if the worker must know before it can continue; otherwise null. */
  #standing(worker: AgentId, id: TaskId, attempt: number): NoticeItem | null {
    if (surplusOf(this.#replica.decided, worker, { task: id, attempt }) !== undefined) return null; // it may still deliver
    const task = this.#task(id);
    const award = task?.attempt === attempt ? awardOf(task, worker) : undefined;
    const isSettled =
      award === undefined ? this.#isOver(id, attempt) : award.status === "done" || award.status === "ended";
    if (isSettled) return { kind: "closed", task: id, attempt, serial: award?.serial ?? ALL_SERIALS };
    if (task === undefined || award?.status !== "sealed" || task.phase !== "open") return null;
    return { kind: "open", task: id, attempt, revealByMs: task.revealByMs };
  }

  /** The notices for awards that an author's commands are about, if the commands no longer change anything. */
  standing(author: AgentId, envelope: Envelope, crypto: Pick<Crypto, "hash">): Addressed[] {
    const items: NoticeItem[] = [];
    for (const bytes of envelope.commands) {
      if (this.#replica.pool.has(crypto.hash(bytes))) continue; // under way
      const decoded = decode(commandCodec, bytes);
      if (!decoded.ok) continue;
      const said = decoded.value.body;
      if (said.kind !== "seal" && said.kind !== "result" && said.kind !== "failure") continue;
      const item = this.#standing(author, said.task, said.attempt);
      if (item !== null) items.push(item);
    }
    return this.#messages(author, items);
  }

  /** Whether an attempt can no longer count. A member that is behind does not know, and returns false. */
  #isOver(id: TaskId, attempt: number): boolean {
    const { state } = this.#replica.decided;
    const task = state.tasks.get(id);
    if (task !== undefined) return task.attempt > attempt;
    if (state.status.get() !== "running") return true;
    const { node: name, index } = taskParts(id);
    const isOverAsCheck = isCheckOver(this.#replica.decided, id, attempt);
    if (isOverAsCheck !== null) return isOverAsCheck;
    const node = state.nodes.get(name);
    return node !== undefined && node.unfolded > (index ?? 0);
  }
}

/** About how many bytes an input takes in a notice. */
function inputBytes(input: TaskInput): number {
  if (input.kind === "check") return inputBytes(input.input) + dataBytes(input.output);
  if (input.kind === "value") return dataBytes(input.data) + input.path.length;
  if (input.kind === "list") return input.items.reduce((sum, data) => sum + dataBytes(data), 0);
  return input.kind === "packs" ? 48 * input.packs.length : 64;
}
