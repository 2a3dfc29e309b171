/**
 * What can go wrong at a time: faults of processes, disks, clocks and the network, as plain data that a plan holds and a
 * report shows. What goes wrong all the time (loss, slow links) is among the network's options.
 */

export type Fault =
  /** The process dies and comes back; of its disk what was not forced is lost, in part. */
  | { readonly kind: "crash"; readonly name: string; readonly downMs: number }
  /** It dies once its next forced write is made, before anything of that step has left. */
  | { readonly kind: "crash-at-write"; readonly name: string; readonly downMs: number }
  /** The whole machine is gone: nobody is told by a closed connection. */
  | { readonly kind: "host-down"; readonly name: string; readonly downMs: number }
  /** An orderly end and a new start: nothing is lost. */
  | { readonly kind: "stop"; readonly name: string; readonly downMs: number }
  /** Writes fail: the process ends at the first, and at each start until there is room again. */
  | { readonly kind: "full-disk"; readonly name: string; readonly forMs: number }
  | { readonly kind: "pause"; readonly name: string; readonly forMs: number }
  /** Each input takes this long. */
  | { readonly kind: "slow"; readonly name: string; readonly serviceMs: number; readonly forMs: number }
  /** These and all others do not reach each other. */
  | { readonly kind: "partition"; readonly group: readonly string[]; readonly forMs: number }
  /** These are heard, and hear nobody else. */
  | { readonly kind: "one-way-partition"; readonly group: readonly string[]; readonly forMs: number }
  /** All connections of this agent are lost at once. */
  | { readonly kind: "drop-connections"; readonly name: string }
  | { readonly kind: "clock"; readonly name: string; readonly skewMs: number; readonly driftPpm: number }
  | { readonly kind: "clock-jump"; readonly name: string; readonly byMs: number }
  /**
   * From then on, the next time that this member precommits a block it is heard no more: it may decide alone, and what
   * it decided rests on the others' locks. `crashed` restart meanwhile.
   */
  | {
      readonly kind: "lone-decider";
      readonly name: string;
      readonly muteMs: number;
      readonly crashed: readonly string[];
    };
export type FaultKind = Fault["kind"];
export type PlannedFault = Fault & { readonly atMs: number };

export const FAULT_KINDS = [
  "crash",
  "crash-at-write",
  "host-down",
  "stop",
  "full-disk",
  "pause",
  "slow",
  "partition",
  "one-way-partition",
  "drop-connections",
  "clock",
  "clock-jump",
  "lone-decider",
] as const satisfies readonly FaultKind[];
