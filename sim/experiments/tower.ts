/**
 * The Towers of Hanoi as a chain of steps: what is right after each state, and how simulated workers get it wrong.
 *
 * A worker is told the state and the move that led to it, and answers with the next move and the state after it; so each step
 * can be done without the ones before. The tower moves from the first peg to the last one in 2^disks - 1 steps.
 *
 * Source: MAKER (arXiv 2511.09030): the form of a step, and the strategy. Errors and malformed replies are drawn; no model answers.
 */

import { createPrng, type Prng } from "../../protocol/core/prng.ts";
import type { Value } from "../../protocol/wire/value.ts";

const PEGS = 3;

/** The disks of each peg, from the ground up; the smallest disk is 1. */
type Pegs = readonly (readonly number[])[];

/** A disk, the peg it comes from and the one that it goes to. */
type Move = readonly [disk: number, from: number, to: number];

/** What a worker is told, and what it answers. A type, not an interface, so that it is a value of the wire. */
export type TowerStep = { readonly move: Move | null; readonly pegs: Pegs };

export const stepsOf = (disks: number): number => 2 * (disks > 1 ? stepsOf(disks - 1) : 0) + 1;

const allOn = (peg: number, disks: number): Pegs =>
  Array.from({ length: PEGS }, (_, at) => (at === peg ? Array.from({ length: disks }, (__, i) => disks - i) : []));

export const towerStart = (disks: number): TowerStep => ({ move: null, pegs: allOn(0, disks) });

/** The whole tower stands on the last peg. */
export const isMoved = ({ pegs }: TowerStep): boolean => pegs.slice(0, -1).every((peg) => peg.length === 0);

const top = (pegs: Pegs, peg: number): number => pegs[peg]!.at(-1) ?? Number.POSITIVE_INFINITY;

function moved(pegs: Pegs, [disk, from, to]: Move): Pegs {
  return pegs.map((peg, at) => (at === from ? peg.slice(0, -1) : at === to ? [...peg, disk] : peg));
}

/** The smallest disk, a peg on in the direction that the number of disks says, or (`isWrong`) in the other one. */
function smallest(pegs: Pegs, isWrong = false): Move {
  const disks = pegs.reduce((sum, peg) => sum + peg.length, 0);
  const from = pegs.findIndex((peg) => peg.at(-1) === 1);
  const isForward = (disks % 2 === 0) !== isWrong;
  return [1, from, (from + (isForward ? 1 : PEGS - 1)) % PEGS];
}

/** The only move without the smallest disk; null if all disks are on one peg. */
function other(pegs: Pegs): Move | null {
  const [a, b] = [0, 1, 2].filter((peg) => top(pegs, peg) !== 1) as [number, number];
  const [from, to] = top(pegs, a) < top(pegs, b) ? [a, b] : [b, a];
  const disk = top(pegs, from);
  return Number.isFinite(disk) ? [disk, from, to] : null;
}

const isSmallestNext = ({ move }: TowerStep): boolean => move === null || move[0] !== 1;

const after = (pegs: Pegs, move: Move): TowerStep => ({ move, pegs: moved(pegs, move) });

/** The right answer: the smallest disk at every second step, and the only other move between. */
export function nextStep(given: TowerStep): TowerStep {
  const { pegs } = given;
  const move = isSmallestNext(given) ? null : other(pegs);
  return after(pegs, move ?? smallest(pegs));
}

/** The wrong answer that comes to many: the smallest disk in the wrong direction, or once more. */
const usualSlip = (given: TowerStep): TowerStep => after(given.pegs, smallest(given.pegs, isSmallestNext(given)));

/** The right move, and a state after it in which some disk lies on another peg. */
function ownSlip(given: TowerStep, prng: Prng): TowerStep {
  const { move, pegs } = nextStep(given);
  const from = prng.pick([0, 1, 2].filter((peg) => pegs[peg]!.length > 0));
  const disk = prng.pick(pegs[from]!);
  const to = (from + 1 + prng.below(PEGS - 1)) % PEGS;
  const without = pegs.map((peg) => peg.filter((one) => one !== disk));
  return { move, pegs: without.map((peg, at) => (at === to ? [...peg, disk].sort((a, b) => b - a) : peg)) };
}

/** The form that an answer must have, as red flags ask for it. */
export function stepSchema(disks: number): Value {
  const whole = (minimum: number, maximum: number): Value => ({ type: "integer", minimum, maximum });
  return {
    type: "object",
    properties: {
      move: { type: "array", items: whole(0, disks), minItems: 3, maxItems: 3 },
      pegs: {
        type: "array",
        items: { type: "array", items: whole(1, disks), maxItems: disks },
        minItems: PEGS,
        maxItems: PEGS,
      },
    },
    required: ["move", "pegs"],
    additionalProperties: false,
  };
}

// --- workers --------------------------------------------------------------------------------------------

/** Shares from 0 to 1. */
interface Mistakes {
  /** Wrong ones among the replies that can be read. */
  readonly wrong: number;
  /** Wrong replies that are the usual slip; the others are the worker's own. */
  readonly alike: number;
  /** Replies that cannot be read, over all steps. */
  readonly malformed: number;
  /** Steps where malformed replies cluster, and the share of replies that is malformed there. */
  readonly hard: { readonly steps: number; readonly malformed: number };
}

/** The share of malformed replies at all other steps. */
export const elsewhere = ({ malformed, hard }: Mistakes): number =>
  Math.max(0, (malformed - hard.steps * hard.malformed) / (1 - hard.steps));

/** A reply that says the move in words: the form is missed, whatever it means. */
function malformedReply(given: TowerStep, prng: Prng): Value {
  const step = nextStep(given);
  const [disk, from, to] = step.move!;
  return prng.chance(0.5) ? `I move disk ${disk} from peg ${from} to peg ${to}.` : { move: [disk, to] };
}

/** What a worker answers to a step: the same whenever it is asked, and drawn apart for each worker, step and seed. */
export function replyOf(mistakes: Mistakes, seed: number, worker: number, given: TowerStep): Value {
  const at = `${seed}/hanoi/${JSON.stringify(given.pegs)}`;
  const isHard = createPrng(at).chance(mistakes.hard.steps);
  const prng = createPrng(`${at}/${worker}`);
  if (prng.chance(isHard ? mistakes.hard.malformed : elsewhere(mistakes))) return malformedReply(given, prng);
  if (!prng.chance(mistakes.wrong)) return nextStep(given);
  return prng.chance(mistakes.alike) ? usualSlip(given) : ownSlip(given, prng);
}
