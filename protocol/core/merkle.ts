/**
 * Merkle trees over lists of bytes, with separate domains for leaves and inner nodes so that neither can be passed
 * for the other (RFC 6962, section 2.1: the shape of the tree and the paths).
 */

import { concatBytes, hexWrite } from "./bytes.ts";
import type { Hasher } from "./crypto.ts";
import type { Hash } from "./ids.ts";

/** First byte of what is hashed for a leaf, and for an inner node. */
export const LEAF = 0;
const NODE = 1;

export const leafHash = (hasher: Hasher, leaf: Uint8Array): Hash => hasher(concatBytes(new Uint8Array([LEAF]), leaf));

/** Where inner nodes are put together. */
const node = new Uint8Array(1 + 32 + 32);
node[0] = NODE;

function nodeHash(hasher: Hasher, left: Hash, right: Hash): Hash {
  hexWrite(left, node, 1);
  hexWrite(right, node, 33);
  return hasher(node);
}

/** The largest power of two below `count` (count >= 2). */
function splitAt(count: number): number {
  let split = 1;
  while (split * 2 < count) split *= 2;
  return split;
}

/** Root of a tree over leaf hashes; of no leaves, the hash of nothing. */
export function merkleRoot(hasher: Hasher, leaves: readonly Hash[], from = 0, to: number = leaves.length): Hash {
  if (to - from === 0) return hasher(new Uint8Array(0));
  if (to - from === 1) return leaves[from]!;
  const middle = from + splitAt(to - from);
  return nodeHash(hasher, merkleRoot(hasher, leaves, from, middle), merkleRoot(hasher, leaves, middle, to));
}

/** The hashes that, with leaf `index`, give the root: from the leaf up. */
export function merklePath(
  hasher: Hasher,
  leaves: readonly Hash[],
  index: number,
  from = 0,
  to: number = leaves.length,
): Hash[] {
  if (to - from <= 1) return [];
  const middle = from + splitAt(to - from);
  return index < middle
    ? [...merklePath(hasher, leaves, index, from, middle), merkleRoot(hasher, leaves, middle, to)]
    : [...merklePath(hasher, leaves, index, middle, to), merkleRoot(hasher, leaves, from, middle)];
}

/** The root that leaf `index` of `count` leaves has by `path`, or null if the path cannot be one of such a tree. */
export function rootByPath(
  hasher: Hasher,
  leaf: Hash,
  index: number,
  count: number,
  path: readonly Hash[],
): Hash | null {
  const turns: boolean[] = []; // from the root down: true where the leaf is on the left
  let from = 0;
  let to = count;
  if (!(index >= 0 && index < count)) return null;
  while (to - from > 1) {
    const middle = from + splitAt(to - from);
    turns.push(index < middle);
    if (index < middle) to = middle;
    else from = middle;
  }
  if (turns.length !== path.length) return null;
  let root = leaf;
  for (const sibling of path) root = turns.pop() ? nodeHash(hasher, root, sibling) : nodeHash(hasher, sibling, root);
  return root;
}
