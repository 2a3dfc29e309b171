/**
 * Every printed command works when it is pasted: every command that stands in a text of this package - help, remedies,
 * templates, the documentation - exists, with its options and no more arguments than it takes; words are quoted as a shell
 * takes them back; and commands are called as they can be called from where the user is.
 */

import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Command } from "commander";
import fc from "fast-check";
import { beforeAll, describe, expect, test } from "vitest";
import { jobTemplate, skillsTemplate } from "../../../node/cli/init-templates.ts";
import { PACKAGE_ROOT } from "../../../node/platform/own-files.ts";
import {
  asCalledHere,
  COMMAND,
  commandLine,
  commandOf,
  meshWords,
  quoteArgument,
} from "../../../node/platform/terminal/command-line.ts";
import { helpText } from "../../../node/platform/terminal/help-text.ts";
import { scenarioTemplate } from "../../../sim/load/scenario-template.ts";
import { wholeProgram } from "../../support/program.ts";

let program: Command;
beforeAll(async () => {
  program = await wholeProgram();
});

const namesOf = (command: Command): string[] => command.commands.map((known) => known.name());

describe("words of a shell", () => {
  test("come back as they were", () => {
    fc.assert(
      fc.property(
        fc.array(
          fc.string({ unit: "grapheme" }).filter((word) => !word.includes("\0")),
          { maxLength: 4 },
        ),
        (words) => {
          const script = `printf '%s\\0' ${words.map(quoteArgument).join(" ")}`;
          const out = execFileSync("sh", ["-c", words.length === 0 ? ":" : script], { encoding: "utf8" });
          expect(out.split("\0").slice(0, -1)).toEqual(words);
        },
      ),
      { numRuns: 60 },
    );
    for (const word of [
      "",
      "a b",
      "~/x",
      "=x",
      "$HOME",
      "a'b",
      "*",
      "-x",
      "faults[0].x=1",
      "a\nb",
      "!x",
      "#x",
      "{a,b}",
    ])
      expect(execFileSync("sh", ["-c", `printf %s ${quoteArgument(word)}`], { encoding: "utf8" })).toBe(word);
  });

  test("plain ones stay as they are", () => {
    for (const word of ["run", "/ip4/192.0.2.7/tcp/4001/p2p/12D3KooWx", "JOB.yaml", "network.lossPct=0,1", "--to"])
      expect(quoteArgument(word)).toBe(word);
  });

  test("a mesh is named where it is not the one that commands assume", () => {
    expect(commandLine(["doctor", "ADDR", ...meshWords("my mesh")])).toBe(`${COMMAND} doctor ADDR --mesh 'my mesh'`);
    expect(meshWords("default")).toEqual([]);
  });
});

describe("how the command is called", () => {
  const root = PACKAGE_ROOT;
  const script = join(root, "scripts/meshwork.ts");
  const npm = { npm_lifecycle_event: "meshwork", npm_package_json: join(root, "package.json") };
  const base = { env: { PATH: "/usr/bin" }, script, argv0: "node", cwd: root, root, isCheckout: true };
  test.each<[string, Partial<Parameters<typeof commandOf>[0]>, string]>([
    ["npm run", { env: npm }, "npm run -s meshwork --"],
    ["npm run below the checkout", { env: npm, cwd: join(root, "docs/examples") }, "npm run -s meshwork --"],
    ["npm start", { env: { ...npm, npm_lifecycle_event: "start" } }, "npm run -s meshwork --"],
    ["npm --prefix", { env: npm, cwd: "/" }, `npm --prefix ${quoteArgument(root)} run -s meshwork --`],
    ["node", {}, "node scripts/meshwork.ts"],
    ["node elsewhere", { cwd: "/" }, `node ${quoteArgument(script)}`],
    ["another node", { argv0: "node_modules/.bin/node" }, "node_modules/.bin/node scripts/meshwork.ts"],
    ["npx node", { env: { npm_lifecycle_event: "npx" } }, "npx node scripts/meshwork.ts"],
    [
      "another package's script",
      { env: { npm_lifecycle_event: "start", npm_package_json: "/x/package.json" } },
      "node scripts/meshwork.ts",
    ],
    ["in the path", { script: "/usr/bin/meshwork", isCheckout: false }, "meshwork"],
    [
      "npx",
      { script: "/x/node_modules/.bin/meshwork", env: { npm_lifecycle_event: "npx" }, isCheckout: false },
      "npx meshwork",
    ],
    [
      "by its path",
      { script: "/x/node_modules/.bin/meshwork", cwd: "/x", isCheckout: false },
      "node_modules/.bin/meshwork",
    ],
    ["a program that uses the library", { script: "/x/app.js", isCheckout: false }, "meshwork"],
    ["an agent's process", { script: join(root, "node/cli/agent-main.ts") }, "npm run -s meshwork --"],
  ])("%s", (_what, changes, expected) => expect(commandOf({ ...base, ...changes })).toBe(expected));

  test("texts of ours name it so, and nothing else", () => {
    const text =
      "run: meshwork doctor ADDR; see `meshwork sim list`, meshwork --help, ~/.config/meshwork run, npx meshwork run";
    expect(asCalledHere(text, "npm run -s meshwork --")).toBe(
      "run: npm run -s meshwork -- doctor ADDR; see `npm run -s meshwork -- sim list`, npm run -s meshwork -- --help, ~/.config/meshwork run, npx meshwork run",
    );
    expect(asCalledHere("meshwork is a mesh", "x")).toBe("meshwork is a mesh");
    expect(asCalledHere(asCalledHere("meshwork run a", "npx meshwork"), "npx meshwork")).toBe("npx meshwork run a");
    for (const name of namesOf(program)) expect(asCalledHere(`meshwork ${name} x`, "called")).toBe(`called ${name} x`);
  });

  test("help names commands as they are called in what an example does, too, which is a comment to a shell", () => {
    const help = helpText("  $ meshwork run a  with somebody's costs (meshwork sim calibrate)", 200);
    expect(help).toBe(`  $ ${COMMAND} run a   # with somebody's costs (${COMMAND} sim calibrate)`);
  });

  test("help keeps its columns, has what an example does below where there is no room, and wraps sentences", () => {
    const examples = "  $ meshwork demo     one\n  $ meshwork run JOB.yaml     two\n  $ meshwork init";
    const [demo = "", run = "", init] = helpText(examples, 200).split("\n");
    expect(demo.indexOf("one")).toBe(run.indexOf("two"));
    expect(init).toBe(`  $ ${COMMAND} init`);
    const narrow = [
      `  $ ${COMMAND} demo`,
      "      # one",
      `  $ ${COMMAND} run JOB.yaml`,
      "      # two",
      `  $ ${COMMAND} init`,
    ];
    expect(helpText(examples, 30).split("\n")).toEqual(narrow);
    const wrapped = helpText(`${"word ".repeat(20)}\n${"word ".repeat(3)}end`.trim(), 40).split("\n");
    expect(wrapped.every((line) => line.length <= 40)).toBe(true);
    expect(wrapped.slice(0, -1).every((line) => line.length > 30)).toBe(true);
  });
});

// --- every command in a text ---------------------------------------------------------------------------

interface Found {
  readonly where: string;
  readonly words: readonly string[];
}

function* filesBelow(folder: string, endings: readonly string[]): Generator<string> {
  for (const name of readdirSync(join(PACKAGE_ROOT, folder), { recursive: true, encoding: "utf8" }))
    if (endings.some((ending) => name.endsWith(ending))) yield join(folder, name);
}

/** The words of a command line, up to what ends it in a shell or in a sentence. */
function wordsOf(rest: string): string[] {
  const [line = ""] = rest.split(/ {2,}|[`"\\)>|;]|\$\{| #| <|…"/);
  const words: string[] = [];
  for (const [, quoted, word] of line.matchAll(/'([^']*)'|(\S+)/g)) words.push(quoted ?? word!);
  return words;
}

function commandsIn(where: string, text: string, names: readonly string[]): Found[] {
  const call = new RegExp(`(?<![\\w./-])meshwork (?:-- )?(?=(?:${names.join("|")})\\b)([^\\n]*)`, "g");
  const found: Found[] = [];
  for (const line of text.split("\n"))
    for (const [, rest] of line.matchAll(call)) found.push({ where, words: wordsOf(rest!) });
  return found;
}

/** What is wrong with a command that a text names; null if it exists, with its options. */
function problemOf({ words }: Found): string | null {
  let command = program;
  let at = 0;
  for (; at < words.length; at++) {
    const next = command.commands.find((known) => known.name() === words[at]!.replace(/[.,:]$/, ""));
    if (next === undefined) break;
    command = next;
  }
  for (const word of words.slice(at)) {
    if (!/^--[a-z]/.test(word)) continue;
    const option = word.replace(/[.,:=].*$/, "");
    if (option !== "--help" && !command.options.some(({ long }) => long === option)) return `no option ${option}`;
  }
  return null;
}

/** Takes any text as a value: examples have placeholders. */
function takeAnyValue(command: Command): void {
  command.exitOverride().configureOutput({ writeOut: () => {}, writeErr: () => {} });
  for (const part of [...command.options, ...command.registeredArguments])
    Object.assign(part, { parseArg: undefined, argChoices: undefined });
  for (const sub of command.commands) takeAnyValue(sub);
}

describe("commands in texts", () => {
  test("exist, with their options", () => {
    const names = namesOf(program);
    const files = [
      "README.md",
      "CHANGELOG.md",
      "CONTRIBUTING.md",
      ...filesBelow("docs", [".md"]),
      ...["node", "sim", "protocol"].flatMap((folder) => [...filesBelow(folder, [".ts"])]),
      "scripts/meshwork.ts",
    ];
    const found = files.flatMap((file) => commandsIn(file, readFileSync(join(PACKAGE_ROOT, file), "utf8"), names));
    const templates = [
      jobTemplate({ skills: "s.mjs", job: "j.yaml" }),
      skillsTemplate({ skills: "s.mjs", job: "j.yaml" }),
      scenarioTemplate("x"),
    ];
    for (const text of templates) found.push(...commandsIn("a template", text, names));
    expect(found.length).toBeGreaterThan(150);
    const wrong = found.map((one) => ({ ...one, problem: problemOf(one) })).filter(({ problem }) => problem !== null);
    expect(wrong.map(({ where, words, problem }) => `${where}: ${words.join(" ")}: ${problem}`)).toEqual([]);
  });

  test("options that remedies name exist", () => {
    const all = (command: Command): string[] => [
      ...command.options.flatMap(({ long }) => long ?? []),
      ...command.commands.flatMap(all),
    ];
    const known = new Set([...all(program), "--help", "--version"]);
    const wrong: string[] = [];
    // Options of other programs: Node, prlimit and setpriv.
    const foreign = new Set(["--max-old-space-size", "--disable-warning", "--as", "--core", "--pdeathsig", "--output"]);
    for (const folder of ["node", "sim/batch", "sim/cli", "sim/load", "protocol"])
      for (const file of filesBelow(folder, [".ts"])) {
        if (file.endsWith("command-arguments.ts")) continue; // it is about other programs
        const text = readFileSync(join(PACKAGE_ROOT, file), "utf8");
        for (const [, string] of text.matchAll(/["`]((?:[^"`\\\n]|\\.)*)["`]/g))
          for (const [option] of string!.matchAll(/(?<![\w-])--[a-z][a-z-]*/g))
            if (!known.has(option) && !foreign.has(option)) wrong.push(`${file}: ${option}`);
      }
    expect(wrong).toEqual([]);
  });

  test("examples can be typed as they stand", async () => {
    const lenient = await wholeProgram();
    takeAnyValue(lenient);
    const names = namesOf(lenient);
    const files = [
      "README.md",
      ...filesBelow("docs", [".md"]),
      ...filesBelow("node/cli", [".ts"]),
      ...filesBelow("sim/cli", [".ts"]),
    ];
    let count = 0;
    const wrong: string[] = [];
    for (const file of files) {
      const lines = readFileSync(join(PACKAGE_ROOT, file), "utf8").split("\n");
      const examples = lines.filter((line) => /^( {2}\$ |npm run -s )?meshwork /.test(line));
      for (const { words } of commandsIn(file, examples.join("\n").replace(/"([^"\n]*)"/g, "'$1'"), names)) {
        count++;
        try {
          lenient.parse(words, { from: "user" });
        } catch (error) {
          const { code, message } = error as { readonly code: string; readonly message: string };
          if (code !== "commander.helpDisplayed") wrong.push(`${file}: ${words.join(" ")}: ${message}`);
        }
      }
    }
    expect(wrong).toEqual([]);
    expect(count).toBeGreaterThan(90);
  });
});
