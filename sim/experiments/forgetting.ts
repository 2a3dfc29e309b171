/** LinUCB with more and with less forgetting than it comes with, for experiments, as selectors of plugins. */

import { createLinUcb } from "../../protocol/selection/linucb.ts";
import type { Selector } from "../../protocol/selection/selector.ts";

/** Its model keeps `gamma` of the old at each lesson. */
export const linUcbOf = (name: string, gamma: number): Selector => ({ ...(createLinUcb({ gamma }) as Selector), name });

/**
 * The same selector with plain counts for records, where it is shown such as fade (protocol/job/recent.ts), and with all
 * candidates: the screening goes by what has not faded, too.
 */
export const forgetsNothing = (selector: Selector): Selector => ({
  ...selector,
  seesAll: true,
  choose(state, request, count) {
    const candidates = request.candidates.map(({ recent: _, ...counts }) => counts);
    return selector.choose(state, { ...request, candidates }, count);
  },
});
