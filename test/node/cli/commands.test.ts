/** The list of commands says what the commands say of themselves, and looking at it loads none of them. */

import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Command } from "commander";
import { afterAll, expect, test } from "vitest";
import { COMMANDS } from "../../../node/cli/commands.ts";
import { PACKAGE_ROOT } from "../../../node/own-files.ts";

const folder = mkdtempSync(join(tmpdir(), "meshwork-commands-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test.each(COMMANDS.map((command) => [command.name, command] as const))("%s", async (name, { takes, summary, load }) => {
  const program = new Command();
  (await load())(program, () => () => undefined);
  const [command] = program.commands;
  expect(command!.name()).toBe(name);
  expect(command!.description()).toBe(summary);
  expect(program.createHelp().subcommandTerm(command!)).toBe(`${name} ${takes}`.trim());
});

/** The modules that a command line loads, without those of Node. */
function loadedBy(...argv: string[]): string[] {
  const list = join(folder, "loaded.txt");
  const hook = join(folder, "hook.mjs");
  writeFileSync(
    hook,
    `import { registerHooks } from "node:module"; import { appendFileSync, writeFileSync } from "node:fs";
writeFileSync(${JSON.stringify(list)}, "");
registerHooks({ load(url, context, next) { if (!url.startsWith("node:")) appendFileSync(${JSON.stringify(list)}, url + "\\n"); return next(url, context); } });`,
  );
  const script = join(PACKAGE_ROOT, "scripts/meshwork.ts");
  const { status, stderr } = spawnSync(process.execPath, ["--import", hook, script, ...argv], { encoding: "utf8" });
  expect(status, stderr).toBe(0);
  return readFileSync(list, "utf8").trim().split("\n");
}

test.each([["--version"], ["--help"]])("%s loads next to nothing", (argument) => {
  const loaded = loadedBy(argument);
  expect(loaded.filter((url) => /libp2p|multiformats|zod|yaml|echarts|pino/.test(url))).toEqual([]);
  expect(loaded.length).toBeLessThan(40);
});

test("a command that needs no network loads no libp2p, and none loads what draws pages", () => {
  const loaded = loadedBy("skills");
  expect(loaded.filter((url) => /libp2p|echarts/.test(url))).toEqual([]);
});
