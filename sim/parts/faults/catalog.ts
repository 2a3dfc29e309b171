/**
 * The faults that a scenario can name: of processes, of committees, of the network, of disks and clocks, of the workload.
 * Each names its options, begins, and returns a function that ends it.
 */

import type { FaultType } from "../../model/registry.ts";
import { crashAtWrite, loneDecider, rogueJob } from "./committees.ts";
import { clock, clockJump, fullDisk, storeLost } from "./disks-and-clocks.ts";
import { bandwidth, dropConnections, duplicate, latency, loss, oneWay, partition, reorder } from "./network.ts";
import { churn, join, kill, leave, pause, restart, slow } from "./processes.ts";
import { skillChange } from "./skill-change.ts";

export const FAULTS: readonly FaultType[] = [
  kill,
  restart,
  crashAtWrite,
  loneDecider,
  rogueJob,
  pause,
  slow,
  leave,
  join,
  churn,
  partition,
  oneWay,
  loss,
  duplicate,
  reorder,
  bandwidth,
  latency,
  dropConnections,
  fullDisk,
  storeLost,
  clock,
  clockJump,
  skillChange,
];
