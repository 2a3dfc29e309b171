/**
 * Draws what goes wrong. Which kinds of faults a seed has at all is drawn first, then how many and how strong (swarm
 * testing): with all of them always on, each would hide behind the others.
 *
 * Bounds that keep a scenario fair: everything heals, clocks are off by seconds, and nobody is slower than its inputs come
 * in for longer than its fault lasts.
 *
 * Source: Groce et al., "Swarm testing" (ISSTA 2012).
 */

import { createPrng, type Prng } from "../../protocol/core/prng.ts";
import { faultOf, inOrder } from "../load/named-options.ts";
import type { Registry } from "../model/registry.ts";
import type { BehaviourOptions, ScheduledFault } from "../model/scenario.ts";
import { WARM_UP_MS } from "../run/workload.ts";

/** A fault as it is drawn: whom it hits (null: nobody in particular), and how long it lasts (null: it does not). */
interface Drawn {
  readonly kind: string;
  readonly options: BehaviourOptions;
  readonly which?: readonly string[];
  readonly forMs?: number;
}

/** At least one, and not everybody. */
const drawGroup = (lots: Prng, agents: readonly string[]): string[] =>
  lots.shuffle(agents).slice(0, 1 + lots.below(agents.length - 1));

/** `keepers`: those that keep the job's log. */
type Draw = (lots: Prng, agents: readonly string[], keepers: readonly string[]) => Drawn;

const TIMED: readonly Draw[] = [
  (lots, agents) => ({ kind: "restart", options: { downMs: 10 + lots.below(8_000) }, which: [lots.pick(agents)] }),
  (lots, agents) => ({
    kind: "restart",
    options: { downMs: 10 + lots.below(8_000), silent: true },
    which: [lots.pick(agents)],
  }),
  (lots, agents) => ({
    kind: "restart",
    options: { downMs: 10 + lots.below(8_000), orderly: true },
    which: [lots.pick(agents)],
  }),
  (lots, _, keepers) => ({
    kind: "crashAtWrite",
    options: { downMs: 500 + lots.below(8_000) },
    which: [lots.pick(keepers)],
  }),
  (lots, agents) => ({ kind: "fullDisk", options: {}, which: [lots.pick(agents)], forMs: 100 + lots.below(8_000) }),
  (lots, agents) => ({ kind: "pause", options: {}, which: [lots.pick(agents)], forMs: 100 + lots.below(8_000) }),
  (lots, agents) => ({
    kind: "slow",
    options: { serviceMs: 1 + lots.below(30) },
    which: [lots.pick(agents)],
    forMs: 200 + lots.below(8_000),
  }),
  (lots) => {
    const tenths = 1 + lots.below(9);
    return {
      kind: "partition",
      options: { groups: [tenths / 10, (10 - tenths) / 10] },
      forMs: 200 + lots.below(10_000),
    };
  },
  (lots, agents) => ({ kind: "oneWay", options: {}, which: drawGroup(lots, agents), forMs: 200 + lots.below(10_000) }),
  (lots, agents) => ({ kind: "dropConnections", options: {}, which: [lots.pick(agents)] }),
  (lots, agents) => ({
    kind: "clock",
    options: { skewMs: lots.below(4_001) - 2_000, driftPpm: lots.below(1_001) - 500 },
    which: [lots.pick(agents)],
  }),
  (lots, agents) => ({ kind: "clockJump", options: { byMs: lots.below(2_001) - 1_000 }, which: [lots.pick(agents)] }),
];

/** Its kind, and the option that makes another fault of it. */
export const labelOf = ({ kind, options }: Pick<ScheduledFault, "kind" | "options">): string => {
  const how = ["silent", "orderly"].find((option) => options[option] === true);
  return how === undefined ? kind : `${kind} ${how}`;
};

/** Labels of all that seeds have. */
export const DRAWN_FAULTS: readonly string[] = [
  ...TIMED.map((draw) => labelOf(draw(createPrng("labels"), ["a", "b"], ["a"]))),
  "loneDecider",
  "rogueJob",
];

/** As many agents as there are is enough: what a fault was to hit may be down. */
export const scheduled = (registry: Registry, atMs: number, { kind, options, which, forMs }: Drawn): ScheduledFault =>
  faultOf(registry, {
    ...{ atMs, kind, options, upTo: true },
    untilMs: forMs === undefined ? null : atMs + forMs,
    target: which === undefined ? null : { which, share: null, count: null },
  });

/** Those of a seed, in the order of their times. */
export function drawFaults(
  lots: Prng,
  registry: Registry,
  { agents, keepers }: { readonly agents: readonly string[]; readonly keepers: readonly string[] },
  untilMs: number,
): ScheduledFault[] {
  const odds = lots.pick([0, 0.2, 0.4, 0.8]);
  const kinds = TIMED.filter(() => lots.chance(odds));
  if (kinds.length === 0) return [];
  const spanMs = untilMs - WARM_UP_MS;
  return inOrder(
    Array.from({ length: 2 + lots.below(12) }, () => {
      // The first moments of a job are the most delicate: half of the faults fall there.
      const atMs = WARM_UP_MS + lots.below(lots.chance(0.5) ? Math.min(3_000, spanMs) : spanMs);
      return scheduled(registry, atMs, lots.pick(kinds)(lots, agents, keepers));
    }),
  );
}

/** Faults that hit between a polka and its commit, where locks decide whether a job forks. */
export function drawSharpFaults(
  lots: Prng,
  registry: Registry,
  members: readonly string[],
  untilMs: number,
): ScheduledFault[] {
  const faults: ScheduledFault[] = [];
  for (let atMs = WARM_UP_MS + lots.below(500); atMs < untilMs; ) {
    const name = lots.pick(members);
    const muteMs = 1_000 + lots.below(5_000);
    const restart = lots.chance(0.5) ? members.filter((other) => other !== name) : [];
    faults.push(scheduled(registry, atMs, { kind: "loneDecider", options: { muteMs, restart }, which: [name] }));
    atMs += muteMs + lots.below(1_500);
  }
  return inOrder(faults);
}
