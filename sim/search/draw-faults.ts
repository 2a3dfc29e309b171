/**
 * Draws what goes wrong. Which kinds of faults a seed has at all is drawn first, then how many and how strong (swarm
 * testing): with all of them always on, they would hide each other.
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

/** A fault as it is drawn: whom it hits (null if nobody in particular), and how long it lasts (null if it does not). */
interface Drawn {
  readonly kind: string;
  readonly options: BehaviourOptions;
  readonly which?: readonly string[];
  readonly forMs?: number;
}

/** At least one, and not everybody. */
const drawGroup = (prng: Prng, agents: readonly string[]): string[] =>
  prng.shuffle(agents).slice(0, 1 + prng.below(agents.length - 1));

/** `hosts`: the agents that host the job. */
type Draw = (prng: Prng, agents: readonly string[], hosts: readonly string[]) => Drawn;

const TIMED: readonly Draw[] = [
  (prng, agents) => ({ kind: "restart", options: { downMs: 10 + prng.below(8_000) }, which: [prng.pick(agents)] }),
  (prng, agents) => ({
    kind: "restart",
    options: { downMs: 10 + prng.below(8_000), silent: true },
    which: [prng.pick(agents)],
  }),
  (prng, agents) => ({
    kind: "restart",
    options: { downMs: 10 + prng.below(8_000), orderly: true },
    which: [prng.pick(agents)],
  }),
  (prng, _, hosts) => ({
    kind: "crashAtWrite",
    options: { downMs: 500 + prng.below(8_000) },
    which: [prng.pick(hosts)],
  }),
  (prng, agents) => ({ kind: "fullDisk", options: {}, which: [prng.pick(agents)], forMs: 100 + prng.below(8_000) }),
  (prng, agents) => ({ kind: "pause", options: {}, which: [prng.pick(agents)], forMs: 100 + prng.below(8_000) }),
  (prng, agents) => ({
    kind: "slow",
    options: { serviceMs: 1 + prng.below(30) },
    which: [prng.pick(agents)],
    forMs: 200 + prng.below(8_000),
  }),
  (prng) => {
    const tenths = 1 + prng.below(9);
    return {
      kind: "partition",
      options: { groups: [tenths / 10, (10 - tenths) / 10] },
      forMs: 200 + prng.below(10_000),
    };
  },
  (prng, agents) => ({ kind: "oneWay", options: {}, which: drawGroup(prng, agents), forMs: 200 + prng.below(10_000) }),
  (prng, agents) => ({ kind: "dropConnections", options: {}, which: [prng.pick(agents)] }),
  (prng, agents) => ({
    kind: "clock",
    options: { skewMs: prng.below(4_001) - 2_000, driftPpm: prng.below(1_001) - 500 },
    which: [prng.pick(agents)],
  }),
  (prng, agents) => ({ kind: "clockJump", options: { byMs: prng.below(2_001) - 1_000 }, which: [prng.pick(agents)] }),
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
  "storeLost",
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
  prng: Prng,
  registry: Registry,
  { agents, hosts }: { readonly agents: readonly string[]; readonly hosts: readonly string[] },
  untilMs: number,
): ScheduledFault[] {
  const odds = prng.pick([0, 0.2, 0.4, 0.8]);
  const kinds = TIMED.filter(() => prng.chance(odds));
  if (kinds.length === 0) return [];
  const spanMs = untilMs - WARM_UP_MS;
  return inOrder(
    Array.from({ length: 2 + prng.below(12) }, () => {
      // The first moments of a job are the most delicate: half of the faults fall there.
      const atMs = WARM_UP_MS + prng.below(prng.chance(0.5) ? Math.min(3_000, spanMs) : spanMs);
      return scheduled(registry, atMs, prng.pick(kinds)(prng, agents, hosts));
    }),
  );
}

/**
 * A host that loses its store does not vote until the others have said where they are: with it, no other may be Byzantine. So
 * it is one host of a job with honest ones only.
 */
export function drawStoreLoss(
  prng: Prng,
  registry: Registry,
  hosts: readonly string[],
  untilMs: number,
): ScheduledFault[] {
  if (!prng.chance(0.25)) return [];
  const which = [prng.pick(hosts)];
  const spanMs = untilMs - WARM_UP_MS;
  return Array.from({ length: 1 + prng.below(2) }, () => {
    const atMs = WARM_UP_MS + prng.below(prng.chance(0.5) ? Math.min(3_000, spanMs) : spanMs);
    return scheduled(registry, atMs, { kind: "storeLost", options: { downMs: 10 + prng.below(4_000) }, which });
  });
}

/** Faults that hit between a polka and its commit, where locks decide whether a job forks. */
export function drawSharpFaults(
  prng: Prng,
  registry: Registry,
  members: readonly string[],
  untilMs: number,
): ScheduledFault[] {
  const faults: ScheduledFault[] = [];
  for (let atMs = WARM_UP_MS + prng.below(500); atMs < untilMs; ) {
    const name = prng.pick(members);
    const muteMs = 1_000 + prng.below(5_000);
    const restart = prng.chance(0.5) ? members.filter((other) => other !== name) : [];
    faults.push(scheduled(registry, atMs, { kind: "loneDecider", options: { muteMs, restart }, which: [name] }));
    atMs += muteMs + prng.below(1_500);
  }
  return inOrder(faults);
}
