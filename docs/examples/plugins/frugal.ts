/**
 * A selector: the cheapest offer that has not let a lease run out more often than it was right. Every member of every
 * committee computes it from the log, so it must be pure, with arithmetic that is the same everywhere.
 */

import type { PluginModule } from "meshwork/sim";

const plugin: PluginModule = {
  selectors: [
    {
      name: "frugal",
      summary: "the cheapest of those that can be relied on",
      // Higher is better; a hash breaks ties.
      score: ({ price, timeouts, accepted }) => (timeouts > accepted ? Number.NEGATIVE_INFINITY : -price),
    },
  ],
};

export default plugin;
