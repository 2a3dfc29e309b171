/** JOB.yaml: what it may say, what comes out of it, and one line for everything that is wrong with it. */

import { mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { z } from "zod";
import { findFiles, globPattern, planBatches, walkFiles } from "../../../node/job-file/input-files.ts";
import { type ParsedJob, parseJob } from "../../../node/job-file/parse-job.ts";
import { jobFileSchema } from "../../../node/job-file/schema.ts";
import { editDistance, nearest, suggest } from "../../../node/platform/text/nearest.ts";
import {
  formatCredits,
  formatDuration,
  parseCredits,
  parseDuration,
  parseSize,
} from "../../../node/platform/text/quantities.ts";
import { limits } from "../../../protocol/core/limits.ts";
import { NO_FLAGS } from "../../../protocol/wire/genesis.ts";
import { decodePack } from "../../../protocol/wire/pack.ts";
import { decodeValue } from "../../../protocol/wire/value.ts";

let directory = "";

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "meshwork-job-"));
  const files = {
    "a.txt": "alpha",
    "docs/one.md": "# one",
    "docs/deep/two.md": "# two",
    "docs/image.png": "png",
    "docs/.hidden": "a dot-file is a file",
    ".git/config": "skipped",
    "docs/.cache/x.md": "skipped",
    "docs/node_modules/y.md": "skipped",
    "names/\u{1f600}.txt": "astral",
    "names/\uffee.txt": "below the astral ones by code point, above them by UTF-16 unit",
  };
  for (const [path, content] of Object.entries(files)) {
    await mkdir(join(directory, path, ".."), { recursive: true });
    await writeFile(join(directory, path), content);
  }
  await symlink(join(directory, "docs"), join(directory, "link"));
  await symlink(join(directory, "a.txt"), join(directory, "docs", "link.md"));
});

afterAll(() => rm(directory, { recursive: true, force: true }));

const parse = (text: string, prices?: ReadonlyMap<string, number>): Promise<ParsedJob> =>
  parseJob(text, { file: "JOB.yaml", directory, ...(prices === undefined ? {} : { prices }) });

const job = (tasks: string, rest = ""): string =>
  `name: test\nbudget: 1\ndeadline: 1m\n${rest}output: a\ntasks:\n${tasks}`;

describe("quantities", () => {
  test.each([
    ["250ms", 250],
    ["5m", 300_000],
    ["1h", 3_600_000],
    ["1.5s", 1_500],
    ["30d", limits.durationMs],
    ["31d", null],
    ["0s", null],
    ["5", null],
    ["5 minutes", null],
    ["-5m", null],
    ["", null],
  ])("duration %s", (text, ms) => expect(parseDuration(text)).toBe(ms));

  test.each([
    [0.1, 100_000],
    ["0.000001", 1],
    [0.000001, 1],
    ["0.0000001", null],
    [1e-7, null],
    [-1, null],
    [Number.NaN, null],
    ["1,5", null],
    [4.35, 4_350_000],
  ])("credits %s", (input, micro) => expect(parseCredits(input)).toBe(micro));

  test("sizes and the way back", () => {
    expect(parseSize("64KiB")).toBe(65_536);
    expect(parseSize(10)).toBe(10);
    expect(parseSize("1MB")).toBeNull();
    expect(formatCredits(4_350_000)).toBe("4.35");
    expect(formatCredits(2_000_000)).toBe("2");
    expect([250, 8_400, 125_000, 3_780_000].map(formatDuration)).toEqual(["250 ms", "8.4 s", "2 m 05 s", "1 h 03 m"]);
  });
});

describe("nearest", () => {
  test("distance over code points", () => {
    expect(editDistance("kitten", "sitting")).toBe(3);
    expect(editDistance("a\u{1f600}", "a")).toBe(1);
    expect(editDistance("", "abc")).toBe(3);
    expect(editDistance("wrods", "words")).toBe(1);
  });

  test("names what is known once", () => {
    expect(suggest("x", ["name", "command", "name"])).toBe("known are: name, command");
  });

  test("suggests only what is close", () => {
    expect(nearest("redundncy", ["redundancy", "retries"])).toBe("redundancy");
    expect(nearest("Budget", ["budget"])).toBe("budget");
    expect(nearest("zzz", ["budget", "name"])).toBeNull();
    expect(nearest("x".repeat(100_000), ["budget"])).toBeNull();
  });
});

describe("a whole job", () => {
  const text = `
name: everything
budget: 2.5
deadline: 90s
labels: [demo]
committee: 4
selector: least-loaded
window: 250ms
policy: { redundancy: 3, redundancyMax: 5, accept: { rule: majority }, timeout: 10s }
tasks:
  survey: { skill: survey.files, map: { over: { files: docs, batchFiles: 2, batchBytes: 1KiB } } }
  report: { skill: survey.report, input: { from: survey } }
  one: { skill: text.words, input: { file: a.txt }, labels: [gpu] }
  some: { skill: survey.files, input: { files: ["docs/**/*.md", a.txt] } }
  steps: { skill: math.increment, chain: { steps: 100 }, input: 5, policy: { accept: { rule: first } } }
  part:
    skill: echo
    input: { from: report, path: "topWords[0][1]" }
    needs: [one, one]
    policy: { accept: { rule: quorum, q: 2 }, compare: { as: number, relative: 0.001 }, retries: 1, priceMax: 0.25 }
  items: { skill: echo, map: { over: [1, two, { three: 3 }], batch: 2 } }
  lines: { skill: echo, map: { over: { from: one, path: lines } } }
output: part
`;

  test("becomes nodes and blobs", async () => {
    const parsed = await parse(text);
    expect(parsed).toMatchObject({
      name: "everything",
      budget: 2_500_000,
      deadlineMs: 90_000,
      labels: ["demo"],
      committee: { kind: "drawn", size: 4 },
      selector: "least-loaded",
      windowMs: 250,
      output: "part",
    });
    const nodes = new Map(parsed.nodes.map((node) => [node.id, node]));
    expect([...nodes.keys()]).toEqual(["survey", "report", "one", "some", "steps", "part", "items", "lines"]);
    expect(nodes.get("report")!.input).toEqual({ kind: "output", node: "survey", path: "" });
    expect(nodes.get("report")!.policy).toEqual({
      redundancy: 3,
      redundancyMax: 5,
      accept: { kind: "majority" },
      compare: { kind: "exact" },
      flags: NO_FLAGS,
      timeoutMs: 10_000,
      retries: 5,
      priceMax: 1_000_000,
      hedge: { kind: "auto" },
    });
    expect(nodes.get("steps")).toMatchObject({
      generator: { kind: "chain", steps: 100 },
      policy: { redundancy: 1, redundancyMax: 1, accept: { kind: "first" } },
    });
    expect(nodes.get("part")).toMatchObject({
      input: { kind: "output", node: "report", path: "topWords[0][1]" },
      needs: ["one"],
      policy: {
        redundancy: 3,
        accept: { kind: "quorum", q: 2 },
        compare: { kind: "number", absolute: 0, relativePpm: 1_000 },
        flags: NO_FLAGS,
        retries: 1,
        priceMax: 250_000,
      },
    });
    expect(nodes.get("one")).toMatchObject({ labels: ["gpu"], input: { kind: "files", single: true } });
    // 4 files under docs in batches of 2, and 3 items in batches of 2.
    expect(parsed.tasksKnown).toBe(2 + 1 + 1 + 1 + 100 + 1 + 2 + 0);
  });

  test("files travel as packs that the blobs hold", async () => {
    const { nodes, blobs } = await parse(text);
    const paths = (hash: string): string[] => {
      const pack = decodePack(blobs.get(hash as never)!);
      return pack.ok ? pack.value.map((file) => `${file.path}=${new TextDecoder().decode(file.data)}`) : [];
    };
    const some = nodes.find((node) => node.id === "some")!.input;
    if (some.kind !== "files") throw new Error("not files");
    expect(some.single).toBe(false);
    expect(paths(some.pack.hash)).toEqual(["a.txt=alpha", "docs/deep/two.md=# two", "docs/one.md=# one"]);
    expect(blobs.get(some.pack.hash)!.length).toBe(some.pack.bytes);
    const survey = nodes.find((node) => node.id === "survey")!.generator;
    if (survey.kind !== "map" || survey.items.kind !== "packs") throw new Error("not packs");
    expect(survey.items.packs.map((pack) => paths(pack.hash).map((file) => file.split("=")[0]))).toEqual([
      ["docs/.hidden", "docs/deep/two.md"],
      ["docs/image.png", "docs/one.md"],
    ]);
  });

  test("large literals become blobs, small ones stay", async () => {
    const large = "x".repeat(limits.inlineBytes);
    const { nodes, blobs } = await parse(job(`  a: { skill: echo, map: { over: [small, ${large}] } }\n`));
    const { generator } = nodes[0]!;
    if (generator.kind !== "map" || generator.items.kind !== "list") throw new Error("not a list");
    const [small, big] = generator.items.items;
    expect(small).toMatchObject({ kind: "inline" });
    expect(big).toMatchObject({ kind: "blob" });
    if (big?.kind !== "blob") throw new Error("not a blob");
    expect(decodeValue(blobs.get(big.hash)!)).toEqual({ ok: true, value: large });
  });

  test("a map that only looks like a reference is a literal", async () => {
    const { nodes } = await parse(job("  a: { skill: echo, input: { from: Paris, to: Rome } }\n"));
    expect(nodes[0]!.input.kind).toBe("value");
  });

  test.each([
    ["auto", { kind: "auto" }],
    ["off", { kind: "off" }],
    ["{ afterMs: 1500 }", { kind: "after", afterMs: 1_500 }],
  ])("hedge: %s", async (hedge, expected) => {
    const { nodes } = await parse(job("  a: { skill: echo }\n", `policy: { hedge: ${hedge} }\n`));
    expect(nodes[0]!.policy.hedge).toEqual(expected);
  });

  test("no input at all", async () => {
    const { nodes } = await parse(job("  a: { skill: echo }\n"));
    expect(nodes[0]).toMatchObject({ input: { kind: "none" }, policy: { redundancy: 1, accept: { kind: "first" } } });
  });

  test("a committee by name", async () => {
    const agents = ["p1", "p2", "p3", "p4"];
    const parsed = await parse(job("  a: { skill: echo }\n", `committee: [${agents}]\n`));
    expect(parsed).toMatchObject({
      committee: { kind: "named", members: agents.map((agent) => ({ agent, power: 1 })), standbys: [] },
    });
  });

  test("a committee that strangers may fill is a drawn one", async () => {
    const parsed = await parse(job("  a: { skill: echo }\n", "strangers: true\n"));
    expect(parsed).toMatchObject({ committee: { kind: "drawn", size: null, strangers: true } });
    const named = job("  a: { skill: echo }\n", "committee: [p1, p2, p3, p4]\nstrangers: true\n");
    await expect(parse(named)).rejects.toThrow(/strangers are for committees that are drawn/);
  });

  test("its JSON Schema can be printed", () => {
    const schema = z.toJSONSchema(jobFileSchema, { io: "input", unrepresentable: "any" });
    expect(schema.required).toEqual(["name", "budget", "tasks", "output"]);
    expect(schema.additionalProperties).toBe(false);
  });
});

describe("files", () => {
  test("a walk skips node_modules, dot-folders and links, and sorts by code point", async () => {
    const found = await walkFiles(directory);
    expect(found.map((file) => file.path).filter((path) => !path.endsWith(".yaml"))).toEqual([
      "a.txt",
      "docs/.hidden",
      "docs/deep/two.md",
      "docs/image.png",
      "docs/one.md",
      "names/\uffee.txt",
      "names/\u{1f600}.txt",
    ]);
    expect(found[0]).toMatchObject({ size: 5 });
  });

  test.each([
    ["*.md", "one.md", true],
    ["*.md", "docs/one.md", false],
    ["**/*.md", "one.md", true],
    ["**/*.md", "docs/deep/two.md", true],
    ["docs/**", "docs/deep/two.md", true],
    ["docs/**/two.md", "docs/two.md", true],
    ["?.txt", "\u{1f600}.txt", true],
    ["?.txt", "ab.txt", false],
    ["a+b(1).txt", "a+b(1).txt", true],
    ["a.c", "abc", false],
    ["*", "a\nb", true],
  ])("%s and %s", (glob, path, matches) => expect(globPattern(glob).test(path)).toBe(matches));

  test("a pattern may start in a dot-folder, and patterns overlap without doubles", async () => {
    const found = await findFiles(directory, [".git/*", "docs", "docs/*.md"]);
    expect(found.map((file) => file.path)).toEqual([
      ".git/config",
      "docs/.hidden",
      "docs/deep/two.md",
      "docs/image.png",
      "docs/one.md",
    ]);
  });

  test("batches keep the order and end at either limit", () => {
    const file = (path: string, size: number) => ({ path, absolute: path, size });
    const files = [file("a", 1), file("b", 1), file("c", 1), file("d", 90), file("e", 1)];
    const plan = (batchFiles: number, batchBytes: number): string[] =>
      planBatches(files, { batchFiles, batchBytes }).map((batch) => batch.map((entry) => entry.path).join(""));
    expect(plan(2, 1_000)).toEqual(["ab", "cd", "e"]);
    expect(plan(10, 2)).toEqual(["ab", "c", "d", "e"]);
    expect(planBatches([], { batchFiles: 1, batchBytes: 1 })).toEqual([]);
  });
});

test("a selector that the node brings can be named; others cannot", async () => {
  const text = job("  a: { skill: work }\n", "selector: mine\n");
  const options = { file: "JOB.yaml", directory };
  expect((await parseJob(text, { ...options, selectors: ["mine"] })).selector).toBe("mine");
  await expect(parseJob(text, options)).rejects.toThrow(/selector/);
  await expect(parseJob(text, { ...options, selectors: ["yours"] })).rejects.toThrow(/mine/);
});
