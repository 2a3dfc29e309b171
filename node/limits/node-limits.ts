/**
 * How much disk, memory and connections a node gives to others. An operator may set all of it (`meshwork node --limits FILE`);
 * what a job may be and do at all stands in protocol/core/limits.ts.
 *
 * Identities cost nothing, so nothing here is counted by them alone: those that share no job with this node have one budget
 * together, and connections count by the network that they come from (protocol/capability/addresses.ts, origins).
 */

const MIB = 1024 * 1024;
const GIB = 1024 * MIB;
const DAY_MS = 24 * 3_600_000;

/** Bytes and milliseconds, as the names say. */
export interface NodeLimits {
  readonly disk: {
    /** Blobs of one job, of all jobs of one owner, of all jobs of guests of one source, and of all guests. */
    readonly jobBlobBytes: number;
    readonly ownerBlobBytes: number;
    readonly guestSourceBlobBytes: number;
    readonly guestBlobBytes: number;
    /** Nothing is fetched that would leave less than this free. */
    readonly freeBytes: number;
    /** Jobs that ended this long ago are deleted, and the oldest of them while all jobs together take more than `jobsBytes`. */
    readonly endedMs: number;
    readonly jobsBytes: number;
  };
  readonly memory: {
    /** Frames of peers that are not whole yet: of all, and of those that share no job with this node. */
    readonly inboundBytes: number;
    readonly guestInboundBytes: number;
    /** Frames that wait for peers to read them: of all, of those that share no job, and of one of these. */
    readonly outboundBytes: number;
    readonly guestOutboundBytes: number;
    readonly guestPeerOutboundBytes: number;
    /** A frame of which nothing comes for `frameIdleMs`, or that is not whole after `frameMs`, costs the peer its stream. */
    readonly frameIdleMs: number;
    readonly frameMs: number;
    /** So does a peer that reads nothing of what waits for it for this long. */
    readonly writeIdleMs: number;
  };
  readonly connections: {
    /** Open connections, how many of them only this node's own dials may take, and how many one origin may have open here. */
    readonly total: number;
    readonly outbound: number;
    readonly perOrigin: number;
    /** Connections that have not proved yet whose they are: of all addresses, and of one. */
    readonly pending: number;
    readonly pendingPerAddress: number;
    /** Time for that proof. */
    readonly upgradeMs: number;
  };
}

export const DEFAULT_NODE_LIMITS: NodeLimits = {
  disk: {
    jobBlobBytes: 4 * GIB,
    ownerBlobBytes: 16 * GIB,
    guestSourceBlobBytes: 256 * MIB,
    guestBlobBytes: GIB,
    freeBytes: 512 * MIB,
    endedMs: 90 * DAY_MS,
    jobsBytes: 32 * GIB,
  },
  memory: {
    inboundBytes: 128 * MIB,
    guestInboundBytes: 32 * MIB,
    outboundBytes: 256 * MIB,
    guestOutboundBytes: 64 * MIB,
    guestPeerOutboundBytes: 16 * MIB,
    frameIdleMs: 10_000,
    frameMs: 60_000,
    writeIdleMs: 15_000,
  },
  connections: {
    total: 1_000,
    outbound: 128,
    perOrigin: 64,
    pending: 256,
    pendingPerAddress: 8,
    upgradeMs: 3_000,
  },
};
