/**
 * Who is connected with whom from the start: the overlay graphs that studies of networks use.
 *
 * Source: Erdős and Rényi (random), Watts and Strogatz (small world), Barabási and Albert (scale-free).
 */

import type { Prng } from "../../protocol/core/prng.ts";

type OverlayKind = "full" | "random" | "ring" | "scale-free" | "small-world";

export interface Overlay {
  readonly kind: OverlayKind;
  /** About how many neighbours each has. */
  readonly degree: number;
  /** Share of a small world's edges that lead anywhere. */
  readonly rewire?: number;
}

type Edge = readonly [number, number];

/** Edges among `count` agents; some may be named twice. */
export function overlayEdges({ kind, degree, rewire = 0.1 }: Overlay, count: number, prng: Prng): Edge[] {
  if (kind !== "full" && degree <= 0) return []; // connections are made by sending
  const half = Math.max(1, Math.ceil(degree / 2));
  switch (kind) {
    case "full":
      return Array.from({ length: count }, (_, a) =>
        Array.from({ length: count - a - 1 }, (__, i): Edge => [a, a + 1 + i]),
      ).flat();
    case "random":
      return [...around(count, 1), ...randomly(count, degree, prng)];
    case "ring":
      return around(count, half);
    case "small-world":
      return around(count, half).map(([a, b]) => (prng.chance(rewire) ? [a, prng.below(count)] : [a, b]));
    case "scale-free":
      return preferentially(count, half, prng);
  }
}

/** Each with the next `steps` in a circle. */
function around(count: number, steps: number): Edge[] {
  const edges: Edge[] = [];
  for (let a = 0; a < count; a++) for (let step = 1; step <= steps; step++) edges.push([a, (a + step) % count]);
  return edges;
}

/** Each chooses half of its own; the others choose it. A circle beneath keeps the graph in one piece. */
function randomly(count: number, degree: number, prng: Prng): Edge[] {
  const edges: Edge[] = [];
  for (let a = 0; a < count; a++) for (let n = 0; n < degree / 2 - 1; n++) edges.push([a, prng.below(count)]);
  return edges;
}

/** Each newcomer joins `links` of those there, the more likely the more neighbours one has. */
function preferentially(count: number, links: number, prng: Prng): Edge[] {
  const edges: Edge[] = [];
  /** Each end of each edge: drawing one draws by degree. */
  const ends: number[] = [0];
  for (let newcomer = 1; newcomer < count; newcomer++) {
    const chosen = new Set<number>();
    for (let n = 0; n < links; n++) chosen.add(ends[prng.below(ends.length)]!);
    for (const other of chosen) {
      edges.push([newcomer, other]);
      ends.push(newcomer, other);
    }
  }
  return edges;
}
