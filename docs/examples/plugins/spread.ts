/**
 * A checker: work is spread. Once a job has given its first awards, no agent may hold more than half of all that it gave.
 * Where that breaks the run ends, the property stands among the broken invariants, and the exit code is 3.
 */

import type { PluginModule } from "meshwork/sim";

/** With fewer awards, one agent soon has half of them. */
const FIRST = 8;

const plugin: PluginModule = {
  checkers: [
    {
      name: "work is spread",
      summary: "no agent holds more than half of a job's awards",
      // Called for each job: what is counted here is this job's own.
      create({ violated }) {
        const awards = new Map<string, number>();
        let total = 0;
        return {
          // After each block, with what the ledger decided in it, in order.
          onDecided({ events, height }) {
            for (const event of events) {
              if (event.kind !== "award") continue;
              const held = (awards.get(event.worker) ?? 0) + 1;
              awards.set(event.worker, held);
              total++;
              if (total > FIRST && held > total / 2)
                violated(`${event.worker} has ${held} of ${total} awards (height ${height})`);
            }
          },
        };
      },
    },
  ],
};

export default plugin;
