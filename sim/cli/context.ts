/**
 * What the commands of the simulator share beside the terminal (node/platform/terminal/context.ts): what they are given
 * from outside.
 */

import { type Command, InvalidArgumentError } from "commander";
import type { Act } from "../../node/platform/terminal/context.ts";
import { parseMs } from "../../node/platform/text/quantities.ts";
import type { SimHost } from "../model/host.ts";

/** The host is loaded when a command runs: `--help` needs none. */
export type LoadHost = () => Promise<SimHost>;
/** Adds one command to `meshwork sim`. */
export type Register = (sim: Command, act: Act, host: LoadHost) => void;

/** A moment of virtual time, in ms, for commander. */
export function momentMs(text: string): number {
  const ms = parseMs(text);
  if (ms === null) throw new InvalidArgumentError("It must be a time such as 12.5s, 400ms or 2m.");
  return ms;
}
