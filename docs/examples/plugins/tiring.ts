/**
 * A behaviour: agents that tire. Each result takes such an agent longer than the one before, as a model does whose
 * context grows. Everything else about them stays as their profile says.
 */

import type { PluginModule } from "meshwork/sim";

const plugin: PluginModule = ({ z, defineBehaviour }) => ({
  behaviours: [
    defineBehaviour({
      name: "tiring",
      summary: "takes longer with each result that it gives",
      options: z.strictObject({
        // 0.1: the eleventh result takes twice as long as the first.
        slowdown: z.number().min(0).default(0.1).describe("Of the first result's time, added with each one."),
      }),
      // Called for each agent of a group before the world begins: what it counts is this agent's own.
      apply(agent, { slowdown }) {
        let given = 0;
        return {
          ...agent,
          skill: (call) => {
            const outcome = agent.skill(call);
            const factor = 1 + slowdown * given++;
            return { ...outcome, afterMs: outcome.afterMs * factor };
          },
        };
      },
    }),
  ],
});

export default plugin;
