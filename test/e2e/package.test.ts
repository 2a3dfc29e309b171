/**
 * The package as it is published: built, packed, and used from a folder outside, with types, by its entries; the programs
 * among the users are those of README.md and docs/, as they stand. Its dependencies are those of this checkout.
 */

import { type SpawnSyncReturns, spawnSync } from "node:child_process";
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";
import { codeBlocks } from "../support/code-blocks.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "meshwork-package-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function run(command: string, args: readonly string[], cwd: string): SpawnSyncReturns<string> {
  return spawnSync(command, [...args], { cwd, encoding: "utf8", timeout: 120_000 });
}
const node = (args: readonly string[], cwd = folder): SpawnSyncReturns<string> => run(process.execPath, args, cwd);

/** What an install does not bring: the package contains what it uses of them. */
const INLINED = new Set(["echarts", "zrender", "tslib", "msgpackr", "msgpackr-extract", "@msgpackr-extract"]);

const PLUGIN = `
import type { PluginModule } from "meshwork/sim";
const plugin: PluginModule = {
  metrics: [{ name: "mine", unit: "", summary: "", create: () => ({ value: ({ jobs }) => jobs.length }) }],
};
export default plugin;
`;
const SCENARIO = `
name: small
agents: [{ count: 5 }]
workload: { shape: { kind: bag, width: 2 } }
expect: [completion == 1]
`;
const PROGRAM = `
import { readScenario, type ScenarioInput, type SimulationResult, simulate } from "meshwork/sim";
const small: ScenarioInput = {
  name: "small",
  agents: [{ count: 5 }],
  workload: { shape: { kind: "bag", width: 2 } },
  expect: ["completion == 1", "mine == 1"],
};
const result: SimulationResult = await simulate(small, {
  seeds: [1, 2],
  plugins: [new URL("./plugin.ts", import.meta.url)],
});
const half = await readScenario("half-killed");
console.log(JSON.stringify({ verdict: result.verdict, seeds: result.rows.map(({ seed }) => seed), half: half.file }));
`;
/** The TypeScript of the pages, by the names of their files. */
const EXAMPLES = ["README.md", "docs/scenarios.md", "docs/plugins.md"].flatMap((page) =>
  codeBlocks(join(root, page), "ts").map((code, index) => [`${page.replace(/\W/g, "-")}-${index}.ts`, code] as const),
);

beforeAll(() => {
  const built = node(["scripts/build.ts"], root);
  expect(built.stdout + built.stderr, "the build").toMatch(/^dist\/: \d+ modules\n$/);
  // Packed as npm packs it, from the files that package.json names; no lifecycle script runs.
  const packed = run("npm", ["pack", "--ignore-scripts", "--silent", "--pack-destination", folder], root);
  expect(packed.status, packed.stderr).toBe(0);
  const [archive] = readdirSync(folder).filter((name) => name.endsWith(".tgz"));
  expect(run("tar", ["-xzf", archive!], folder).status).toBe(0);
  const modules = join(folder, "node_modules");
  mkdirSync(modules);
  renameSync(join(folder, "package"), join(modules, "meshwork"));
  for (const name of readdirSync(join(root, "node_modules"))) {
    if (!name.startsWith(".") && !INLINED.has(name)) symlinkSync(join(root, "node_modules", name), join(modules, name));
  }
  writeFileSync(join(folder, "package.json"), '{ "type": "module" }');
  writeFileSync(join(folder, "plugin.ts"), PLUGIN);
  writeFileSync(join(folder, "program.ts"), PROGRAM);
  for (const [file, code] of EXAMPLES) writeFileSync(join(folder, file), code);
}, 180_000);

test("every entry of package.json is there", () => {
  const { exports: entries } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as {
    readonly exports: { readonly [entry: string]: { readonly types: string; readonly default: string } };
  };
  const files = Object.values(entries).flatMap((entry) => [entry.types, entry.default]);
  for (const file of files) expect(readFileSync(join(folder, "node_modules/meshwork", file), "utf8")).not.toBe("");
  expect(Object.keys(entries)).toEqual([".", "./sim"]);
});

test("programs outside compile against its types", () => {
  const tsc = join(root, "node_modules", "typescript", "bin", "tsc");
  const options = "--noEmit --strict --target es2023 --module nodenext --types node --allowImportingTsExtensions";
  const files = ["program.ts", "plugin.ts", ...EXAMPLES.map(([file]) => file)];
  const compiled = node([tsc, ...options.split(" "), "--skipLibCheck", "--moduleDetection", "force", ...files]);
  expect(compiled.stdout + compiled.stderr).toBe("");
});

test.each(EXAMPLES)(
  "%s runs, and prints something",
  (file) => {
    const { stdout, stderr, status } = node([file]);
    expect(status, stderr).toBe(0);
    expect(stdout).not.toBe("");
  },
  120_000,
);

test("a program outside simulates, on worker threads, with a plugin of its own", () => {
  const { stdout, stderr, status } = node(["program.ts"]);
  expect(status, stderr).toBe(0);
  expect(JSON.parse(stdout)).toEqual({
    verdict: "pass",
    seeds: [1, 2],
    half: expect.stringContaining("half-killed.yaml"),
  });
});

test("the package brings what it uses of packages that are not installed with it", () => {
  const { dependencies } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as { dependencies: object };
  expect(Object.keys(dependencies).filter((name) => INLINED.has(name))).toEqual([]);
  const command = join(folder, "node_modules/meshwork/dist/scripts/meshwork.js");
  writeFileSync(join(folder, "small.yaml"), SCENARIO);
  const replayed = node([command, "sim", "replay", "small.yaml", "--trace", "a.msgpack", "--report", "a.html"]);
  expect(replayed.status, replayed.stderr).toBe(0);
  expect(readFileSync(join(folder, "a.html"), "utf8")).toContain("<svg");
  const checked = node([command, "sim", "check", "a.msgpack"]);
  expect(checked.status, checked.stderr).toBe(0);
  const licences = readFileSync(join(folder, "node_modules/meshwork/dist/LICENSES.txt"), "utf8");
  for (const name of ["echarts", "zrender", "msgpackr"]) expect(licences).toMatch(new RegExp(`^${name} \\d`, "m"));
});

test("the command of the package simulates", () => {
  const command = join(folder, "node_modules/meshwork/dist/scripts/meshwork.js");
  const { stdout, status } = node([command, "experiment", "--list", "--json"]);
  expect(status).toBe(0);
  expect(JSON.parse(stdout)).toContainEqual(expect.objectContaining({ name: "lying-workers" }));
});
