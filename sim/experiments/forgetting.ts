/** LinUCB with more and with less forgetting than it comes with, for experiments, as selectors of plugins. */

import { createLinUcb } from "../../protocol/selection/linucb.ts";
import type { Selector } from "../../protocol/selection/selector.ts";

/** As labels of rows call them. */
export const FADING = "linucb (gamma 0.98)";
export const STEADY = "linucb (gamma 1)";
export const FOREVER = "linucb (nothing fades)";

/** Its model keeps `gamma` of the old at each lesson. */
const linUcbOf = (name: string, gamma: number): Selector => ({ ...(createLinUcb({ gamma }) as Selector), name });

/**
 * The same selector with plain counts for records, where it is shown such as fade (protocol/job/recent.ts), and with all
 * candidates, because the screening uses faded records, too.
 */
const forgetsNothing = (selector: Selector): Selector => ({
  ...selector,
  seesAll: true,
  choose(state, request, count) {
    const candidates = request.candidates.map(({ recent: _, ...counts }) => counts);
    return selector.choose(state, { ...request, candidates }, count);
  },
});

const BY_LABEL: ReadonlyMap<string, Selector> = new Map([
  [FADING, linUcbOf("linucb-fading", 0.98)],
  [STEADY, linUcbOf("linucb-steady", 1)],
  [FOREVER, forgetsNothing(linUcbOf("linucb-forever", 1))],
]);
export const VARIANTS: readonly Selector[] = [...BY_LABEL.values()];

/** What a job names for this label: a variant's name, which is no sentence, or the label itself. */
export const nameInJob = (label: string): string => BY_LABEL.get(label)?.name ?? label;
