/**
 * How long a member waits in a round (A6): its own base, which follows what it measures, plus a growth per round
 * that is a constant of the rules and the same for all, so that waits eventually overlap, whatever the bases are.
 */

/** Growth per round, ms. Never scaled by a measurement. Part of `rulesVersion`. */
const GROWTH_MS = 500;
const BASE_MIN_MS = 50;
const BASE_MAX_MS = 2_000;
/** Before anything was measured: a mesh across a continent, with room. */
const BASE_START_MS = 500;
/** The base is this many times the measured time from proposal to quorum: three more steps of the same length, and one spare. */
const MARGIN = 4;
/** Slow to come down, at once up: a short wait that proves too short costs a round. */
const FORGET = 0.05;

interface Pace {
  /** A quorum of prevotes stood this long after its proposal. */
  observe(elapsedMs: number): void;
  timeoutMs(round: number): number;
}

export function createPace(): Pace {
  let smoothedMs = BASE_START_MS / MARGIN;
  return {
    observe(measuredMs) {
      // More than counts would be forgotten for a hundred heights: a quorum that a partition kept waiting for half a
      // minute must not leave its members slower than the others, whose rounds would pass by them (explore, seed 90973).
      const elapsedMs = Math.min(measuredMs, BASE_MAX_MS / MARGIN);
      smoothedMs = elapsedMs > smoothedMs ? elapsedMs : smoothedMs + FORGET * (elapsedMs - smoothedMs);
    },
    timeoutMs: (round) => Math.min(BASE_MAX_MS, Math.max(BASE_MIN_MS, MARGIN * smoothedMs)) + round * GROWTH_MS,
  };
}
