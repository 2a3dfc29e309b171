/** Tasks that ask for a skill in words: who answers, what the ledger makes of it, and under which name work is done. */

import { describe, expect, test } from "vitest";
import { parseJob } from "../../../node/job-file/parse-job.ts";
import { hasher } from "../../../node/platform/crypto.ts";
import { Directory } from "../../../protocol/capability/directory.ts";
import { bytesOf, EMBEDDER_NAME, embed, type SkillText } from "../../../protocol/capability/embedding.ts";
import { matchOf } from "../../../protocol/capability/matching.ts";
import { SelfScreening } from "../../../protocol/capability/self-screening.ts";
import type { JobId } from "../../../protocol/core/ids.ts";
import { explainBadGenesis } from "../../../protocol/job/graph.ts";
import type { SkillAd, Vcv } from "../../../protocol/wire/capability.ts";
import type { Like } from "../../../protocol/wire/genesis.ts";
import { buildGenesis, single } from "../../../sim/parts/workloads/job-builder.ts";
import { Book } from "../../support/book.ts";
import { signedVcv } from "../../support/capability-vectors.ts";
import { awardItem, crypto, DrivenAgent, id, jobOf, MESH } from "../../support/driven-agent.ts";

const WORDS = "count the words of a text";
const NAME = `~${WORDS}`;
const like = (least = 400_000, words = WORDS): Like => ({
  embedder: EMBEDDER_NAME,
  vector: bytesOf(embed(words)),
  least,
});
const ad = (text: SkillText): SkillAd => ({
  ...{ ...text, price: 1, expectedMs: 100, schemas: null },
  vector: bytesOf(embed(text)),
});
const COUNTER = ad({ name: "wc", description: "counts the words of texts" });
const UPPER = ad({ name: "upper", description: "turns a text into upper case" });
const DIFFERENT = ad({ name: "route", description: "plans a journey by train" });

describe("what matches", () => {
  test("is the nearest skill that is near enough", () => {
    const asked = { skill: NAME, like: like() };
    expect(matchOf(asked, [UPPER, COUNTER, DIFFERENT], EMBEDDER_NAME)?.ad.name).toBe("wc");
    expect(matchOf(asked, [DIFFERENT], EMBEDDER_NAME)).toBeNull();
    expect(matchOf({ skill: NAME, like: like(990_000) }, [UPPER, COUNTER], EMBEDDER_NAME)).toBeNull();
  });

  test("is nothing of another embedder, and a skill without a vector only by its name", () => {
    expect(matchOf({ skill: NAME, like: like() }, [COUNTER], "another/1")).toBeNull();
    const silent = { ...COUNTER, vector: new Uint8Array(0) };
    expect(matchOf({ skill: NAME, like: like() }, [silent], EMBEDDER_NAME)).toBeNull();
    expect(matchOf({ skill: "wc", like: null }, [silent], EMBEDDER_NAME)?.similarity).toBe(1_000_000);
  });
});

describe("a beacon in words", () => {
  const NOW = 1_000_000;
  const vcvOf = (name: string, skill: SkillAd): Vcv => signedVcv(name, NOW, { skills: [skill] });
  const nearest = Array.from({ length: 8 }, (_, i) => `near${i}`);
  const others = Array.from({ length: 40 }, (_, i) => `far${i}`);
  const directory = new Directory(MESH, crypto, id("nobody"));
  for (const name of nearest) directory.take(NOW, vcvOf(name, COUNTER));
  for (const name of others) directory.take(NOW, vcvOf(name, UPPER));
  directory.take(NOW, vcvOf("elsewhere", DIFFERENT));
  const screening = new SelfScreening(directory, hasher);
  const called = (job: string, calls: number): string[] =>
    [...nearest, ...others, "elsewhere"].filter((name) =>
      screening.isCalled(id(name), {
        ...{
          job: hasher(new TextEncoder().encode(job)) as JobId,
          author: id("m0"),
          addresses: [],
          skill: NAME,
          labels: [],
        },
        ...{ like: like(150_000), calls, endsMs: NOW + 1_000 },
      }),
    );

  test("calls the nearest first, then a random part of those that are equally near, and nobody else", () => {
    expect(called("job", 8)).toEqual(nearest);
    const sixteen = called("job", 16);
    expect(sixteen).toEqual(expect.arrayContaining(nearest));
    expect(sixteen.length).toBeGreaterThan(8);
    expect(sixteen.length).toBeLessThan(30);
    expect(called("another job", 16)).not.toEqual(sixteen);
    expect(called("job", 48)).toEqual([...nearest, ...others]);
    expect(called("job", 20_000)).toEqual([...nearest, ...others]);
  });
});

describe("the ledger", () => {
  const offer = (similarity: number) => ({ skill: NAME, similarity });

  test("takes offers that are near enough, and awards to one of them", () => {
    const book = new Book([single("a", 1, { like: WORDS })]);
    expect(book.kinds([book.offer("far", 1, 4, offer(399_999))])).not.toContain("award");
    expect(book.state.offers.get(NAME) ?? []).toEqual([]);
    const events = [...book.block([book.offer("near", 1, 4, offer(450_000))], 100), ...book.block([], 1_500)];
    expect(events.find(({ kind }) => kind === "award")).toMatchObject({ worker: "near" });
  });

  test("takes no offer that is less than the skill that was named", () => {
    const book = new Book([single("a", 1)]);
    book.block([book.offer("w", 1, 4, { similarity: 999_999 })]);
    expect(book.state.offers.get("work") ?? []).toEqual([]);
  });

  test("a genesis in which the same name means two things, or with a vector of no length, is refused", () => {
    const spec = single("a", 1, { like: WORDS });
    const genesisOf = (nodes: (typeof spec)[]) =>
      buildGenesis(MESH, { owner: "o", nodes, budget: 1, committee: ["m0", "m1", "m2", "m3"], standbys: [] });
    const other = { ...spec, id: "b", like: like(400_000, "something else") };
    expect(explainBadGenesis(genesisOf([spec, { ...spec, id: "b" }]))).toBeNull();
    expect(explainBadGenesis(genesisOf([spec, other]))).toMatchObject({ code: "skill-twice", node: "b" });
    expect(explainBadGenesis(genesisOf([spec, { ...spec, id: "b", like: null }]))?.code).toBe("skill-twice");
    const long = { ...like(), vector: new Uint8Array(256).fill(127) };
    expect(explainBadGenesis(genesisOf([{ ...spec, like: long }]))?.code).toBe("wrong-vector");
  });
});

test("a worker does the work by its own skill, whatever the task calls it", () => {
  const made = jobOf("m0", { committee: ["m0"], nodes: [single("a", 1, { like: WORDS })] });
  const worker = new DrivenAgent("worker", { skills: [UPPER, COUNTER] });
  worker.learn("m0", made);
  const out = worker.frame("m0", { kind: "notice", job: made.job, items: [awardItem("a", { skill: NAME })] });
  expect(worker.of("work", out)).toMatchObject([{ skill: "wc" }]);
});

describe("a job file", () => {
  const parse = (task: string) =>
    parseJob(`name: j\nbudget: 1\ntasks:\n  a: ${task}\noutput: a\n`, { file: "J.yaml", directory: "." });

  test("asks in words", async () => {
    const { nodes } = await parse(`{ like: "${WORDS}", similarity: 0.5 }`);
    expect(nodes[0]).toMatchObject({ skill: NAME, like: like(500_000) });
    expect((await parse(`{ like: "${WORDS}" }`)).nodes[0]?.like?.least).toBe(400_000);
  });

  test("gives long words a name that fits, and another one for other words", async () => {
    const long = `${WORDS} `.repeat(10);
    const [one, other] = [await parse(`{ like: "${long}" }`), await parse(`{ like: "${long}too" }`)];
    expect(one.nodes[0]!.skill.length).toBeLessThanOrEqual(64);
    expect(one.nodes[0]!.skill).not.toBe(other.nodes[0]!.skill);
  });

  test.each([
    ["{ input: 1 }", /"a" asks for no skill/],
    ["{ skill: wc, like: words }", /both skill and like/],
    ["{ skill: wc, similarity: 0.5 }", /similarity means nothing/],
    ['{ like: "…" }', /there are no words/],
  ])("%s is refused with what is wrong", async (task, message) => {
    await expect(parse(task)).rejects.toThrow(message);
  });
});
