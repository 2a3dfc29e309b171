/**
 * What the commands of the simulator share beside the terminal (node/platform/terminal/context.ts): what they are given
 * from outside.
 */

import { type Command, InvalidArgumentError } from "commander";
import type { Act } from "../../node/platform/terminal/context.ts";
import { parseMs } from "../../node/platform/text/quantities.ts";
import type { SimHost } from "../host.ts";
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

/** The platform is loaded when a command runs: `--help` needs none. */
export type LoadPlatform = () => Promise<SimPlatform>;
/** Adds one command to `meshwork sim`. */
export type Register = (sim: Command, act: Act, platform: LoadPlatform) => void;

/** A moment of virtual time, in ms, for commander. */
export function momentMs(text: string): number {
  const ms = parseMs(text);
  if (ms === null) throw new InvalidArgumentError("It must be a time such as 12.5s, 400ms or 2m.");
  return ms;
}
