/**
 * Feeds hostile frames to the codecs and holds them to their promise: a verdict for every input, and for each value
 * that is accepted exactly one encoding.
 */

import fc from "fast-check";
import { compareBytes, toHex } from "../../protocol/core/bytes.ts";
import { createPrng, type Prng } from "../../protocol/core/prng.ts";
import { decode, encode } from "../../protocol/wire/codec.ts";
import { mutate, scramble } from "./mutate.ts";
import { SHAPES, type Shape } from "./shapes.ts";

/** Valid frames of each shape that are damaged over and over. */
const EXAMPLES = 64;

interface HostileRun {
  readonly frames: number;
  /** How often each verdict was given; `accepted` for those that are canonical after all. */
  readonly verdicts: ReadonlyMap<string, number>;
  /** What broke the promise: what was fed to which codec, and how it failed. */
  readonly failures: readonly { readonly shape: string; readonly frame: string; readonly problem: string }[];
}

/** Failures that are kept; more do not help. */
const FAILURES_MAX = 20;

/** The verdict, or what broke the promise. */
function feed({ codec }: Shape, frame: Uint8Array): { verdict: string; problem: string | null } {
  try {
    const decoded = decode(codec, frame);
    if (!decoded.ok) return { verdict: decoded.code, problem: null };
    const again = encode(codec, decoded.value);
    const isSame = compareBytes(again, frame) === 0;
    return { verdict: "accepted", problem: isSame ? null : `another encoding: ${toHex(again)}` };
  } catch (error) {
    return { verdict: "thrown", problem: error instanceof Error ? (error.stack ?? error.message) : String(error) };
  }
}

interface Sample {
  readonly shape: Shape;
  readonly frames: readonly Uint8Array[];
}

function hostileFrame(prng: Prng, samples: readonly Sample[]): { shape: Shape; frame: Uint8Array } {
  const { shape, frames } = prng.pick(samples);
  const valid = prng.pick(frames);
  if (prng.chance(0.5)) return { shape, frame: scramble(prng, valid) };
  return { shape, frame: mutate(prng, valid, prng.pick(prng.pick(samples).frames)) };
}

/** Feeds `frames` hostile frames, in blocks of 10,000; `onProgress` receives how many are done. */
export function runHostileFrames(frames: number, seed: number, onProgress: (done: number) => void): HostileRun {
  const samples = SHAPES.map((shape) => ({
    shape,
    frames: fc.sample(shape.examples, { seed, numRuns: EXAMPLES }).map((example) => encode(shape.codec, example)),
  }));
  const prng = createPrng(seed);
  const verdicts = new Map<string, number>();
  const failures: { shape: string; frame: string; problem: string }[] = [];
  for (let done = 0; done < frames; done++) {
    if (done % 10_000 === 0) onProgress(done);
    const { shape, frame } = hostileFrame(prng, samples);
    const { verdict, problem } = feed(shape, frame);
    verdicts.set(verdict, (verdicts.get(verdict) ?? 0) + 1);
    if (problem !== null && failures.length < FAILURES_MAX) {
      failures.push({ shape: shape.name, frame: toHex(frame), problem });
    }
  }
  return { frames, verdicts, failures };
}
