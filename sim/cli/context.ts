/**
 * What the commands of the simulator share: what they are given from outside, where they print, exit codes, arguments.
 * The program itself, its errors and its interruption are those of whoever registers the commands (scripts/meshwork.ts).
 *
 * Binding: with `--json` standard output carries one document and nothing else.
 */

import { type Command, InvalidArgumentError } from "commander";
import type { SimHost } from "../host.ts";
import { parseMs } from "../scenario/duration.ts";
import type { Calibrate } from "../scenario/service-costs.ts";

/** Put together by scripts/sim-host.ts. */
export interface SimPlatform {
  readonly host: SimHost;
  /** The module that exports this as `simPlatform`: worker threads load it. */
  readonly hostUrl: string;
  readonly version: string;
  /** A command as it is called from here, to be pasted: `sim`, `run`, … as a shell takes them. */
  readonly commandLine: (words: readonly string[]) => string;
  /** Measures this machine with real nodes; absent where there are none. */
  readonly loadCalibrate?: () => Promise<Calibrate>;
}

/** Exit codes, as everywhere. */
export const EXIT = {
  /** The verdict is pass. */
  pass: 0,
  /** The verdict is fail. */
  fail: 1,
  /** Wrong usage, or a scenario that is wrong. */
  usage: 2,
  /** An invariant broke, or the program crashed. */
  broken: 3,
  interrupted: 130,
} as const;

/** The part of a terminal that progress needs. */
export interface Terminal {
  readonly isTTY?: boolean;
  readonly columns?: number;
  write(text: string): unknown;
}

export interface CliContext {
  readonly io: {
    readonly terminal: Terminal | null;
    readonly env: { readonly [name: string]: string | undefined };
  };
  /** Aborted by Ctrl-C: finish tidily. */
  readonly signal: AbortSignal;
  readonly json: boolean;
  /** A line for whoever reads the result: standard output, or standard error with `--json`. */
  print(line: string): void;
  /** A line beside the result: standard error. */
  note(line: string): void;
  /** The one document of `--json`. */
  printJson(document: unknown): void;
}

export type Action<A extends readonly unknown[]> = (context: CliContext, ...args: A) => Promise<number>;
/** Makes a commander action of one of ours. */
export type Act = <A extends readonly unknown[]>(action: Action<A>) => (...args: [...A, ...unknown[]]) => void;
/** The platform is loaded when a command runs: `--help` needs none. */
export type LoadPlatform = () => Promise<SimPlatform>;
/** Adds one command to `meshwork sim`. */
export type Register = (sim: Command, act: Act, platform: LoadPlatform) => void;

/** A whole number from `min` to `max`, for commander. */
export function integer(min: number, max: number): (text: string) => number {
  return (text) => {
    const value = /^\d{1,15}$/.test(text) ? Number(text) : Number.NaN;
    if (!(value >= min && value <= max))
      throw new InvalidArgumentError(`it must be a whole number from ${min} to ${max}`);
    return value;
  };
}

/** A moment of virtual time, in ms, for commander. */
export function momentMs(text: string): number {
  const ms = parseMs(text);
  if (ms === null) throw new InvalidArgumentError("It must be a time such as 12.5s, 400ms or 2m.");
  return ms;
}

/** For options that may be repeated. */
export const collect = (text: string, before: readonly string[] | undefined): readonly string[] => [
  ...(before ?? []),
  text,
];
