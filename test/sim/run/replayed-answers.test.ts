/** Recorded answers in a simulation: each agent answers each task as it did in the run that was recorded. */

import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { hasher } from "../../../node/platform/crypto.ts";
import { openTrace } from "../../../node/platform/traces/trace-reader.ts";
import { type RecordedAnswer, RecordedRun } from "../../../node/run/recorded-run.ts";
import { decodeRoot } from "../../../protocol/agent/job-records.ts";
import { taskParts } from "../../../protocol/core/ids.ts";
import { createPrng } from "../../../protocol/core/prng.ts";
import { decode } from "../../../protocol/wire/codec.ts";
import { genesisCodec } from "../../../protocol/wire/genesis.ts";
import { decodeValue, encodeValue } from "../../../protocol/wire/value.ts";
import { parseRecordedAnswers, type RecordedAnswers } from "../../../sim/parts/workloads/recorded-answers.ts";
import { sim } from "../../support/sim-cli.ts";

const example = join(import.meta.dirname, "../../../docs/examples/languages");
const folder = mkdtempSync(join(tmpdir(), "meshwork-replayed-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** The right answers to the tasks of a simulated bag, by the numbers that its genesis gives them. */
function rightAnswers(genesisRecord: Uint8Array): readonly number[] {
  const root = decodeRoot(genesisRecord);
  const genesis = root.ok ? decode(genesisCodec, root.value.genesis.bytes) : root;
  if (!genesis.ok) throw new Error(genesis.code);
  const { generator } = genesis.value.nodes[0]!;
  if (generator.kind !== "map" || generator.items.kind !== "list") throw new Error("no bag");
  return generator.items.items.map((data) => {
    const value = data.kind === "inline" ? decodeValue(data.bytes) : null;
    if (value?.ok !== true) throw new Error("no item");
    return 1 + 2 * (value.value as { readonly n: number }).n;
  });
}

/** What the agents of the simulated example answered, by the same means as a real run's answers. */
async function simulatedRun() {
  const trace = join(folder, "trace.jsonl");
  const said = await sim("replay", join(example, "languages.yaml"), "--trace", trace);
  expect(said.code, said.err).toBe(0);
  const reader = await openTrace(trace);
  let run: RecordedRun | null = null;
  let right: readonly number[] = [];
  for (; reader.entry !== null; await reader.advance()) {
    const { entry } = reader;
    if (entry.kind === "stored" && entry.slot === "genesis") right = rightAnswers(Buffer.from(entry.bytes, "base64"));
    if (!("job" in entry)) continue;
    run ??= new RecordedRun(entry.job, new Map(reader.head.agents.map(({ agent, name }) => [agent, name])));
    run.note(entry);
  }
  await reader.close();
  return run!.tasks(new Set(run!.nodes), (task) => {
    const bytes = encodeValue(right[taskParts(task).index!]!);
    return { hash: hasher(bytes), data: { kind: "inline", bytes } };
  });
}

const rightOf = (answers: readonly RecordedAnswer[], agent: string): (readonly [task: number, right: boolean])[] =>
  answers.filter((answer) => answer.agent === agent).map(({ task, right }) => [task, right]);

test("the example: each model is right and wrong at the same texts as in the real run, and the mesh too", async () => {
  const recorded = readFileSync(join(example, "answers.jsonl"), "utf8")
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as RecordedAnswer);
  const tasks = await simulatedRun();
  expect(tasks).toHaveLength(72);
  const simulated = tasks.flatMap(({ answers }) => answers);
  for (const [model, agent] of [
    ["cld3", "cld1"],
    ["lande", "lande1"],
    ["franc", "franc1"],
  ] as const) {
    expect(rightOf(recorded, model)).toHaveLength(72);
    expect([model, rightOf(simulated, agent)]).toEqual([model, rightOf(recorded, model)]);
  }
  // Two of three decide, unless they agree on a wrong answer.
  for (const { isMeshRight, answers } of tasks)
    expect(isMeshRight).toBe(answers.filter(({ right }) => right).length >= 2);
});

describe("which answer a task gets", () => {
  const prng = createPrng("replayed");
  const parsed = (...lines: object[]): RecordedAnswers => {
    const answers = parseRecordedAnswers(lines.map((line) => JSON.stringify(line)).join("\n"));
    if (typeof answers === "string") throw new Error(answers);
    return answers;
  };
  const confidences = (answers: RecordedAnswers, place: number): Set<number> =>
    new Set(Array.from({ length: 50 }, () => answers.answer(undefined, 7, place, prng).confidencePpm));

  test("that of its place, and from the first again after the last; of its agent only", () => {
    const answers = parsed(
      { agent: "a", task: 0, right: true, confidence: 0.1 },
      { agent: "a", task: 1, right: false, confidence: 0.2, wrong: 3, latencyMs: 40 },
      { agent: "b", task: 0, right: true, confidence: 0.3 },
      { agent: "b", task: 2, right: true, confidence: 0.4 },
    );
    expect(answers.agents).toEqual(["a", "b"]);
    expect(answers.by("a").answer(undefined, 7, 1, prng)).toEqual({ afterMs: 40, answer: -12, confidencePpm: 200_000 });
    expect([...confidences(answers.by("a"), 3)]).toEqual([100_000]);
    expect([...confidences(answers.by("b"), 5)]).toEqual([400_000]);
    // What it did not answer is drawn from what it did.
    expect([...confidences(answers.by("a"), 2)].sort()).toEqual([100_000, 200_000]);
    expect([...confidences(answers, 0)].sort()).toEqual([100_000, 300_000]);
  });

  test("any, where answers do not say to which task they belong", () => {
    const answers = parsed({ right: true, confidence: 0.1 }, { right: true, confidence: 0.2 });
    expect([...confidences(answers, 0)].sort()).toEqual([100_000, 200_000]);
    expect(answers.agents).toEqual([]);
  });
});
