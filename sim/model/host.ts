/**
 * What the simulator is given from outside, because it has no platform of its own and does not import node/: hashing,
 * the agent, and files. scripts/sim-host.ts puts it together.
 */

import type { z } from "zod";
import type { Hasher, Signer, Verifier } from "../../protocol/core/crypto.ts";
import type { TraceHead, TraceLine } from "../../protocol/core/trace.ts";
import type { CreateMachine } from "../../protocol/machine.ts";
import type { Genesis } from "../../protocol/wire/genesis.ts";

/** A YAML file that still knows where each of its parts stands (node/platform/files/yaml-source.ts), or an object. */
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

/** A trace file that is being read (node/platform/traces/trace-reader.ts). */
export interface TraceFile {
  readonly path: string;
  readonly head: TraceHead;
  /** The head as it stands in the file. */
  readonly writtenHead: object;
  /** How much of the file has been read, 0 to 1. */
  readonly share: number;
  /** The entry at hand; null after the last. */
  readonly entry: TraceLine | null;
  /** The entry as it stands in the file, with its keys in their order. */
  readonly written: object;
  /** Its number in the file, from 1 for the head: of JSON lines the number of the line. */
  readonly line: number;
  /** What `line` counts, for messages. */
  readonly unit: "line" | "entry";
  /** The end of the file is half an entry. Known when `entry` is null. */
  readonly isCutOff: boolean;
  /** Goes to the next entry: at once, or when the promise resolves. */
  advance(): Promise<void> | undefined;
  close(): Promise<void>;
}

export interface SimHost {
  readonly hasher: Hasher;
  readonly createMachine: CreateMachine;
  /** Real Ed25519 for runs that ask for it: a signer of an agent's name, and the verifier for all of them. */
  realSignatures(seed: string): { signerOf(name: string): Signer; readonly verify: Verifier };
  /** Ed25519, by the keys that agents' ids carry: for traces of real nodes. */
  readonly verify: Verifier;
  /** Throws `invalid-file`, naming the line, there and at `advance`. */
  openTrace(path: string): Promise<TraceFile>;
  /** All entries in the order of time. Closes the files. */
  readMerged<F extends TraceFile>(files: readonly F[], onEntry: (entry: TraceLine, from: F) => void): Promise<void>;
  /** Encodes the values of a new trace file in the form that its name asks for, in their order. */
  traceEncoder(path: string): (value: object) => Uint8Array;
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
