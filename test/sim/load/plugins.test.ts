/** What is wrong with a plugin is one line with the scenario's file and line, and exit code 2. */

import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { runCli } from "../../../node/cli/main.ts";
import type { CliIo } from "../../../node/platform/terminal/context.ts";
import { simHost } from "../../../scripts/sim-host.ts";
import { registerSim } from "../../../sim/cli/register.ts";
import { loadScenarioText } from "../../../sim/load/load-scenario.ts";

const folder = mkdtempSync(join(tmpdir(), "meshwork-plugins-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** A module in the folder, never of the same name: modules are loaded once. */
let written = 0;
function plugin(text: string): string {
  const name = `plugin-${++written}.mjs`;
  writeFileSync(join(folder, name), text);
  return name;
}

const scenario = (plugins: readonly string[]): string =>
  `name: plugged\nagents: [{ count: 4 }]\nworkload: {}\nplugins:\n${plugins.map((one) => `  - ./${one}\n`).join("")}`;

const load = (...plugins: readonly string[]) =>
  loadScenarioText(join(folder, "plugged.yaml"), scenario(plugins), simHost);

const BEGIN = "summary: '', isTargeted: false, lasts: false, begin: () => null";
const fault = (name: string, options = "z.strictObject({})"): string =>
  `export default ({ z }) => ({ faults: [{ name: "${name}", options: ${options}, ${BEGIN} }] });`;

describe("one line", () => {
  test.each<[string, string, RegExp]>([
    ["no syntax", "export default {", /plugged\.yaml:5: the plugin \.\/plugin-\d+\.mjs: .*(?:Unexpected|syntax)/],
    ["it throws", "\n\nthrow new Error('no\\nway');", /: line 3: no$/],
    ["a package that is not there", 'import "nowhere";', /: .*Cannot find package 'nowhere'/],
    ["no default export", "export const faults = [];", /: it has no default export$/],
    ["no object", "export default 7;", /: it exports no plugin$/],
    ["a function that throws", "export default () => { throw new Error('no'); };", /: its function threw: no$/],
    ["a function that gives nothing", "export default () => undefined;", /: it exports no plugin$/],
    ["an unknown key", "export default { fault: [] };", /: unknown key "fault"$/],
    ["no list", "export default { faults: {} };", /: faults is no list$/],
    ["no name", "export default { faults: [{}] };", /: faults\[0\] has no name$/],
    ["a name that no file can say", fault("two words"), /: fault "two words": its name cannot stand in a scenario$/],
    ["a name with a meaning", fault("between"), /: fault "between": its name cannot stand/],
    ["no summary", 'export default { checkers: [{ name: "x" }] };', /: checker "x" has no summary$/],
    ["no unit", 'export default { metrics: [{ name: "x", summary: "" }] };', /: metric "x" has no unit$/],
    [
      "no function",
      'export default { checkers: [{ name: "x", summary: "" }] };',
      /checker "x" has no function create$/,
    ],
    [
      "no flag",
      'export default { faults: [{ name: "x", summary: "", begin() {} }] };',
      /: fault "x" does not say isTargeted$/,
    ],
    ["options that are no schema", fault("x", "{}"), /: fault "x": its options are no zod object$/],
    ["an option of the simulator's", fault("x", "z.object({ which: z.any() })"), /an option cannot be called "which"$/],
    ["a name of the simulator", fault("kill"), /: the simulator has a fault "kill" already$/],
    [
      "a shape of the simulator",
      "export default ({ defineShape }) => ({ shapes: [defineShape({ name: 'bag', summary: '', tasks: () => 1, nodes: () => [] })] });",
      /: the simulator has a job shape "bag" already$/,
    ],
    [
      "a name twice in one",
      'const c = { name: "x", summary: "", create: () => ({}) }; export default { checkers: [c, c] };',
      /: two checkers are called "x"$/,
    ],
  ])("%s", async (_, text, message) => {
    await expect(load(plugin(text))).rejects.toThrow(message);
  });

  test("a name twice in two plugins says whose it is", async () => {
    const [first, second] = [plugin(fault("x")), plugin(fault("x"))];
    await expect(load(first, second)).rejects.toThrow(`the plugin ./${second}: ./${first} has a fault "x" already`);
  });

  test("a file that is not there, with exit code 2", async () => {
    const file = join(folder, "nowhere.yaml");
    writeFileSync(file, scenario(["nowhere.mjs"]));
    let err = "";
    const io: CliIo = { stdout: () => undefined, stderr: (text) => void (err += text), terminal: null, env: {} };
    const code = await runCli(["sim", "run", file], io, {
      commands: [
        {
          ...{ name: "sim", takes: "", summary: "" },
          load: async () => (program, act) => registerSim(program, act, async () => simHost),
        },
      ],
    });
    expect(code).toBe(2);
    expect(err).toBe(`meshwork: ${file}:5: the plugin ./nowhere.mjs: there is no such file – check the path\n`);
  });
});

test("what plugins of all kinds add can be named", async () => {
  const all = plugin(`export default ({ z, defineBehaviour, defineShape, single, policyOf }) => ({
    behaviours: [defineBehaviour({ name: "idle", summary: "", apply: (agent) => agent })],
    shapes: [defineShape({
      name: "mine", summary: "", options: z.strictObject({ n: z.int().default(3) }), tasks: ({ n }) => n,
      nodes: (workload) => [single("task", 1, { policy: policyOf(workload) })],
    })],
    checkers: [{ name: "all is well", summary: "", create: () => ({}) }],
    metrics: [{ name: "answer", unit: "", summary: "", create: () => ({ value: () => 42 }) }],
  });`);
  const text = `name: all\nplugins: [./${all}]\nagents: [{ count: 4, behave: { idle: {} } }]\nworkload: { shape: { kind: mine, n: 5 } }\nexpect: [answer == 42]\n`;
  const { scenario: loaded, registry } = await loadScenarioText(join(folder, "all.yaml"), text, simHost);
  expect(loaded.workload.shape).toEqual({ kind: "plugin", name: "mine", options: { n: 5 }, tasks: 5 });
  // Five tasks of one worker each at twice its price of 1 credit.
  expect(loaded.workload.budget).toBe(10_000_000);
  expect(registry.checkers.map(({ name }) => name)).toEqual(["all is well"]);
  const wrong = text.replace("n: 5", "m: 5");
  await expect(loadScenarioText(join(folder, "all.yaml"), wrong, simHost)).rejects.toThrow('unknown key "m"');
});
