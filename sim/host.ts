/**
 * What the simulator is given from outside, because it has no platform of its own and does not import node/: hashing,
 * the agent, and files. scripts/sim-host.ts puts it together.
 */

import type { z } from "zod";
import type { Hasher, Signer, Verifier } from "../protocol/core/crypto.ts";
import type { CreateMachine } from "../protocol/machine.ts";
import type { Genesis } from "../protocol/wire/genesis.ts";

/** A YAML file that still knows where each of its parts stands (node/job-file/yaml-source.ts), or an object. */
export interface Source {
  readonly file: string;
  readonly value: unknown;
  /** The line of the value at `path`, or of the nearest part around it that exists. From 1; null: there are no lines. */
  lineOf(path: readonly PropertyKey[]): number | null;
  /** The error to throw about the part at `path`: one line that names file, line and remedy. */
  error(path: readonly PropertyKey[], what: string, remedy: string): Error;
}

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
  parseYaml(file: string, text: string): Source;
  /** What was not written in a file: its errors name no lines. `name`: for messages. */
  objectSource(name: string, value: unknown): Source;
  /** Checks against a schema; throws one line that names the unknown key and the nearest known one. */
  parseWith<S extends z.ZodType>(source: Source, schema: S): z.output<S>;
  /** The nearest of `known` to what was written, or null. */
  suggest(written: string, known: readonly string[]): string | null;
  readText(path: string): Promise<string>;
  readJob(path: string): Promise<JobTemplate>;
  /** A plugin module's default export. Throws a MeshworkError where there is no such file. */
  importModule(path: string): Promise<unknown>;
}
