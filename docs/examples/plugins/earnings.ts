/**
 * Two metrics about pay: how unequally it is spread over the agents that could work, and how soon the first is paid. One
 * needs the end of a run only, the other sees each decision.
 */

import type { PluginModule } from "meshwork/sim";

/** Gini's coefficient of values in ascending order: 0 if all are equal, towards 1 if one has everything. */
function gini(sorted: readonly number[]): number | null {
  const total = sorted.reduce((sum, value) => sum + value, 0);
  if (total === 0) return null;
  const weighted = sorted.reduce((sum, value, index) => sum + (2 * (index + 1) - sorted.length - 1) * value, 0);
  return weighted / (sorted.length * total);
}

const plugin: PluginModule = {
  metrics: [
    {
      name: "earnings.gini",
      unit: "share",
      summary: "how unequally pay is spread over the agents that were awarded anything: 0 evenly, 1 all to one",
      create: () => ({
        value: ({ agents }) => {
          const earned = agents.filter(({ awards }) => awards > 0).map((agent) => agent.earned);
          return gini(earned.sort((a, b) => a - b));
        },
      }),
    },
    {
      name: "earnings.firstMs",
      unit: "ms",
      summary: "virtual time of the first payment",
      // Called once a run: what it remembers is this run's own.
      create() {
        let firstMs: number | null = null;
        return {
          onDecided({ events, atMs }) {
            if (firstMs === null && events.some((event) => event.kind === "result" && event.paid > 0)) firstMs = atMs;
          },
          value: () => firstMs,
        };
      },
    },
  ],
};

export default plugin;
