/**
 * Hostile bytes: valid frames damaged in the ways that decoders get wrong, and bytes that look like msgpack and are
 * none. Seeded: the same generator gives the same bytes.
 */

import { concatBytes } from "../../protocol/core/bytes.ts";
import type { Prng } from "../../protocol/core/prng.ts";

/** First bytes that promise something: long lengths, wide integers, types that the canonical form does not know. */
const LEADS = [
  0x00, 0x7f, 0x80, 0x81, 0x8f, 0x90, 0x91, 0x92, 0x9f, 0xa0, 0xa1, 0xbf, 0xc0, 0xc1, 0xc2, 0xc3, 0xc4, 0xc5, 0xc6,
  0xc7, 0xc8, 0xc9, 0xca, 0xcb, 0xcc, 0xcd, 0xce, 0xcf, 0xd0, 0xd1, 0xd2, 0xd3, 0xd4, 0xd9, 0xda, 0xdb, 0xdc, 0xdd,
  0xde, 0xdf, 0xe0, 0xff,
] as const;
const HUGE = [0x7f, 0xff, 0xff, 0xff];

const randomBytes = (prng: Prng, length: number): Uint8Array => Uint8Array.from({ length }, () => prng.below(256));

function splice(frame: Uint8Array, at: number, removed: number, inserted: Uint8Array): Uint8Array {
  return concatBytes(frame.subarray(0, at), inserted, frame.subarray(at + removed));
}

type Mutation = (prng: Prng, frame: Uint8Array, other: Uint8Array) => Uint8Array;

const withByte = (frame: Uint8Array, at: number, byte: number): Uint8Array => {
  const altered = Uint8Array.from(frame);
  if (at < altered.length) altered[at] = byte;
  return altered;
};

/** The same number, length or text in a longer form, where the byte happens to be a short one. */
const lengthen: Mutation = (prng, frame) => {
  const at = prng.below(frame.length);
  const lead = frame[at]!;
  const wide = prng.chance(0.5);
  if (lead < 0x80) return splice(frame, at, 1, new Uint8Array(wide ? [0xcd, 0, lead] : [0xcc, lead]));
  if (lead < 0x90) return splice(frame, at, 1, new Uint8Array([0xde, 0, lead & 15]));
  if (lead < 0xa0) return splice(frame, at, 1, new Uint8Array([0xdc, 0, lead & 15]));
  if (lead < 0xc0) return splice(frame, at, 1, new Uint8Array(wide ? [0xda, 0, lead & 31] : [0xd9, lead & 31]));
  if (lead === 0xc4) return splice(frame, at, 1, new Uint8Array([0xc5, 0]));
  if (lead === 0xcc) return splice(frame, at, 1, new Uint8Array([0xcd, 0]));
  return splice(frame, at, 0, new Uint8Array([0xce, 0, 0, 0]));
};

const MUTATIONS: readonly Mutation[] = [
  (prng, frame) => {
    const at = prng.below(frame.length);
    return withByte(frame, at, frame[at]! ^ (1 << prng.below(8)));
  },
  (prng, frame) => withByte(frame, prng.below(frame.length), prng.below(256)),
  (prng, frame) => withByte(frame, prng.below(frame.length), prng.pick(LEADS)),
  (prng, frame) => frame.slice(0, prng.below(frame.length)),
  (prng, frame) => concatBytes(frame, randomBytes(prng, 1 + prng.below(4))),
  (prng, frame) => splice(frame, prng.below(frame.length), 1 + prng.below(4), new Uint8Array(0)),
  (prng, frame) => splice(frame, prng.below(frame.length + 1), 0, randomBytes(prng, 1 + prng.below(4))),
  // A length or an integer of nearly 2^31, with nothing behind it.
  (prng, frame) => splice(frame, prng.below(frame.length), 1, new Uint8Array([prng.pick(LEADS), ...HUGE])),
  (prng, frame) => {
    const from = prng.below(frame.length);
    return splice(frame, from, 0, frame.slice(from, from + 1 + prng.below(40)));
  },
  (prng, frame, other) =>
    concatBytes(frame.subarray(0, prng.below(frame.length)), other.subarray(prng.below(other.length))),
  // Lists in lists, deeper than allowed.
  (prng, frame) => splice(frame, prng.below(frame.length), 1, new Uint8Array(20 + prng.below(60)).fill(0x91)),
  lengthen,
];

/** A valid `frame`, damaged one to three times; `other` gives parts of itself. */
export function mutate(prng: Prng, frame: Uint8Array, other: Uint8Array): Uint8Array {
  let altered = frame;
  for (let times = 1 + prng.below(3); times > 0 && altered.length > 0; times--) {
    altered = prng.pick(MUTATIONS)(prng, altered, other);
  }
  return altered;
}

/** Up to 64 bytes, every other one a promise; half of the time behind the first bytes of a valid `frame`. */
export function scramble(prng: Prng, frame: Uint8Array): Uint8Array {
  const noise = Uint8Array.from({ length: prng.below(65) }, () =>
    prng.chance(0.5) ? prng.pick(LEADS) : prng.below(256),
  );
  return prng.chance(0.5) ? noise : concatBytes(frame.subarray(0, prng.below(frame.length + 1)), noise);
}
