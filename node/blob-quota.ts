/**
 * How much disk blobs take: each is counted before it is fetched, for its job, its owner, and all owners that this node does
 * not know, and none may fill the disk. A blob goes when no job needs it any more.
 *
 * Leaves to store/blob-needs.ts who needs what. Owners that are connected from this machine or a private network are no guests.
 */

import { blobsOfGenesis } from "../protocol/agent/checked-genesis.ts";
import type { AgentId, Hash, JobId } from "../protocol/core/ids.ts";
import type { BlobNeed, LocalEvent } from "../protocol/effect.ts";
import type { NodeLimits } from "./limits/node-limits.ts";
import { formatSize } from "./platform/text/quantities.ts";
import type { BlobNeeds } from "./store/blob-needs.ts";
import type { BlobStore } from "./store/blob-store.ts";

interface BlobQuotaOptions {
  readonly blobs: BlobStore;
  readonly needs: BlobNeeds;
  readonly limits: NodeLimits["disk"];
  /** Whether this node knows the owner: it is its own, or one that its operator named. */
  isKnown(owner: AgentId): boolean;
  /** Whether the agent is connected from this machine or a private network. */
  isNear(agent: AgentId): boolean;
}

interface Wanted {
  readonly hash: Hash;
  readonly bytes: number;
  readonly from: readonly AgentId[];
}

export class BlobQuota {
  readonly #options: BlobQuotaOptions;
  /** Bytes that were granted and are not on the disk yet. */
  readonly #coming = new Map<Hash, number>();
  /** The newest draw of each submission of this node. */
  readonly #draws = new Map<number, JobId>();

  constructor(options: BlobQuotaOptions) {
    this.#options = options;
  }

  /** Counts a blob for a job. Returns why this node does not take it, or null. */
  async admit({ job, owner }: BlobNeed, { hash, bytes, from }: Wanted): Promise<string | null> {
    const { needs, blobs, limits, isKnown, isNear } = this.#options;
    if (needs.has(job, hash)) return null;
    const isGuest = !isKnown(owner) && from.some((agent) => !isNear(agent));
    const isHere = await blobs.has(hash);
    const free = isHere ? Number.POSITIVE_INFINITY : (await blobs.freeBytes()) - this.#comingBytes();
    // Nothing is awaited between these sums and the new need.
    const left: readonly (readonly [number, string])[] = [
      [limits.jobBlobBytes - needs.bytesOfJob(job), "this job"],
      [limits.ownerBlobBytes - needs.bytesOfOwner(owner), "this owner"],
      [isGuest ? limits.guestBlobBytes - needs.bytesOfGuests() : Number.POSITIVE_INFINITY, GUESTS],
    ];
    for (const [room, whom] of left) if (bytes > room) return `its disk for ${whom} is full: ${inWords(bytes, room)}`;
    if (bytes > free - limits.freeBytes) return `its disk is full: ${inWords(bytes, free - limits.freeBytes)}`;
    needs.add({ job, owner, hash, bytes, isGuest });
    if (!isHere) this.#coming.set(hash, bytes);
    return null;
  }

  #comingBytes(): number {
    return [...this.#coming.values()].reduce((sum, bytes) => sum + bytes, 0);
  }

  /** Whether a refusal might not be one if guests' jobs that ended went. */
  isOfGuests(refusal: string): boolean {
    return refusal.includes(GUESTS);
  }

  /** A fetch is over. If its job was released in the meantime, nobody else would delete the blob. */
  async onFetched(hash: Hash): Promise<void> {
    const { needs, blobs } = this.#options;
    this.#coming.delete(hash);
    if (!needs.isNeeded(hash)) await blobs.delete(hash);
  }

  /** This node makes a blob for a job. */
  async onMade({ job, owner }: BlobNeed, hash: Hash, bytes: number): Promise<void> {
    const { needs, isKnown } = this.#options;
    needs.add({ job, owner, hash, bytes, isGuest: !isKnown(owner) && needs.isOfGuest(job) });
  }

  async release(job: JobId): Promise<void> {
    const { needs, blobs } = this.#options;
    for (const hash of needs.release(job)) if (!this.#coming.has(hash)) await blobs.delete(hash);
  }

  /** The inputs of this node's own submissions are there before there is a job that needs them. */
  async onEvent(event: LocalEvent): Promise<void> {
    if (event.kind !== "drawn" && event.kind !== "submitted") return;
    const before = this.#draws.get(event.ticket);
    this.#draws.delete(event.ticket);
    if (event.kind === "drawn") {
      const { job, genesis } = event;
      this.#draws.set(event.ticket, job);
      for (const [hash, bytes] of blobsOfGenesis(genesis))
        this.#options.needs.add({ job, owner: genesis.owner, hash, bytes, isGuest: false });
      if (before !== undefined && before !== job) await this.release(before);
    } else if (before !== undefined && event.problem !== null) await this.release(before);
  }
}

const GUESTS = "owners that it does not know";

const inWords = (bytes: number, room: number): string =>
  `${formatSize(bytes)} are needed, ${formatSize(Math.max(0, room))} are left`;
