/**
 * What the simulator is given by the program that it is part of: the agent that it runs, signatures, and what only node/
 * can read. scripts/sim-host.ts puts it together, and mutants and tests give another agent.
 */

import type { TraceReader } from "../../node/platform/traces/trace-reader.ts";
import type { Hasher, Signer, Verifier } from "../../protocol/core/crypto.ts";
import type { CreateMachine } from "../../protocol/machine.ts";
import type { Genesis } from "../../protocol/wire/genesis.ts";

/** The parts of a genesis that a job file says. */
export type JobTemplate = Pick<
  Genesis,
  "name" | "nodes" | "output" | "budget" | "deadlineMs" | "windowMs" | "selector"
> & {
  readonly blobs: readonly Uint8Array[];
};

export interface SimHost {
  readonly hasher: Hasher;
  readonly createMachine: CreateMachine;
  /** Real Ed25519 for runs that ask for it: a signer of an agent's name, and the verifier for all of them. */
  realSignatures(seed: string): { signerOf(name: string): Signer; readonly verify: Verifier };
  /** Ed25519, by the keys that agents' ids carry: for traces of real nodes. */
  readonly verify: Verifier;
  /** Throws `invalid-file`, naming the line, there and at `advance`. */
  openTrace(path: string): Promise<TraceReader>;
  readJob(path: string): Promise<JobTemplate>;
}
