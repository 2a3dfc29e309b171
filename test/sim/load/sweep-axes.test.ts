/** The axes of a sweep have names and units. */

import { describe, expect, test } from "vitest";
import { simHost } from "../../../scripts/sim-host.ts";
import { axesOf } from "../../../sim/cli/axes.ts";
import { loadScenarioText } from "../../../sim/load/load-scenario.ts";
import { parseVariation } from "../../../sim/load/overrides.ts";
import { SMALL } from "../../support/run-scenario-text.ts";

const text = `${SMALL}  jobs: { count: 2 }
faults:
  - { at: 6s, kill: { share: 0.1 } }
  - { at: 7s, pause: { count: 1, for: 1s } }
  - { at: 8s, pause: { count: 1, for: 1s } }
`;
const titles = async (vary: readonly string[], labels: readonly string[] = []): Promise<string[]> => {
  const { scenario } = await loadScenarioText("small.yaml", text, simHost);
  const variations = vary.map((one) => parseVariation("--vary", one));
  return axesOf(variations, labels, scenario).map(({ title }) => title);
};

describe("an axis", () => {
  test.each([
    ["faults[0].kill.share=0.1,0.2", "kill share [share]"],
    ["faults[1].pause.count=1,2", "pause 1 count [agents]"],
    ["agents[1].count=4,8", "worker count [agents]"],
    ["agents[1].profile.accuracy=0.5,1", "worker accuracy [share]"],
    ["network.lossPct=0,5", "network loss [%]"],
    ["network.service.baseMs=0.2,4", "network service base [ms]"],
    ["workload.jobs.count=2,4", "jobs [jobs]"],
    ["workload.policy.timeout=5s,20s", "timeout"],
    ["workload.policy.redundancy=1,3", "redundancy [results]"],
    ["workload.policy={redundancy: 1},{redundancy: 3}", "policy"],
    ["workload.selector=random,round-robin", "selector"],
  ])("%s is %s", async (vary, title) => {
    expect(await titles([vary])).toEqual([title]);
  });

  test("is called what one calls it", async () => {
    const label = "network.lossPct=lost frames [%]";
    expect(await titles(["network.lossPct=0,5", "agents[1].count=4,8"], [label])).toEqual([
      "lost frames [%]",
      "worker count [agents]",
    ]);
  });

  test("keeps its path where two would be called the same", async () => {
    expect(
      await titles(["agents[0].count=4,5", "agents[1].count=4,8"], ["agents[0].count=n", "agents[1].count=n"]),
    ).toEqual(["agents[0].count: n", "agents[1].count: n"]);
  });

  test("that is not varied cannot be named", async () => {
    await expect(titles(["network.lossPct=0,5"], ["network.loss=x"])).rejects.toThrow("--label network.loss=x");
  });
});
