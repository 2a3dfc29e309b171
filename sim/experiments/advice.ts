/**
 * Seven agents that answer a question and then hear what others said: who hears whom, and what each makes of it in one step.
 *
 * Source: CP-WBFT (arXiv 2511.10400): its six topologies, and its local step with probed confidence.
 */

import type { Prng } from "../../protocol/core/prng.ts";
import type { Rule } from "../../protocol/wire/genesis.ts";
import { meanOf } from "./statistics.ts";
import { decided, type Vote } from "./votes.ts";

export const TOPOLOGIES = ["complete", "star", "chain", "tree", "random", "layered"] as const;
export type Topology = (typeof TOPOLOGIES)[number];

/** Neighbours of each agent. */
type Graph = readonly (readonly number[])[];

/** Chance of an edge of the random graph, and of one between layers. */
const RANDOM_EDGE = 0.3;
const LAYER_EDGE = 0.3;
const LAYERS: readonly number[] = [0, 0, 0, 1, 1, 2, 2];

function isConnected(graph: Graph): boolean {
  const seen = new Set([0]);
  for (const at of seen) for (const next of graph[at]!) seen.add(next); // a set yields what is added meanwhile
  return seen.size === graph.length;
}

function withEdges(count: number, isEdge: (a: number, b: number) => boolean): Graph {
  const graph: number[][] = Array.from({ length: count }, () => []);
  for (let a = 0; a < count; a++)
    for (let b = a + 1; b < count; b++)
      if (isEdge(a, b)) {
        graph[a]!.push(b);
        graph[b]!.push(a);
      }
  return graph;
}

/** Random ones are drawn until they are connected. */
export function graphOf(topology: Topology, count: number, prng: Prng): Graph {
  switch (topology) {
    case "complete":
      return withEdges(count, () => true);
    case "star":
      return withEdges(count, (a) => a === 0);
    case "chain":
      return withEdges(count, (a, b) => b === a + 1);
    case "tree":
      return withEdges(count, (a, b) => a === Math.floor((b - 1) / 2));
    case "random":
    case "layered":
      for (;;) {
        const graph = withEdges(count, (a, b) => {
          const apart = Math.abs(LAYERS[a % LAYERS.length]! - LAYERS[b % LAYERS.length]!);
          if (topology === "random") return prng.chance(RANDOM_EDGE);
          return apart === 0 || (apart === 1 && prng.chance(LAYER_EDGE));
        });
        if (isConnected(graph)) return graph;
      }
  }
}

/** What an agent says; a stubborn one says the same whatever it hears. */
export interface Said extends Vote {
  readonly statedPpm: number;
  readonly isStubborn: boolean;
}

const HALF = 500_000;

/** As the published rule takes the mean: confidence below one half does not count where any is above. */
function meanStated(said: readonly Said[], answer: string): number {
  const stated = said.filter((one) => one.answer === answer).map(({ statedPpm }) => statedPpm);
  const sure = stated.filter((ppm) => ppm >= HALF);
  return Math.round(meanOf(sure.length > 0 ? sure : stated)!);
}

/**
 * What each agent says after it heard its neighbours. Under `cp-wbft` it takes the neighbours' answer of the highest mean
 * confidence if that is higher than its own, as published. Under another rule it takes what the rule decides of its
 * neighbours' answers and its own; where the rule decides nothing it stays with its own.
 */
export function advised(said: readonly Said[], graph: Graph, rule: Rule): Said[] {
  return said.map((own, place) => {
    if (own.isStubborn) return own;
    const heard = graph[place]!.map((other) => said[other]!);
    if (rule.kind !== "cp-wbft") return { ...own, answer: decided(rule, [own, ...heard]) ?? own.answer };
    const best = decided(rule, heard);
    const statedPpm = best === null ? 0 : meanStated(heard, best);
    return best !== null && statedPpm > own.statedPpm ? { ...own, answer: best, statedPpm } : own;
  });
}
