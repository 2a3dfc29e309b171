/** The corpus survey, against `wc` and `sha256sum` of the machine. */

import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { readFiles, walkFiles } from "../../../node/job-file/input-files.ts";
import { surveyJob } from "../../../node/run/survey-job.ts";
import {
  mergeSurveys,
  reportSurvey,
  type SurveyedFile,
  type SurveyPart,
  surveyFile,
  surveySkills,
} from "../../../node/skills/survey.ts";
import { decodeValue, encodeValue, explainNotValue, type Value } from "../../../protocol/wire/value.ts";

const survey = (path: string, content: string | Uint8Array): SurveyPart => {
  const counts = new Map<string, number>();
  const file = surveyFile(path, typeof content === "string" ? new TextEncoder().encode(content) : content, counts);
  return mergeSurveys([{ files: [file], words: wordsOf(counts) }]);
};

function wordsOf(counts: ReadonlyMap<string, number>): { [word: string]: number } {
  const words: { [word: string]: number } = Object.create(null);
  for (const [word, times] of counts) words[word] = times;
  return words;
}

describe("against the machine's own tools", () => {
  let directory = "";
  const files: { readonly [path: string]: string | Uint8Array } = {
    "empty.txt": "",
    "plain.txt": "one two\nthree\n",
    "no end.txt": "one two\nthree",
    "crlf.txt": "one\r\ntwo\r\n",
    "binary.bin": new Uint8Array([0xff, 0xfe, 0x0a, 0x00, 0x0a]),
    "half a character.txt": new Uint8Array([0x61, 0x0a, 0xc3]),
    "nul.txt": "a\0b\n",
    "bom.txt": "\ufeffbom\n",
    "deep/er/\u{1f600} astral.txt": "\u{20000}\u{20001} \u{1f600} Größe\n",
    "deep/\uffee.txt": "half width\n",
    "deep/copy.txt": "one two\nthree\n",
  };

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), "meshwork-survey-"));
    for (const [path, content] of Object.entries(files)) {
      await mkdir(dirname(join(directory, path)), { recursive: true });
      await writeFile(join(directory, path), content);
    }
  });
  afterAll(() => rm(directory, { recursive: true, force: true }));

  /** The first word of what a tool prints. */
  const tool = (name: string, args: readonly string[]): string =>
    execFileSync(name, args, {
      input: "",
      cwd: directory,
      encoding: "utf8",
      env: { PATH: process.env.PATH, LC_ALL: "C" },
    })
      .trim()
      .split(/\s+/)[0]!;

  /** GNU's `sha256sum`, or `shasum` where there is none (macOS). */
  function sha256sum(path: string): string {
    try {
      return tool("sha256sum", [`./${path}`]).replace(/^\\/, "");
    } catch {
      return tool("shasum", ["-a", "256", `./${path}`]);
    }
  }

  test("bytes, lines and hashes agree", async () => {
    const packed = await readFiles(await walkFiles(directory));
    expect(packed.map((file) => file.path)).toEqual([
      "binary.bin",
      "bom.txt",
      "crlf.txt",
      "deep/copy.txt",
      "deep/er/\u{1f600} astral.txt",
      "deep/\uffee.txt",
      "empty.txt",
      "half a character.txt",
      "no end.txt",
      "nul.txt",
      "plain.txt",
    ]);
    const report = reportSurvey(packed.map((file) => survey(file.path, file.data)));
    for (const file of report.files) {
      expect(file.bytes, file.path).toBe(Number(tool("wc", ["-c", `./${file.path}`])));
      expect(file.sha256, file.path).toBe(sha256sum(file.path));
      const isText = !["binary.bin", "half a character.txt"].includes(file.path);
      const lines = Number(tool("wc", ["-l", `./${file.path}`]));
      expect(file.lines, file.path).toBe(isText ? lines : null);
    }
    const words = new Map(report.files.map((file) => [file.path, file.words]));
    expect(words.get("binary.bin")).toBeNull();
    expect(words.get("deep/er/\u{1f600} astral.txt")).toBe(2);
    expect(words.get("nul.txt")).toBe(2);
    expect(words.get("bom.txt")).toBe(1);
    expect(report.totals).toEqual({
      files: 11,
      bytes: report.files.reduce((sum, file) => sum + file.bytes, 0),
      lines: 0 + 2 + 1 + 2 + 1 + 1 + 1 + 1 + 2,
      words: 0 + 3 + 3 + 2 + 2 + 1 + 2 + 2 + 3,
    });
    expect(report.duplicates).toEqual([["deep/copy.txt", "plain.txt"]]);
    expect(await readFile(join(directory, "plain.txt"), "utf8")).toBe("one two\nthree\n");
  });
});

describe("words", () => {
  test("are lower-cased one by one", () => {
    const { words, files } = survey("a", "The THE the. ΟΔΟΣ ΟΔΟΣ, \u0130x don't x2y");
    expect(files[0]!.words).toBe(10);
    expect({ ...words }).toEqual({ the: 3, οδος: 2, "i\u0307x": 1, don: 1, t: 1, x: 1, y: 1 });
  });

  test("that are names of objects' own parts count like any other", () => {
    const text = "constructor __proto__ toString hasOwnProperty constructor valueOf";
    const { words } = survey("a", `${text} __proto__`);
    // Underscores are no letters: what is left of `__proto__` is `proto`.
    expect(Object.entries(words).sort()).toEqual([
      ["constructor", 2],
      ["hasownproperty", 1],
      ["proto", 2],
      ["tostring", 1],
      ["valueof", 1],
    ]);
  });

  test("__proto__ as a key survives validation, the codec and a merge", async () => {
    const words = wordsOf(
      new Map([
        ["__proto__", 2],
        ["constructor", 3],
      ]),
    );
    const part: SurveyPart = { files: [], words };
    const merge = surveySkills.find((skill) => skill.name === "survey.merge")!;
    const input = await merge.input.parseAsync([part, part]);
    const output = await merge.output.parseAsync(await merge.run(input, {} as never));
    expect(explainNotValue(output)).toBeNull();
    const decoded = decodeValue(encodeValue(output as Value));
    if (!decoded.ok) throw new Error(decoded.code);
    expect(Object.entries((decoded.value as { words: object }).words)).toEqual([
      ["__proto__", 4],
      ["constructor", 6],
    ]);
    expect(reportSurvey([decoded.value as unknown as SurveyPart]).topWords).toEqual([
      ["constructor", 6],
      ["__proto__", 4],
    ]);
  });

  test("the top 20 go by count, then by code point", () => {
    const words = Array.from({ length: 25 }, (_, i) => String.fromCharCode(97 + i)).reverse();
    const { topWords } = reportSurvey([survey("a", `${words.join(" ")} \u{20000} \uffee z z`)]);
    expect(topWords).toHaveLength(20);
    expect(topWords[0]).toEqual(["z", 2]);
    expect(topWords.slice(1).map(([word]) => word)).toEqual([..."abcdefghijklmnopqrs"]);
    const rare = reportSurvey([survey("a", "\u{20000} \uffdc")]).topWords.map(([word]) => word);
    expect(rare).toEqual(["\uffdc", "\u{20000}"]);
  });
});

describe("parts", () => {
  const parts = ["b x", "a x y", "d", "c x"].map((content, i) => survey(`f${3 - i}`, content));

  test("merging is the same in whatever steps and order", () => {
    const bytes = (part: unknown): Buffer => Buffer.from(encodeValue(part as Value));
    const all = bytes(mergeSurveys(parts));
    expect(bytes(mergeSurveys([...parts].reverse()))).toEqual(all);
    expect(bytes(mergeSurveys([mergeSurveys(parts.slice(0, 1)), mergeSurveys(parts.slice(1))]))).toEqual(all);
    const report = bytes(reportSurvey(parts));
    expect(bytes(reportSurvey([mergeSurveys(parts)]))).toEqual(report);
  });

  test("the report takes one part or many, and none", async () => {
    const report = surveySkills.find((skill) => skill.name === "survey.report")!;
    const one = await report.run(await report.input.parseAsync(parts[0]), {} as never);
    expect(one).toEqual(reportSurvey([parts[0]!]));
    expect(reportSurvey([])).toEqual({
      files: [],
      totals: { files: 0, bytes: 0, lines: 0, words: 0 },
      topWords: [],
      duplicates: [],
    });
  });

  test("groups of duplicates go by their first path", () => {
    const file = (path: string, content: string): SurveyedFile =>
      surveyFile(path, new TextEncoder().encode(content), new Map());
    const files = [file("z", "1"), file("b", "2"), file("a", "1"), file("c", "2"), file("d", "3")];
    expect(reportSurvey([{ files, words: {} }]).duplicates).toEqual([
      ["a", "z"],
      ["b", "c"],
    ]);
    expect(file("x", "1").sha256).toBe(createHash("sha256").update("1").digest("hex"));
  });
});

test("a survey leaves out what it is told to, at the top only", async () => {
  const folder = await mkdtemp(join(tmpdir(), "meshwork-left-out-"));
  try {
    for (const path of ["a.txt", "dist/b.txt", "docs/dist/c.txt", "distant.txt"]) {
      await mkdir(dirname(join(folder, path)), { recursive: true });
      await writeFile(join(folder, path), path);
    }
    const paths = async (...leftOut: string[]): Promise<string[]> =>
      (await surveyJob(folder, leftOut)).files.map((file) => file.path);
    expect(await paths()).toEqual(["a.txt", "dist/b.txt", "distant.txt", "docs/dist/c.txt"]);
    expect(await paths("dist")).toEqual(["a.txt", "distant.txt", "docs/dist/c.txt"]);
  } finally {
    await rm(folder, { recursive: true });
  }
});
