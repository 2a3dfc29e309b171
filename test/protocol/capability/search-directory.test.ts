/** Agents found by what they say that they can do: filters, cost, and a directory that changes under the index. */

import { expect, test } from "vitest";
import { Directory } from "../../../protocol/capability/directory.ts";
import { bytesOf, EMBEDDER_NAME, embed } from "../../../protocol/capability/embedding.ts";
import { SkillSearch } from "../../../protocol/capability/search.ts";
import { ExactIndex } from "../../../protocol/capability/vector-index.ts";
import { limits } from "../../../protocol/core/limits.ts";
import type { SkillAd, Vcv, VcvContent } from "../../../protocol/wire/capability.ts";
import { EMBEDDING_BYTES } from "../../../protocol/wire/genesis.ts";
import { decodeValue } from "../../../protocol/wire/value.ts";
import { signedVcv } from "../../support/capability-vectors.ts";
import { crypto, DrivenAgent, id, MESH } from "../../support/driven-agent.ts";

const NOW = 1_000_000;
const COUNT = "count the words of a text";

const ad = (description: string, changes: Partial<SkillAd> = {}): SkillAd => {
  const skill = { name: "s", description, price: 10, expectedMs: 100, schemas: null, ...changes };
  return { vector: bytesOf(embed(description)), ...skill };
};

const vcvOf = (name: string, skills: readonly SkillAd[], changes: Partial<VcvContent> = {}): Vcv =>
  signedVcv(name, NOW, { skills: [...skills], ...changes });

class Known {
  /** In one shard, however many there are: searches look at what is heard. */
  readonly directory = new Directory(MESH, crypto, id("nobody"), { shardAgents: limits.directoryAgents });
  readonly index = new ExactIndex();
  readonly search = new SkillSearch(this.directory, this.index);

  say(name: string, skills: readonly SkillAd[], changes: Partial<VcvContent> = {}): string {
    return this.directory.take(NOW, vcvOf(name, skills, changes)).verdict;
  }

  find(text: string, most = 10, filter = {}, wallMs = NOW): string[] {
    return this.search.find(wallMs, embed(text), most, filter).map(({ vcv }) => vcv.agent);
  }
}

test("the nearest first, as many as are wanted, and nobody who has nothing in common", () => {
  const known = new Known();
  known.say("counter", [ad("counts words in texts")]);
  known.say("exact", [ad(COUNT)]);
  known.say("painter", [ad("zzz qqq xxx")]);
  known.say("mute", [ad("", { vector: new Uint8Array(0) })]);
  expect(known.find(COUNT)).toEqual(["exact", "counter"]);
  expect(known.find(COUNT, 1)).toEqual(["exact"]);
  expect(known.find(COUNT, 0)).toEqual([]);
  expect(known.find("")).toEqual([]);
  expect(new Known().find(COUNT)).toEqual([]);
});

test("labels and the highest price are hard", () => {
  const known = new Known();
  known.say("cheap", [ad(COUNT, { price: 10 })]);
  known.say("dear", [ad(COUNT, { price: 11 })], { labels: ["gpu", "eu"] });
  expect(known.find(COUNT, 10, { labels: ["gpu"] })).toEqual(["dear"]);
  expect(known.find(COUNT, 10, { labels: ["gpu", "us"] })).toEqual([]);
  expect(known.find(COUNT, 10, { priceMax: 10 })).toEqual(["cheap"]);
});

test("a filter that few pass finds them behind thousands that do not", () => {
  const known = new Known();
  for (let i = 0; i < 3_000; i++) known.say(`w${i}`, [ad(COUNT)]);
  known.say("zed", [ad(`${COUNT}, slowly`)], { labels: ["gpu"] });
  expect(known.find(COUNT, 1, { labels: ["gpu"] })).toEqual(["zed"]);
});

test("of equals the cheaper first, but no price makes up for another skill", () => {
  const known = new Known();
  known.say("a-dear", [ad(COUNT, { price: 1_000_000 })]);
  known.say("b-usual", [ad(COUNT)]);
  known.say("c-free", [ad(COUNT, { price: 0 })]);
  known.say("d-other", [ad("translate a text", { price: 0 })]);
  expect(known.find(COUNT)).toEqual(["c-free", "b-usual", "a-dear", "d-other"]);
});

test("an agent of several skills appears once, with its nearest", () => {
  const known = new Known();
  known.say("many", [ad("translate a text"), ad(COUNT, { name: "count" }), ad("counts words")]);
  const found = known.search.find(NOW, embed(COUNT), 10);
  expect(found.map(({ skill }) => skill.name)).toEqual(["count"]);
});

test("an agent that says the same two hundred times hides nobody", () => {
  const known = new Known();
  for (const spam of ["s0", "s1"])
    known.say(
      spam,
      Array.from({ length: 150 }, () => ad(COUNT)),
    );
  known.say("honest", [ad("counts words in texts")]);
  expect(known.find(COUNT, 10)).toEqual(["s0", "s1", "honest"]);
  expect(known.find(COUNT, 3)).toContain("honest");
});

test("follows what changes in the directory, and what expires there", () => {
  const known = new Known();
  known.say("a", [ad(COUNT), ad("counts letters")]);
  known.say("b", [ad(COUNT)], { expiresMs: NOW + 1_000 });
  expect(known.find(COUNT)).toEqual(["a", "b"]);
  expect(known.index.size).toBe(3);
  known.say("a", [ad("translate texts")], { version: 2 });
  expect(known.find(COUNT)[0]).toBe("b");
  expect(known.index.size).toBe(2);
  expect(known.find(COUNT, 10, {}, NOW + 1_000)).not.toContain("b"); // not taken out yet
  known.directory.expire(NOW + 1_000);
  expect(known.find("translate", 10)).toEqual(["a"]);
  expect(known.index.size).toBe(1);
  known.say("a", [], { version: 3 });
  expect(known.find("translate", 10)).toEqual([]);
  expect(known.index.size).toBe(0);
});

test("vectors of another embedder are not taken, nor those that no embedder makes", () => {
  const known = new Known();
  expect(known.say("other", [ad(COUNT)], { embedder: "trained/1" })).toBe("ignore");
  const loud = new Uint8Array(EMBEDDING_BYTES).fill(127); // similar to everything that has a positive sum
  expect(known.say("loud", [ad(COUNT), ad(COUNT, { vector: loud })])).toBe("reject");
  expect(known.say("short", [ad(COUNT, { vector: new Uint8Array(EMBEDDING_BYTES - 1) })])).toBe("reject");
  const faint = new Uint8Array(EMBEDDING_BYTES);
  faint[0] = 1;
  expect(known.say("faint", [ad(COUNT, { vector: faint })])).toBe("reject");
  expect(known.directory.size).toBe(0);
  expect(known.find(COUNT)).toEqual([]);
});

test("a mesh of another embedder takes its own", () => {
  const directory = new Directory(MESH, crypto, id("nobody"), { embedder: "trained/1" });
  expect(directory.take(NOW, vcvOf("a", [ad(COUNT)])).verdict).toBe("ignore");
  expect(directory.take(NOW, vcvOf("a", [ad(COUNT)], { embedder: "trained/1" })).verdict).toBe("accept");
});

test("a peer that asks for the most gets an answer that can be sent, of the agents that are there", () => {
  const asked = new DrivenAgent("asked");
  const labels = Array.from({ length: limits.labels }, (_, i) => `label-${i}`.padEnd(limits.nameBytes, "x"));
  const description = `${COUNT} `.padEnd(limits.textBytes, "word ");
  const vcvs = Array.from({ length: limits.members + 10 }, (_, i) =>
    vcvOf(`w${i}`, [ad(description, { name: "n".repeat(limits.nameBytes) })], { labels }),
  );
  for (const vcv of vcvs) asked.frame(vcv.agent, { kind: "vcvs", vcvs: [vcv], metS: [] } as never);
  const like = bytesOf(embed(COUNT));
  const out = asked.frame("peer", {
    kind: "query",
    id: 1,
    query: { kind: "agents", embedder: EMBEDDER_NAME, like, most: limits.members },
  });
  const [reply] = asked.sent(out);
  expect(reply).toMatchObject({ to: "peer", message: { kind: "reply", id: 1, ok: true } });
  expect(reply!.bytes).toBeLessThan(limits.frameBytes / 2);
  const told = decodeValue((reply!.message as { readonly bytes: Uint8Array }).bytes);
  expect(told.ok && told.value).toHaveLength(limits.members);
});
