/**
 * Search among many agents: what it finds of what the exact search finds, and how long it takes, beside the exact search
 * of the same run. Each agent has one skill, and no two texts are the same (skill-texts.ts).
 *
 * Goals at 100,000 agents: recall@10 of 0.95, 10 ms at p99.
 */

import { GrowingIndex } from "../../node/search/growing-index.ts";
import { embed } from "../../protocol/capability/embedding.ts";
import { ExactIndex, type VectorIndex } from "../../protocol/capability/vector-index.ts";
import { percentile } from "../../sim/run/statistics.ts";
import { type Row, row } from "./row.ts";
import { makeQuestions, makeSkills } from "./skill-texts.ts";

const SEED = 1;
const QUESTIONS = 500;
const NEAREST = 10;
/** Before the clock runs: the engine has compiled what it measures, and collected what filling left behind. */
const WARM_UP = 300;
const EMBEDDED = 50_000;

interface Asked {
  readonly found: readonly (readonly string[])[];
  readonly times: readonly number[];
}

function ask(index: VectorIndex, queries: readonly Int8Array[]): Asked {
  for (const query of queries.slice(0, WARM_UP)) index.nearest(query, NEAREST);
  const times: number[] = [];
  const found = queries.map((query) => {
    const startedMs = performance.now();
    const nearest = index.nearest(query, NEAREST);
    times.push(performance.now() - startedMs);
    return nearest.map(({ id }) => id);
  });
  return { found, times };
}

/** Ms to put all of them in. */
function fill(index: VectorIndex, vectors: readonly Int8Array[]): number {
  const startedMs = performance.now();
  vectors.forEach((vector, i) => {
    index.set(`agent-${i}`, vector);
  });
  return performance.now() - startedMs;
}

export async function searched(agents: number): Promise<Row[]> {
  const name = `search-${agents / 1_000}k`;
  const vectors = makeSkills(agents, SEED).map(embed);
  const queries = makeQuestions(QUESTIONS, SEED).map(({ text }) => embed(text));
  const warn = (message: string): void => void process.stderr.write(`  ${message}\n`);
  const index = new GrowingIndex({ warn });
  const exact = new ExactIndex();
  const [addMs, exactAddMs] = [fill(index, vectors), fill(exact, vectors)];
  await index.whenMoved();
  const [got, due] = [ask(index, queries), ask(exact, queries)];
  const right = due.found.map((ids, i) => ids.filter((id) => got.found[i]!.includes(id)).length);
  const recall = right.reduce((sum, count) => sum + count, 0) / (QUESTIONS * NEAREST);
  const how = index.isApproximate ? "approximate" : "exact";
  const among = `${agents.toLocaleString("en")} agents, ${how}`;
  return [
    row(`${name}-recall`, recall, `of the ${NEAREST} nearest among ${among}`, 1),
    row(`${name}-p50`, percentile(got.times, 0.5)!, "ms/query", percentile(due.times, 0.5)!),
    row(`${name}-p99`, percentile(got.times, 0.99)!, "ms/query", percentile(due.times, 0.99)!),
    row(`${name}-add`, addMs / agents, "ms/agent", exactAddMs / agents),
  ];
}

export async function embedded(): Promise<Row[]> {
  const skills = makeSkills(EMBEDDED, SEED);
  for (const skill of skills.slice(0, WARM_UP)) embed(skill);
  const startedMs = performance.now();
  for (const skill of skills) embed(skill);
  return [row("search-embed", EMBEDDED / ((performance.now() - startedMs) / 1_000), "embeddings/s", null)];
}
