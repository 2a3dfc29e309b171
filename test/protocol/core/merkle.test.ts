/** Merkle trees: every path of trees of all shapes proves its leaf, and nothing else. */

import { describe, expect, test } from "vitest";
import { hasher } from "../../../node/crypto.ts";
import { concatBytes, fromHex, utf8 } from "../../../protocol/core/bytes.ts";
import type { Hash } from "../../../protocol/core/ids.ts";
import { leafHash, merklePath, merkleRoot, rootByPath } from "../../../protocol/core/merkle.ts";

const leavesOf = (count: number): Hash[] =>
  Array.from({ length: count }, (_, i) => leafHash(hasher, utf8(`leaf ${i}`)));
const COUNTS = Array.from({ length: 40 }, (_, i) => i + 1);

describe("the shape of RFC 6962, section 2.1", () => {
  const node = (left: Hash, right: Hash): Hash =>
    hasher(concatBytes(new Uint8Array([1]), fromHex(left)!, fromHex(right)!));

  test("no leaves: the hash of nothing", () => {
    expect(merkleRoot(hasher, [])).toBe("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  });

  test("one leaf is its own root; a leaf is hashed apart from a node", () => {
    const [only] = leavesOf(1);
    expect(merkleRoot(hasher, [only!])).toBe(only);
    expect(only).toBe(hasher(concatBytes(new Uint8Array([0]), utf8("leaf 0"))));
  });

  test("the left side is the largest power of two that leaves something for the right", () => {
    const [a, b, c, d, e] = leavesOf(5) as [Hash, Hash, Hash, Hash, Hash];
    expect(merkleRoot(hasher, [a, b, c])).toBe(node(node(a, b), c));
    expect(merkleRoot(hasher, [a, b, c, d])).toBe(node(node(a, b), node(c, d)));
    expect(merkleRoot(hasher, [a, b, c, d, e])).toBe(node(node(node(a, b), node(c, d)), e));
    expect(merklePath(hasher, [a, b, c, d, e], 2)).toEqual([d, node(a, b), e]);
  });
});

describe.each(COUNTS)("%i leaves", (count) => {
  const leaves = leavesOf(count);
  const root = merkleRoot(hasher, leaves);
  const paths = leaves.map((_, index) => merklePath(hasher, leaves, index));

  test("every path leads to the root", () => {
    for (const [index, leaf] of leaves.entries()) {
      expect(rootByPath(hasher, leaf, index, count, paths[index]!)).toBe(root);
    }
  });

  test("another leaf, index, count or path does not", () => {
    const other = leafHash(hasher, utf8("another leaf"));
    for (const [index, leaf] of leaves.entries()) {
      const path = paths[index]!;
      expect(rootByPath(hasher, other, index, count, path)).not.toBe(root);
      for (const at of leaves.keys()) {
        if (at !== index) expect(rootByPath(hasher, leaf, at, count, path)).not.toBe(root);
      }
      for (const step of path.keys()) {
        expect(rootByPath(hasher, leaf, index, count, path.with(step, other))).not.toBe(root);
      }
    }
  });

  test("a path that is too short, too long, or of no leaf is none", () => {
    for (const [index, leaf] of leaves.entries()) {
      const path = paths[index]!;
      expect(rootByPath(hasher, leaf, index, count, [...path, root])).toBeNull();
      if (path.length > 0) expect(rootByPath(hasher, leaf, index, count, path.slice(1))).toBeNull();
    }
    for (const index of [-1, count, Number.MAX_SAFE_INTEGER]) {
      expect(rootByPath(hasher, leaves[0]!, index, count, paths[0]!)).toBeNull();
    }
  });
});

test("what a stranger says about the size of the tree costs nothing", () => {
  const [leaf] = leavesOf(1);
  expect(rootByPath(hasher, leaf!, 5, Number.MAX_SAFE_INTEGER, [])).toBeNull();
  expect(rootByPath(hasher, leaf!, 0, 0, [])).toBeNull();
});
