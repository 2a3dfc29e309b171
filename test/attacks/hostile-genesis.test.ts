/**
 * A genesis of at most 1 MiB by a hostile owner: what judging, opening and hosting such a job costs the agents that
 * it asks. Work is counted, not timed.
 */

import { expect, test } from "vitest";
import { limits } from "../../protocol/core/limits.ts";
import { explainBadGenesis } from "../../protocol/job/graph.ts";
import { encodeGenesis, NO_FLAGS, type NodeSpec, type Policy } from "../../protocol/wire/genesis.ts";
import { encodeValue } from "../../protocol/wire/value.ts";
import { firstPolicy, inline, map, sealedPolicy, single } from "../../sim/parts/workloads/job-builder.ts";
import { Book } from "../support/book.ts";
import { countCalls, DrivenAgent, hashOf, jobOf } from "../support/driven-agent.ts";

/** A book of a job that every honest node would take. Without checkers: they look at all tasks for each of them. */
function open(nodes: readonly NodeSpec[], budget?: number): Book {
  const book = new Book(nodes, budget, []);
  expect(encodeGenesis(book.ledger.genesis).length).toBeLessThanOrEqual(limits.genesisBytes);
  expect(explainBadGenesis(book.ledger.genesis)).toBeNull();
  return book;
}

const LONG_OFFER = { lifeMs: 600_000, expectedMs: 1_000_000 };
const range = (count: number): number[] => Array.from({ length: count }, (_, i) => i);

test("a cycle through many long names is refused in words that fit into a reply", () => {
  const asked = new DrivenAgent("asked");
  const names = range(40).map((i) => `n${i}`.padEnd(60, "x"));
  const nodes = names.map((name, i) => single(name, 1, { needs: [names[(i + 1) % names.length]!] }));
  const { signed } = jobOf("mallory", { nodes, committee: ["asked"] });
  const out = asked.frame("mallory", { kind: "invite", genesis: signed, vcvs: [] });
  expect(asked.sent(out)).toMatchObject([{ message: { kind: "inviteReply", yes: false } }]);
});

test("two needs never go by the same name: a skill or a label with a line break is refused", () => {
  const both = { ...single("a", 1), skill: "x\ny" };
  const labelled = { ...single("b", 1), skill: "x", labels: ["y\nz"] };
  const { genesis } = new Book([single("a", 1)]).ledger;
  expect(explainBadGenesis({ ...genesis, nodes: [both] })).toEqual({ code: "bad-name", node: "a", detail: "x\ny" });
  expect(explainBadGenesis({ ...genesis, nodes: [labelled], output: "b" })?.code).toBe("bad-name");
});

test.each<[string, Partial<Policy>]>([
  ["redundancy-above-maximum", { redundancyMax: 2 }],
  ["first-takes-redundancy-1", { accept: { kind: "first" } }],
  ["quorum-out-of-reach", { accept: { kind: "quorum", q: 8 } }],
  ["lead-out-of-reach", { accept: { kind: "ahead-by", k: 0 } }],
  ["lead-out-of-reach", { accept: { kind: "ahead-by", k: 8 } }],
  ["confidence-below-half", { accept: { kind: "confidence-weighted", leastPpm: 499_999 } }],
  ["median-of-no-numbers", { accept: { kind: "median" } }],
  ["no-field", { compare: { kind: "field", all: true, fields: [] } }],
  ["no-field", { compare: { kind: "field", all: true, fields: [{ path: "a..b", compare: { kind: "exact" } }] } }],
  ["max-bytes-zero", { flags: { ...NO_FLAGS, maxBytes: 0 } }],
  ["bad-pattern", { flags: { ...NO_FLAGS, pattern: "(a" } }],
  ["bad-pattern", { flags: { ...NO_FLAGS, pattern: "((a{99}){99}){99}" } }],
  ["bad-schema", { flags: { ...NO_FLAGS, schema: encodeValue({ pattern: "a" }) } }],
  ["bad-schema", { flags: { ...NO_FLAGS, schema: new Uint8Array([0xc1]) } }],
  ["timeout-zero", { timeoutMs: 0 }],
])("a policy that can bring no answer, or any, is refused: %s", (code, change) => {
  const { genesis } = new Book([single("a", 1, { policy: sealedPolicy() })]).ledger;
  expect(explainBadGenesis(genesis)).toBeNull();
  const policy = { ...sealedPolicy({ redundancyMax: 7 }), ...change };
  expect(explainBadGenesis({ ...genesis, nodes: [single("a", 1, { policy })] })?.code).toBe(code);
});

test("an invitation makes nobody fetch more inputs than a host's disk is meant to hold", () => {
  const asked = new DrivenAgent("m0");
  const packs = range(20_000).map((i) => ({ hash: hashOf(i + 1), bytes: limits.blobBytes })); // 1.2 TiB
  const generator = { kind: "map" as const, batch: 1, items: { kind: "packs" as const, packs } };
  const { signed } = jobOf("mallory", { nodes: [{ ...map("m", [1]), generator }], committee: ["m0"] });
  const out = asked.frame("mallory", { kind: "invite", genesis: signed, vcvs: [] });
  const bytes = asked.of("fetchBlob", out).reduce((sum, effect) => sum + effect.bytes, 0);
  expect(bytes).toBeLessThanOrEqual(limits.inputBytes);
});

test("a graph of many edges opens in a number of steps that is linear in them", () => {
  const letters = "abcdefghijklmnopqrstuvwxyz0123456789";
  const sources = range(3_000).map(
    (i) => `${letters[i % 36]}${letters[Math.floor(i / 36) % 36]}${i >= 1_296 ? letters[Math.floor(i / 1_296)] : ""}`,
  );
  const sinks = range(60).map((i) => single(`sink${i}`, 1, { needs: sources }));
  // Maps over nothing are accepted as they open: all of it happens in the first block.
  const book = open([...sources.map((name) => map(name, [], { skill: "w" })), ...sinks]);
  const reads = countCalls(book.state.nodes, "get");
  book.block([]);
  expect(book.state.nodes.get("sink0")?.status).toBe("open");
  const edges = sources.length * sinks.length;
  expect(reads.count).toBeLessThan(2 * edges); // by looking at all needs each time: 540 million
});

test("maps over one list share its decoded items, and few such lists are kept", () => {
  const count = 100; // 4,000 would fit into a genesis
  const part = (i: number): NodeSpec => {
    const items = { kind: "output" as const, node: "parts", path: `k${i}` };
    return { ...map(`p${i}`, [1]), generator: { kind: "map", items, batch: 1 } };
  };
  const same = range(count).map((i) => map(`m${i}`, { from: "list" }));
  const book = open([single("list", 1), single("parts", 1), ...same, ...range(count).map(part)]);
  const kept = book.ledger.viewAt(0).graph.items;
  const decoded = countCalls(kept, "set");
  book.block([book.offer("w", 1, 2, LONG_OFFER)]);
  book.block([book.result("w", "list", 1, inline(range(1_000)))]);
  expect(decoded.count).toBe(1);
  book.block([book.result("w", "parts", 1, inline(Object.fromEntries(range(count).map((i) => [`k${i}`, [i, i]]))))]);
  expect(book.state.nodes.get("p99")?.total).toBe(2);
  expect(kept.size).toBeLessThanOrEqual(16);
});

test("the tasks of a job that are open at a time are bounded over all its maps", () => {
  const book = open([single("list", 1), ...range(60).map((i) => map(`m${i}`, { from: "list" }))]);
  book.block([book.offer("w", 1, 1, LONG_OFFER)]);
  book.block([book.result("w", "list", 1, inline(range(limits.openUnits)))]);
  expect(book.state.tasks.size).toBe(limits.openTasks); // 4,000 such maps: two million in one block
});

test("a block looks at each waiting task once while the budget is in use", () => {
  const policy = firstPolicy({ timeoutMs: 1_000_000 });
  const maps = range(250).map((i) => map(`m${i}`, Array<number>(500).fill(0), { policy }));
  const book = open(maps, 1);
  const offers = range(limits.offersPerSkill).map((i) => book.offer(`w${i}`, 1, 4, LONG_OFFER));
  book.block(offers);
  expect(book.state.reserved.get()).toBe(1); // all that there is
  const looks = countCalls(book.state.agents, "get");
  const candidates = countCalls(book.state.records, "get");
  book.block([]);
  expect(looks.count).toBeLessThanOrEqual(2 * limits.openTasks * offers.length);
  // Whether its agent is new, of each offer once; nobody is ranked for a seat that cannot be paid.
  expect(candidates.count).toBeLessThanOrEqual(offers.length);
});
