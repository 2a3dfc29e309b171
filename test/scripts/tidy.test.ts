/** The tidy rules, each against a planted violation and against code that only looks like one. */

import { readdirSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { checkLengths, measureFunctions, nextRatchet, type Ratchet } from "../../scripts/tidy/ratchet.ts";
import { checkReferences, withoutUnusedExports } from "../../scripts/tidy/references.ts";
import { checkFile } from "../../scripts/tidy/rules.ts";
import { parseSource } from "../../scripts/tidy/source.ts";

const HEADER = "/** What it is for. */\n";
const SIM = join(import.meta.dirname, "../../sim");
/** Folders whose code does the same on every machine. */
const PURE = [
  "protocol",
  "sim/experiments",
  "sim/load",
  "sim/model",
  "sim/parts",
  "sim/run",
  "sim/search",
  "sim/world",
];
const NOTHING: Ratchet = { files: {}, functions: {} };

/** The rules that a file breaks. */
function broken(path: string, body: string, header = HEADER): string[] {
  return checkFile(parseSource(path, header + body)).map(({ rule }) => rule);
}

describe("who may import whom", () => {
  test.each([
    ["protocol/a.ts", 'import { x } from "../node/x.ts";'],
    ["protocol/core/a.ts", 'import { x } from "../../sim/x.ts";'],
    ["protocol/a.ts", 'import { sha256 } from "@noble/hashes";'],
    ["protocol/a.ts", 'import { readFileSync } from "node:fs";'],
    ["protocol/a.ts", 'const x = await import("../node/x.ts");'],
    ["protocol/a.ts", 'export { x } from "../scripts/x.ts";'],
    ["protocol/a.ts", 'import type {\n  X,\n} from "../node/x.ts";'],
    ["node/a.ts", 'import { x } from "../sim/x.ts";'],
    ["node/cli/a.ts", 'import "../../sim/x.ts";'],
    ["sim/a.ts", 'import { x } from "../node/x.ts";'],
    ["sim/a.ts", 'import { x } from "../scripts/x.ts";'],
    ["sim/world/a.ts", 'import { x } from "../report/x.ts";'],
    ["sim/world/a.ts", 'import { hash } from "node:crypto";'],
    ["sim/parts/checkers/a.ts", 'import { readFileSync } from "node:fs";'],
    ["sim/search/a.ts", 'import { Worker } from "node:worker_threads";'],
    ["sim/run/a.ts", 'import { cpus } from "node:os";'],
    ["sim/not-yet-thought-of/a.ts", 'import { cpus } from "node:os";'],
    ["scripts/a.ts", 'import { x } from "../test/x.ts";'],
  ])("%s: %s", (path, body) => {
    expect(broken(path, body)).toContain("dependency");
  });

  test.each([
    ["protocol/a.ts", 'import { x } from "./core/x.ts";'],
    ["protocol/core/a.ts", 'import { x } from "../wire/x.ts";'],
    ["protocol/a.ts", '// import { x } from "../node/x.ts";'],
    ["protocol/a.ts", '/*\nimport { x } from "../node/x.ts";\n*/'],
    ["protocol/a.ts", 'const text = `\nimport { x } from "../node/x.ts";\n`;'],
    ["node/a.ts", 'import { x } from "../protocol/x.ts";\nimport pino from "pino";'],
    ["sim/world/a.ts", 'import { x } from "../../protocol/x.ts";\nimport { y } from "./y.ts";'],
    ["sim/cli/a.ts", 'import { hash } from "node:crypto";\nimport { y } from "../virtual/y.ts";'],
    ["scripts/a.ts", 'import { x } from "../node/x.ts";\nimport { y } from "../sim/y.ts";'],
    ["test/node/a.test.ts", 'import { x } from "../../node/x.ts";'],
  ])("fine: %s: %s", (path, body) => {
    expect(broken(path, body)).toEqual([]);
  });
});

describe("what is not decided", () => {
  test("is seen by the job, and by those who have ledgers of their own", () => {
    const ledger = (up: string): string => `import { Ledger } from "${up}protocol/job/ledger.ts";`;
    expect(broken("protocol/agent/a.ts", 'import type { Ledger } from "../job/ledger.ts";')).toEqual(["decided"]);
    expect(broken("sim/run/a.ts", ledger("../../"))).toEqual(["decided"]);
    expect(broken("protocol/job/a.ts", 'import { Ledger } from "./ledger.ts";')).toEqual([]);
    expect(broken("sim/parts/checkers/a.ts", ledger("../../../"))).toEqual([]);
    expect(broken("protocol/agent/a.ts", 'import type { LedgerView } from "../job/view.ts";')).toEqual([]);
  });
});

describe("the same bits on every machine", () => {
  test.each([
    "const t = Date.now();",
    "const t = new Date();",
    "const t = Date();",
    "const now = Date.now;",
    "const t = Date?.now();",
    "const clock = Date;",
    "f(Date, 1);",
    "const t = performance.now();",
    "const { now } = performance;",
    "const t = process.hrtime.bigint();",
    "const r = Math.random();",
    "const r = Math . random();",
    "const r = Math?.random();",
    "const { random } = Math;",
    "const { floor, sin: s } = Math;",
    "const m = Math;",
    "crypto.getRandomValues(x);",
    "const id = crypto.randomUUID();",
    "const l = Math.log(2);",
    "const l = Math?.exp(2);",
    "const l = xs.map(Math.cbrt);",
    "const l = Math.pow(2, 3);",
    "const l = Math.hypot(2, 3);",
    'const l = Math["sin"](2);',
    "const l = 2 ** 3;",
    "x **= 3;",
    "a.localeCompare(b);",
    "n.toLocaleString();",
    'a.normalize("NFC");',
    "new Intl.Collator();",
    "a?.localeCompare(b);",
    "const w = new WeakRef(x);",
    // biome-ignore lint/suspicious/noTemplateCurlyInString: the template is what is planted
    "const t = `at ${Date.now()}`;",
  ])("%s", (body) => {
    for (const folder of [...PURE, "sim/not-yet-thought-of"]) {
      expect(broken(`${folder}/a.ts`, body), folder).toContain("purity");
    }
    for (const path of ["node/a.ts", "sim/cli/a.ts", "sim/report/a.ts", "sim/simulator.ts"]) {
      expect(broken(path, body)).toEqual([]);
    }
  });

  test("all of sim/ is held to it but its threads, its files, its pages and its command line", () => {
    const folders = readdirSync(SIM, { withFileTypes: true }).filter((entry) => entry.isDirectory());
    const names = folders.map(({ name }) => `sim/${name}`);
    const outside = ["sim/batch", "sim/cli", "sim/library", "sim/report", "sim/traces"];
    expect(names.filter((name) => !outside.includes(name))).toEqual(PURE.filter((name) => name !== "protocol"));
  });

  test.each(["setTimeout(f, 1);", "await f();", "new Promise(f);", "crypto.subtle.digest(x);", "process.env.HOME;"])(
    "%s",
    (body) => {
      for (const folder of ["protocol", "sim/world", "sim/model", "sim/parts/faults", "sim/run"]) {
        expect(broken(`${folder}/a.ts`, body)).toContain("purity");
      }
      expect(broken("sim/search/a.ts", body)).toEqual([]);
    },
  );

  test.each([
    "const s = Math.sqrt(2) + Math.floor(1.5) + Math.imul(2, 3);",
    "const { LN2 } = Math;\nconst c = Math.SQRT2;",
    "const f = (from: Date, to?: Date): void => g(from, to);",
    "const least = Math?.min(1, 2);",
    "// Date.now() and Math.random() are not for us",
    "\n/** a ** b, Math.log */",
    'const text = "Date.now() ** Math.log(2)";',
    "const text = `Math.random()`;",
    "const pattern = /Date|await/;",
    "const validDates = config.crypto.hash(bytes);",
    "const half = a / b / c;",
    "process.crash(now);",
  ])("fine: %s", (body) => {
    expect(broken("protocol/a.ts", body)).toEqual([]);
  });

  test("an order for every sort", () => {
    expect(broken("protocol/a.ts", "items.sort();")).toEqual(["sorting"]);
    expect(broken("protocol/a.ts", "items.toSorted( );")).toEqual(["sorting"]);
    expect(broken("sim/world/a.ts", "items\n  .sort();")).toEqual(["sorting"]);
    expect(broken("sim/run/a.ts", "items?.sort();")).toEqual(["sorting"]);
    expect(broken("sim/search/a.ts", "items.sort(undefined);")).toEqual(["sorting"]);
    expect(broken("protocol/a.ts", "items.sort(compareText);")).toEqual([]);
    expect(broken("node/a.ts", "items.sort();")).toEqual([]);
  });
});

describe("form", () => {
  test.each(["node/Driver.ts", "node/my_file.ts", "node/skillRunner.ts", "node/Skills/a.ts", "node/a.mock.ts"])(
    "name: %s",
    (path) => {
      expect(broken(path, "")).toEqual(["name"]);
    },
  );
  test.each(["node/driver.ts", "node/a2a-agent.ts", "test/node/a.test.ts", "vitest.config.ts"])("fine: %s", (path) => {
    expect(broken(path, "")).toEqual([]);
  });

  test("a header", () => {
    expect(broken("node/a.ts", "export const a = 1;\n", "")).toEqual(["header"]);
    expect(broken("node/a.ts", "export const a = 1;\n", "// short\n")).toEqual(["header"]);
    expect(broken("scripts/a.ts", "", `#!/usr/bin/env node\n${HEADER}`)).toEqual([]);
  });

  test("one comment for one thing, and it begins with what the thing is", () => {
    expect(broken("node/a.ts", "\n/** One. */\n/** Two. */\nconst a = 1;\n")).toEqual(["comment"]);
    expect(broken("node/a.ts", "\n/** Of a job. */\nconst a = 1;\n")).toEqual(["comment"]);
    expect(broken("node/a.ts", "\n/**\n * Of a job.\n */\nconst a = 1;\n")).toEqual(["comment"]);
    expect(broken("node/a.ts", "\n/** Most of a job. */\nconst a = 1;\n\n/** Offers. */\nconst b = 2;\n")).toEqual([]);
  });

  test("nothing left to do", () => {
    const [later, broke] = ["TO", "FIX"];
    expect(broken("node/a.ts", `// ${later}DO: more`)).toEqual(["leftover"]);
    expect(broken("test/a.test.ts", `// ${broke}ME`)).toEqual(["leftover"]);
    expect(broken("node/a.ts", "// a todo list of tasks")).toEqual([]);
  });

  test.each(["home", "work", "root"])("no path of one machine: /%s", (folder) => {
    const path = `/${folder}/someone/file`;
    expect(broken("node/a.ts", `const file = "${path}";`)).toEqual(["path"]);
    expect(broken("docs/a.md", `See ${path}.`, "")).toEqual(["path"]);
    expect(broken(".ci/run", `cd /${folder}`, "")).toEqual(["path"]);
    expect(broken("docs/a.md", `https://example.org${path} or ./some${path} or ~${path}`, "")).toEqual([]);
    expect(broken("docs/a.md", `at/${folder} and /${folder}shop`, "")).toEqual([]);
  });

  test("a finding names its line", () => {
    const [finding] = checkFile(parseSource("protocol/a.ts", `${HEADER}\nconst a = 1;\nconst t = Date.now();\n`));
    expect(finding).toMatchObject({ path: "protocol/a.ts", line: 4 });
  });
});

describe("length", () => {
  const file = (lines: number, path = "node/a.ts") => parseSource(path, HEADER + "x;\n".repeat(lines - 1));
  const fn = (lines: number, head: string, path = "node/a.ts") =>
    parseSource(path, `${HEADER}${head} {\n${"  x;\n".repeat(lines - 2)}}\n`);
  const rules = (source: ReturnType<typeof file>, kept: Ratchet) =>
    checkLengths([source], kept).map(({ rule }) => rule);

  test("a file may have 400 lines, or what the list says", () => {
    expect(rules(file(400), NOTHING)).toEqual([]);
    expect(rules(file(401), NOTHING)).toEqual(["file-length"]);
    const kept = { files: { "node/a.ts": 450 }, functions: {} };
    expect(rules(file(450), kept)).toEqual([]);
    expect(rules(file(451), kept)).toEqual(["file-length"]);
    expect(rules(file(401, "node/b.ts"), NOTHING)).toEqual(["file-length"]);
  });

  test("what became shorter must be written down", () => {
    const kept = { files: { "node/a.ts": 450 }, functions: {} };
    expect(rules(file(449), kept)).toEqual(["ratchet"]);
    expect(rules(file(399), kept)).toEqual(["ratchet"]);
    expect(rules(file(10, "node/b.ts"), kept)).toEqual(["ratchet"]);
  });

  test("the list only shrinks, unless it is told otherwise", () => {
    const kept = { files: { "node/a.ts": 450 }, functions: {} };
    expect(nextRatchet([file(420)], kept, false).files).toEqual({ "node/a.ts": 420 });
    expect(nextRatchet([file(460)], kept, false).files).toEqual({ "node/a.ts": 450 });
    expect(nextRatchet([file(390)], kept, false).files).toEqual({});
    expect(nextRatchet([file(500, "node/b.ts")], kept, false).files).toEqual({});
    expect(nextRatchet([file(500, "node/b.ts")], kept, true).files).toEqual({ "node/b.ts": 500 });
  });

  test.each([
    ["function long(a: number)", "long"],
    ["export async function long(a: number): Promise<void>", "long"],
    ["const long = (a: number): number =>", "long"],
    ["const long = async (a = f(1)) =>", "long"],
    ["class A { #long(a: number): Map<string, number>", "#long"],
    ["class A { get long(): number", "long"],
  ])("a function may have 70 lines: %s", (head, name) => {
    expect(rules(fn(70, head), NOTHING)).toEqual([]);
    expect(rules(fn(71, head), NOTHING)).toEqual(["function-length"]);
    expect(rules(fn(71, head), { files: {}, functions: { [`node/a.ts ${name}`]: 71 } })).toEqual([]);
    expect(rules(fn(71, head, "test/node/a.test.ts"), NOTHING)).toEqual([]);
  });

  test("other braces are no functions", () => {
    const code =
      "if (a) {\n}\nfor (const b of f()) {\n}\nconst c = { d: { e: 1 } };\nclass F extends G {\n}\nswitch (h) {\n}";
    expect(measureFunctions(code)).toEqual([]);
  });

  test("braces in text do not count", () => {
    // biome-ignore lint/suspicious/noTemplateCurlyInString: the template is what is scanned
    const source = parseSource("node/a.ts", 'function f() {\n  return "}{" + `{${ { a: 1 }.a }`;\n}\n');
    expect(measureFunctions(source.code)).toEqual([{ name: "f", line: 1, lines: 3 }]);
  });
});

describe("references", () => {
  const tree = {
    "protocol/job/state.ts": "/** Here. */\nexport const used = 1;",
    "node/a.ts": 'import { used } from "../protocol/job/state.ts";\nconsole.log(used);',
    "docs/decisions/0001-why.md": "Why.",
  };
  const found = (files: Readonly<Record<string, string>>): string[] =>
    checkReferences(Object.entries({ ...tree, ...files }).map(([path, text]) => parseSource(path, text))).map(
      ({ path, line, rule, message }) => `${path}:${line} ${rule}: ${message}`,
    );

  test.each([
    ["a file in a comment", { "node/b.ts": "// As in job/stat.ts." }, "node/b.ts:1 reference: there is no job/stat.ts"],
    [
      "a decision",
      { "node/b.ts": "\n// docs/decisions/0002 says why" },
      "node/b.ts:2 reference: there is no docs/decisions/0002",
    ],
    ["a folder in a comment", { "node/b.ts": "/* in sim/lab/ */" }, "node/b.ts:1 reference: there is no sim/lab/"],
    ["a folder without its slash", { "docs/a.md": "as in `sim/lab`" }, "docs/a.md:1 reference: there is no sim/lab"],
    [
      "a folder in a page",
      { "README.md": "Look into `protocol/jobs/`." },
      "README.md:1 reference: there is no protocol/jobs/",
    ],
    ["a page in a page", { "docs/a.md": "[b](../docs/b.md#part)" }, "docs/a.md:1 reference: there is no docs/b.md"],
    [
      "a test of nothing",
      { "test/protocol/jobs/a.test.ts": "" },
      "test/protocol/jobs/a.test.ts:1 mirror: there is no folder protocol/jobs/ that it could test",
    ],
    [
      "an export for nobody",
      { "node/b.ts": "export const mine = 1;\nconsole.log(mine);" },
      "node/b.ts:1 export: mine is used in this file only: do not export it",
    ],
    [
      "an export that another file only speaks of",
      { "node/b.ts": "export interface Mine {}", "node/c.ts": '// Mine\nconst text = "Mine";' },
      "node/b.ts:1 export: Mine is used in this file only: do not export it",
    ],
  ] as const)("%s", (_, files, finding) => {
    expect(found(files)).toEqual([finding]);
  });

  test("exports that nobody uses can be taken away", () => {
    const sources = [
      parseSource("node/b.ts", "export const mine = 1;\nexport const ours = 2;"),
      parseSource("node/c.ts", "ours;"),
    ];
    expect(withoutUnusedExports(sources)).toEqual([
      { path: "node/b.ts", text: "const mine = 1;\nexport const ours = 2;" },
    ]);
  });

  test.each([
    [
      "names from any folder around them",
      { "node/b.ts": "// state.ts, job/state.ts, ../protocol/job/state.ts, protocol/job/" },
    ],
    [
      "decisions by their numbers, patterns, and what is no path of ours",
      { "node/b.ts": "// docs/decisions/0001, protocol/*.ts, node/<name>.ts, https://x.org/a.ts" },
    ],
    ["text that is no comment", { "node/b.ts": 'const path = "job/nothing.ts"; // fine' }],
    ["what a page shows as code", { "README.md": "```sh\nnode sim/lab/mine.ts\n```" }],
    ["tests of a folder, and those of none", { "test/protocol/job/a.test.ts": "", "test/attacks/b.test.ts": "" }],
    ["an export that a test uses", { "node/b.ts": "export const mine = 1;", "test/node/b.test.ts": "mine;" }],
  ])("fine: %s", (_, files) => {
    expect(found(files)).toEqual([]);
  });
});
