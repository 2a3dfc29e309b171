/**
 * The example of docs/examples/languages/: three real language models in a real mesh, and what their agreement is worth. It prints how
 * often each model was right, and the mesh.
 */

import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import type { RecordedAnswer } from "../../node/run/recorded-run.ts";
import { runInProcess, type Said } from "../support/in-process-cli.ts";

const example = join(import.meta.dirname, "../../docs/examples/languages");
const folder = mkdtempSync(join(tmpdir(), "meshwork-languages-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const MODELS = ["cld3", "lande", "franc"];
const linesOf = (file: string): string[] => readFileSync(file, "utf8").trim().split("\n");
const cli = (...argv: string[]): Promise<Said> => runInProcess(argv, { ...process.env, NO_COLOR: "1" });

interface Figures {
  readonly agents: readonly { readonly name: string; readonly answers: number; readonly right: number }[];
  readonly mesh: { readonly answers: number; readonly right: number };
}

/** Runs a job of the example; `each`: so many agents a model. */
async function ran(job: string, agents: number, each: number): Promise<Said> {
  const named = MODELS.flatMap((model) =>
    Array.from(
      { length: each },
      (_, i) => `${model}${i === 0 ? "" : `-${i + 1}`}=${join(example, `skills/${model}.mjs`)}`,
    ),
  );
  const out = join(folder, job);
  const asked = ["--agents", String(agents), ...named.flatMap((agent) => ["--agent", agent]), "--out", out];
  return { ...(await cli("run", join(example, `${job}.yaml`), ...asked)), out };
}

/** How often each was right, by the right answers that the example knows. */
async function figuresOf(out: string): Promise<Figures> {
  const said = await cli("record", out, "--truth", join(example, "right.yaml"), "--json");
  expect(said.code, said.err).toBe(0);
  const figures = JSON.parse(said.out) as Figures;
  const words = [...figures.agents, { name: "the mesh", ...figures.mesh }].map(
    ({ name, answers, right }) => `${name} ${right} of ${answers}`,
  );
  process.stdout.write(`${out.split("/").at(-1)}: ${words.join(", ")}\n`);
  return figures;
}

const tasksOf = (out: string): unknown =>
  (JSON.parse(readFileSync(join(out, "summary.json"), "utf8")) as { readonly tasks: unknown }).tasks;
const bestOf = ({ agents }: Figures): number => Math.max(...agents.map(({ right }) => right));

test("the texts: at least 60, in twelve languages, none twice, of three to twelve words", () => {
  const texts = [...linesOf(join(example, "texts.txt")), ...linesOf(join(example, "contested.txt"))];
  expect(texts).toHaveLength(84);
  expect(new Set(texts).size).toBe(84);
  for (const text of texts) {
    const words = text.split(" ").filter((word) => /\p{L}/u.test(word)).length;
    expect([text, words >= 3 && words <= 12]).toEqual([text, true]);
  }
  const codes = readFileSync(join(example, "right.yaml"), "utf8").match(/\b[a-z]{3}(?=,)/g) ?? [];
  expect(codes).toHaveLength(84);
  expect(new Set(codes).size).toBe(12);
});

test("majority: every text is certified, and the three are right more often than the best of them", async () => {
  const { code, err, out } = await ran("majority", 4, 1);
  expect(code, err).toBe(0);
  expect(tasksOf(out)).toMatchObject({ total: 73, accepted: 73, failed: 0 });
  const figures = await figuresOf(out);
  for (const { answers } of figures.agents) expect(answers).toBe(72);
  expect(figures.mesh.answers).toBe(72);
  expect(figures.mesh.right).toBeGreaterThan(bestOf(figures));

  // The models have no randomness: the answers that the scenario replays are those of every run.
  const rightIn = (file: string): unknown[] =>
    linesOf(file)
      .map((line) => JSON.parse(line) as RecordedAnswer)
      .map(({ agent, task, right, confidence, wrong }) => ({
        agent,
        task,
        right,
        confidence,
        wrong: wrong !== undefined,
      }));
  expect(rightIn(join(out, "answers.jsonl"))).toEqual(rightIn(join(example, "answers.jsonl")));
}, 300_000);

/** The weighted answers may be wrong at so many more of the 84 texts than the best model alone. */
const MARGIN = 3;

test("confidence-weighted: the contested texts are certified, too, and the mesh is hardly worse than the best", async () => {
  const { code, err, out } = await ran("weighted", 6, 2);
  expect(code, err).toBe(0);
  expect(tasksOf(out)).toMatchObject({ total: 86, accepted: 86, failed: 0 });
  const figures = await figuresOf(out);
  for (const { answers } of figures.agents) expect(answers).toBe(84);
  expect(figures.mesh.answers).toBe(84);
  expect(figures.mesh.right).toBeGreaterThanOrEqual(bestOf(figures) - MARGIN);
}, 300_000);

test("contested: where all three differ, a majority job fails and says what was answered", async () => {
  const { code, err, out } = await ran("contested", 4, 1);
  expect(code, err).toBe(1);
  const { reason } = JSON.parse(readFileSync(join(out, "summary.json"), "utf8")) as { readonly reason: string };
  expect(reason).toMatch(
    /^task contested\/\d+: disagreement \(of 3 results 1 says "\w+", 1 says "\w+", 1 says "\w+": no answer/,
  );
}, 300_000);
