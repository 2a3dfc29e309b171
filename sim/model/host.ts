/**
 * What the simulator is given by the program that it is part of: the agent that it runs, signatures, and what only node/
 * can read. scripts/sim-host.ts puts it together, and mutants and tests give another agent.
 */

import type { Hasher, Signer, Verifier } from "../../protocol/core/crypto.ts";
import type { CreateMachine } from "../../protocol/machine.ts";
import type { Genesis } from "../../protocol/wire/genesis.ts";
import type { Measured } from "./calibration.ts";
import type { ChainRun, ChainWork } from "./chain.ts";

/** The parts of a genesis that a job file says. */
export type JobTemplate = Pick<
  Genesis,
  "name" | "nodes" | "output" | "budget" | "deadlineMs" | "windowMs" | "selector" | "redact"
> & {
  readonly blobs: readonly Uint8Array[];
};

/** Measures this machine; `onStage` receives the name of each stage. */
export type Calibrate = (options: {
  readonly signal: AbortSignal;
  readonly onStage: (stage: string) => void;
  /** How many tasks each job has, and how often both jobs run. Default: enough for two digits. */
  readonly tasks?: number;
  readonly rounds?: number;
}) => Promise<Measured>;

/** Runs a chain over real nodes in this process. */
export type RunChain = (work: ChainWork) => Promise<ChainRun>;

export interface SimHost {
  readonly hasher: Hasher;
  readonly createMachine: CreateMachine;
  /** Real Ed25519 for runs that ask for it: a signer of an agent's name, and the verifier for all of them. */
  realSignatures(seed: string): { signerOf(name: string): Signer; readonly verify: Verifier };
  readJob(path: string): Promise<JobTemplate>;
  /** The module that exports this as `simHost`: worker threads load it. */
  readonly url: string;
  /** Measures this machine with real nodes. */
  loadCalibrate(): Promise<Calibrate>;
  /** Runs a chain over real nodes of this machine. */
  loadRunChain(): Promise<RunChain>;
}
