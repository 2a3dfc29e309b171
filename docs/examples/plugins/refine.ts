/**
 * A workload: drafts that are refined. Some drafts are written side by side, each is taken up again several times, and
 * one task puts them together.
 */

import type { PluginModule } from "meshwork/sim";

const plugin: PluginModule = ({ z, defineShape, single, map, policyOf }) => ({
  shapes: [
    defineShape({
      name: "refine",
      summary: "drafts, rounds over each of them, and one task over all",
      options: z.strictObject({
        skill: z.string().default("write").describe("What the agents must have."),
        drafts: z.int().min(1).max(1_000).default(4),
        rounds: z.int().min(0).max(20).default(2),
      }),
      // The default budget pays for this many.
      tasks: ({ drafts, rounds }) => drafts * (1 + rounds) + 1,
      nodes(workload, { skill, drafts, rounds }, _index, prng) {
        const options = { skill, policy: policyOf(workload) };
        // Tasks of this form are understood by simulated agents: a number to work on, a kind, and how hard it is.
        const tasks = Array.from({ length: drafts }, () => ({ n: prng.below(1_000_000), kind: "", difficulty: 0.5 }));
        const nodes = [map("draft", tasks, options)];
        for (let round = 1; round <= rounds; round++) {
          const from = nodes[nodes.length - 1]!.id;
          nodes.push(map(`round-${round}`, { from }, options));
        }
        return [...nodes, single("merge", { from: nodes[nodes.length - 1]!.id }, options)];
      },
    }),
  ],
});

export default plugin;
