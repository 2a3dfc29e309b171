/** Behaviours and faults that a program puts into a scenario, as if a file had said so. */

import { writeMs } from "../../node/platform/text/quantities.ts";
import type { Value } from "../../protocol/wire/value.ts";
import type { Registry } from "../model/registry.ts";
import type { BehaviourOptions, ScheduledFault } from "../model/scenario.ts";
import { writeValue } from "./overrides.ts";
import { plainOptions } from "./parse-agents.ts";

/** With the defaults of what is not given. */
export const behaviourOptions = (registry: Registry, name: string, given: object): BehaviourOptions =>
  plainOptions(registry.behaviours.get(name)!.options.parse(given) as Record<string, unknown>);

/** What such a fault says, in one line. */
function textOf({ atMs, untilMs, kind, options, target, upTo }: Omit<ScheduledFault, "text">): string {
  const { which = null, share = null, count = null } = target ?? {};
  const whom = Object.fromEntries(Object.entries({ which, share, count }).filter(([, value]) => value !== null));
  const forMs = untilMs === null ? {} : { for: writeMs(Math.round(untilMs - atMs)) };
  const { rows: _, ...said } = options;
  const least = upTo ? { upTo } : {};
  const fault = { ...said, ...(whom as { [key: string]: Value }), ...forMs, ...least };
  return writeValue({ at: writeMs(Math.round(atMs)), [kind]: fault }).slice(2, -2);
}

export const withText = (fault: Omit<ScheduledFault, "text">): ScheduledFault => ({ ...fault, text: textOf(fault) });

/** Its place is 0, and its options are the defaults of what is not given. */
export function faultOf(
  registry: Registry,
  { options: given, ...fault }: Omit<ScheduledFault, "place" | "text">,
): ScheduledFault {
  const schema = registry.faults.get(fault.kind)!.options;
  const options = plainOptions(schema.parse(given) as Record<string, unknown>);
  const { text } = withText({ ...fault, place: 0, options: given });
  return { ...fault, place: 0, options, text };
}

/** In the order of their times. */
export const inOrder = (faults: readonly ScheduledFault[]): ScheduledFault[] =>
  [...faults].sort((a, b) => a.atMs - b.atMs).map((fault, place) => ({ ...fault, place }));
