/**
 * How much disk blobs take: each is counted before it is fetched or made, for its job, its owner, and, if this node does not
 * know that owner, its source and all guests; and none may fill the disk. A blob goes when no job needs it any more.
 *
 * All that changes who needs what happens in one line, in the order in which it was asked for, and what waits in it is done
 * together: an invitation names thousands of blobs. Leaves to store/blob-needs.ts who needs what.
 */

import { blobsOfGenesis } from "../protocol/agent/checked-genesis.ts";
import type { AgentId, Hash, JobId } from "../protocol/core/ids.ts";
import type { BlobNeed, LocalEvent } from "../protocol/effect.ts";
import type { NodeLimits } from "./limits/node-limits.ts";
import { hasher } from "./platform/crypto.ts";
import { formatSize } from "./platform/text/quantities.ts";
import type { BlobNeeds } from "./store/blob-needs.ts";
import type { BlobStore } from "./store/blob-store.ts";

interface BlobQuotaOptions {
  readonly blobs: BlobStore;
  readonly needs: BlobNeeds;
  readonly limits: NodeLimits["disk"];
  /** Whether this node knows the owner: it is its own, or one that its operator named. */
  isKnown(owner: AgentId): boolean;
  /** The network from which the agent is connected, "" for this machine or a private one; null: it is not connected. */
  originOf(agent: AgentId): string | null;
  /** All agents that are connected. */
  peers(): readonly AgentId[];
}

interface Wanted {
  readonly hash: Hash;
  readonly bytes: number;
  readonly from: readonly AgentId[];
}

/** Why this node does not take a blob. */
export interface Refusal {
  readonly reason: string;
  /** Guests have used up what they may have, so that it helps if jobs of theirs go that ended. */
  readonly isOfGuests: boolean;
}

interface Admission {
  readonly need: BlobNeed;
  readonly wanted: Wanted;
  readonly answer: (refusal: Refusal | null) => void;
  readonly fail: (error: unknown) => void;
}

/** What a blob takes of a disk at least, bytes: millions of tiny ones would fill it, too. */
const LEAST_BYTES = 4 * 1024;
/** How many are admitted at once: each is a look at the disk and a row of the database. */
const TOGETHER = 256;
/** The source of guests that are not connected: they share one part. */
const ELSEWHERE = "elsewhere";

const counted = (bytes: number): number => Math.max(bytes, LEAST_BYTES);
const keyOf = (job: JobId, hash: Hash): string => `${job} ${hash}`;

export class BlobQuota {
  readonly #options: BlobQuotaOptions;
  readonly #line: (Admission | (() => void))[] = [];
  /** The line is being worked off. */
  #isMoving = false;
  /** Bytes that were granted and are not on the disk yet, by job and blob, and their sum. */
  readonly #coming = new Map<string, number>();
  #comingBytes = 0;
  /** Blobs that stay although no job needs them yet, and how many times over. */
  readonly #held = new Map<Hash, number>();
  /** Blobs that are being deleted: whoever wants one waits until it is gone. */
  readonly #going = new Map<Hash, Promise<void>>();
  /** The newest draw of each submission of this node. */
  readonly #draws = new Map<number, JobId>();

  constructor(options: BlobQuotaOptions) {
    this.#options = options;
  }

  /** Counts a blob for a job. Returns why this node does not take it, or null. */
  admit(need: BlobNeed, wanted: Wanted): Promise<Refusal | null> {
    return new Promise((answer, fail) => this.#queue({ need, wanted, answer, fail }));
  }

  #queue(next: Admission | (() => void)): void {
    this.#line.push(next);
    if (!this.#isMoving) void this.#move();
  }

  async #move(): Promise<void> {
    this.#isMoving = true;
    await null; // what is asked for in the same turn is admitted together
    while (this.#line.length > 0) {
      const first = this.#line[0]!;
      if (typeof first === "function") {
        this.#line.shift();
        first();
        continue;
      }
      const end = this.#line.findIndex((next, index) => typeof next === "function" || index === TOGETHER);
      const together = this.#line.splice(0, end < 0 ? this.#line.length : end) as Admission[];
      await this.#admitAll(together).catch((error: unknown) => together.forEach(({ fail }) => void fail(error)));
    }
    this.#isMoving = false;
  }

  async #admitAll(together: readonly Admission[]): Promise<void> {
    const { blobs, needs } = this.#options;
    const areHere = await Promise.all(
      together.map(async ({ wanted: { hash } }) => {
        await this.#going.get(hash);
        return blobs.has(hash);
      }),
    );
    const free = areHere.includes(false) ? await blobs.freeBytes() : Number.POSITIVE_INFINITY;
    const refusals: (Refusal | null)[] = [];
    // Nothing is awaited from here on, so no two blobs are granted the same room.
    needs.together(() => {
      for (const [index, { need, wanted }] of together.entries())
        refusals.push(this.#judge(need, wanted, !areHere[index]!, areHere[index]! ? Number.POSITIVE_INFINITY : free));
    });
    for (const [index, { answer }] of together.entries()) answer(refusals[index]!);
  }

  #judge(
    { job, owner }: BlobNeed,
    { hash, bytes: size, from }: Wanted,
    isComing: boolean,
    free: number,
  ): Refusal | null {
    const { needs, limits } = this.#options;
    if (needs.has(job, hash)) return null;
    const bytes = counted(size);
    const { guest } = needs.forWhom(job) ?? { guest: this.#guestSource(owner, from) };
    const isGuest = guest !== null;
    const left: readonly (readonly [room: number, whom: string, isOfGuests: boolean])[] = [
      [limits.jobBlobBytes - needs.bytesOfJob(job), "this job", false],
      [limits.ownerBlobBytes - needs.bytesOfOwner(owner), "this owner", false],
      [isGuest ? limits.guestSourceBlobBytes - needs.bytesOfSource(guest) : Infinity, "owners of this network", true],
      [isGuest ? limits.guestBlobBytes - needs.bytesOfGuests : Infinity, "owners that it does not know", true],
    ];
    for (const [room, whom, isOfGuests] of left)
      if (bytes > room) return { reason: `its disk for ${whom} is full: ${inWords(bytes, room)}`, isOfGuests };
    const room = free - this.#comingBytes - limits.freeBytes;
    if (bytes > room) return { reason: `its disk is full: ${inWords(bytes, room)}`, isOfGuests: false };
    needs.add({ job, owner, hash, bytes, guest });
    if (isComing) {
      this.#coming.set(keyOf(job, hash), bytes);
      this.#comingBytes += bytes;
    }
    return null;
  }

  /**
   * Null: the owner is no guest, because this node knows it or is connected with it from this machine or a private network.
   * Members and workers that have the blob are not at fault for what its owner takes. `from` is empty for what this node made
   * itself: then the owner is no guest if nobody is connected from anywhere else.
   */
  #guestSource(owner: AgentId, from: readonly AgentId[]): string | null {
    const { isKnown, originOf, peers } = this.#options;
    if (isKnown(owner)) return null;
    const origins = (from.length === 0 ? peers() : from).map(originOf).filter((origin) => origin !== null);
    if (origins.length > 0 && origins.every((origin) => origin === "")) return null;
    return originOf(owner) || (from.length === 1 ? origins[0] : "") || ELSEWHERE;
  }

  /** A fetch is over. If its job was released in the meantime, nobody else would delete the blob. */
  onFetched({ job }: BlobNeed, hash: Hash): Promise<void> {
    const key = keyOf(job, hash);
    this.#comingBytes -= this.#coming.get(key) ?? 0;
    this.#coming.delete(key);
    return this.#delete(hash);
  }

  /**
   * Stores a blob that this node made for a job, and says why not. It is told of at once, so who asks for it waits. Rejects
   * with `storage`.
   */
  async store(need: BlobNeed, bytes: Uint8Array): Promise<{ readonly hash: Hash; readonly refusal: Refusal | null }> {
    const { blobs } = this.#options;
    const hash = hasher(bytes);
    const letGo = this.hold([hash]);
    const judged = this.#judgeMade(need, { hash, bytes: bytes.length, from: [] });
    const isAllowed = judged.then((answer) => answer === null);
    isAllowed.catch(() => undefined); // told by `judged`
    try {
      await blobs.put(bytes, isAllowed);
      const refusal = await judged;
      // Another job may have made the same in the same moment, and been refused.
      if (refusal === null && !(await blobs.has(hash))) await blobs.put(bytes);
      return { hash, refusal };
    } finally {
      letGo();
    }
  }

  async #judgeMade(need: BlobNeed, wanted: Wanted): Promise<Refusal | null> {
    const { blobs, needs } = this.#options;
    await this.#going.get(wanted.hash);
    const free = await blobs.freeBytes();
    let refusal: Refusal | null = null;
    needs.together(() => {
      refusal = this.#judge(need, wanted, false, free);
    });
    return refusal;
  }

  /** Keeps blobs that no job needs yet, until the returned function is called. */
  hold(hashes: Iterable<Hash>): () => void {
    const held = [...hashes];
    for (const hash of held) this.#held.set(hash, (this.#held.get(hash) ?? 0) + 1);
    return () => {
      // After what was asked for by now, which may need them.
      this.#queue(() => {
        for (const hash of held) {
          const times = this.#held.get(hash)! - 1;
          if (times === 0) this.#held.delete(hash);
          else this.#held.set(hash, times);
        }
      });
    };
  }

  /** Puts a blob that is held: one that is just being deleted comes back. */
  async put(bytes: Uint8Array): Promise<void> {
    await this.#going.get(hasher(bytes));
    await this.#options.blobs.put(bytes);
  }

  release(job: JobId): Promise<void> {
    return new Promise((released, fail) => {
      this.#queue(() => {
        try {
          this.#deleteAll(job, this.#options.needs.release(job)).then(released, fail);
        } catch (error) {
          fail(error);
        }
      });
    });
  }

  async #deleteAll(job: JobId, hashes: readonly Hash[]): Promise<void> {
    for (const hash of hashes) {
      if (!this.#coming.has(keyOf(job, hash))) await this.#options.blobs.deletePartial(hash, job);
      await this.#delete(hash);
    }
  }

  /** Unless a job needs it, or it is held. */
  #delete(hash: Hash): Promise<void> {
    const { needs, blobs } = this.#options;
    if (needs.isNeeded(hash) || this.#held.has(hash)) return Promise.resolve();
    const going = this.#going.get(hash) ?? blobs.delete(hash).finally(() => this.#going.delete(hash));
    this.#going.set(hash, going);
    return going;
  }

  /** The inputs of this node's own submissions are there before there is a job that needs them. */
  async onEvent(event: LocalEvent): Promise<void> {
    if (event.kind !== "drawn" && event.kind !== "submitted") return;
    const before = this.#draws.get(event.ticket);
    this.#draws.delete(event.ticket);
    if (event.kind === "drawn") {
      const { job, genesis } = event;
      this.#draws.set(event.ticket, job);
      this.#queue(() => this.#addOwn(job, genesis.owner, blobsOfGenesis(genesis)));
      if (before !== undefined && before !== job) await this.release(before);
    } else if (before !== undefined && event.problem !== null) await this.release(before);
  }

  #addOwn(job: JobId, owner: AgentId, inputs: ReadonlyMap<Hash, number>): void {
    const { needs } = this.#options;
    needs.together(() => {
      for (const [hash, bytes] of inputs) needs.add({ job, owner, hash, bytes: counted(bytes), guest: null });
    });
  }
}

const inWords = (bytes: number, room: number): string =>
  `${formatSize(bytes)} are needed, ${formatSize(Math.max(0, room))} are left`;
