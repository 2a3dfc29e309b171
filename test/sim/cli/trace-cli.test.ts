/** `meshwork sim replay`, `check` and `diff`: traces of simulations are written, checked and compared. */

import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { traceLineSchema } from "../../../node/platform/traces/trace-schema.ts";
import type { TraceLine } from "../../../protocol/core/trace.ts";
import { simHost } from "../../../scripts/sim-host.ts";
import { writeScenario } from "../../../sim/load/write-scenario.ts";
import { liarsOf, randomSubject } from "../../../sim/search/subject.ts";
import { checkTraces } from "../../../sim/traces/check-traces.ts";
import { SimTraceWriter } from "../../../sim/traces/trace-writer.ts";
import { sectionsOf, textOf } from "../../support/page-text.ts";
import { runs } from "../../support/runs.ts";
import { type Said, sim, smallScenario } from "../../support/sim-cli.ts";

const folder = mkdtempSync(join(tmpdir(), "meshwork-trace-cli-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const inFolder = (name: string): string => join(folder, name);
const scenario = inFolder("small.yaml");
const trace = inFolder("a.jsonl");

const linesOf = (file: string): string[] => readFileSync(file, "utf8").trimEnd().split("\n");
const entriesOf = (file: string): TraceLine[] =>
  linesOf(file)
    .slice(1)
    .map((text) => JSON.parse(text) as TraceLine);

/** A run of seed 3, with its page. */
let run: { readonly said: Said; readonly folder: string; readonly page: string };

beforeAll(async () => {
  writeFileSync(scenario, smallScenario("completion == 1"));
  expect(await sim("replay", scenario, "--trace", trace)).toMatchObject({ code: 0 });
  const [out, page] = [inFolder("run"), inFolder("around.html")];
  const around = ["--messages-around", "5.2s", "--report", page];
  run = { said: await sim("run", scenario, "--seed", "3", ...around, "--out", out), folder: out, page };
  expect(run.said.code).toBe(0);
});

describe("replay", () => {
  test("writes what agents decided and stored: every line as the schema has it, no frames", () => {
    for (const line of linesOf(trace)) expect(traceLineSchema.safeParse(JSON.parse(line)).error, line).toBeUndefined();
    const kinds = new Set(entriesOf(trace).map(({ kind }) => kind));
    expect([...kinds]).toEqual(expect.arrayContaining(["hosting", "proposed", "voted", "applied", "work", "stored"]));
    expect(kinds).not.toContain("sent");
  });

  test("is the run of the same seed: same verdict, same digest", async () => {
    const printed = await sim("replay", scenario, "--seed", "3");
    expect(printed.out).toMatch(/repeat it .* sim replay \S+small\.yaml --seed 3$/m);
    const replayed = await sim("replay", scenario, "--seed", "3", "--json");
    const digests = (json: string): unknown => (JSON.parse(json) as { traceDigests: unknown }).traceDigests;
    expect(digests(replayed.out)).toEqual(digests(readFileSync(join(run.folder, "summary.json"), "utf8")));
  });

  test("with messages every frame is in it", async () => {
    const full = inFolder("full.jsonl");
    await sim("replay", scenario, "--trace", full, "--messages");
    const sent = entriesOf(full).filter(({ kind }) => kind === "sent");
    expect(sent.length).toBeGreaterThan(100);
    expect(sent).toContainEqual(
      expect.objectContaining({ message: "proposal", about: expect.stringMatching(/^height 1/) }),
    );
    // Frames do not count where only one of two traces has them.
    expect(await sim("diff", trace, full)).toMatchObject({ code: 0 });
  });

  test("what explore wrote down is replayed with its trace and a page, too", async () => {
    const [file, report] = [inFolder("seed.jsonl"), inFolder("seed.html")];
    const repro = inFolder("repro-seed-2.yaml");
    const { registry, draw } = randomSubject(simHost);
    writeFileSync(repro, writeScenario(draw(2), { registry }));
    const around = ["--messages-around", "5.1s", "--report", report];
    const { code, out } = await sim("replay", repro, "--trace", file, ...around);
    expect([code, out]).toEqual([0, expect.stringContaining(report)]);
    expect(textOf(readFileSync(report, "utf8"))).toContain("Messages around 5.100 s");
    expect(await sim("check", file)).toMatchObject({ code: 0 });
  });

  test("of a run with a selector that traces do not hold, what it chose is not decided", async () => {
    const [file, oracle] = [inFolder("oracle.yaml"), inFolder("oracle.jsonl")];
    writeFileSync(file, smallScenario("completion == 1").replace("workload:", "workload:\n  selector: oracle"));
    expect(await sim("replay", file, "--trace", oracle)).toMatchObject({ code: 0 });
    const { code, out } = await sim("check", oracle);
    expect(code).toBe(0);
    expect(out.replace(/\s+/g, " ")).toContain(
      "was awarded by the selector oracle, whose choices a trace does not let",
    );
    expect(out).toMatch(/1 agreement +ok/);
  });

  test("a trace that cannot be written is said at once", async () => {
    const { code, err } = await sim("replay", scenario, "--trace", inFolder("no/such/folder/t.jsonl"));
    expect(code).toBe(2);
    expect(err).toContain("cannot be written");
  });
});

describe("messages around a moment", () => {
  test("are drawn in the page of a run", () => {
    expect(run.said.out).toContain("--messages-around 5.2s");
    const text = readFileSync(run.page, "utf8");
    expect(sectionsOf(text)).toContain("messages");
    expect(textOf(text)).toContain("Messages around 5.200 s");
    expect(text).toContain('<svg id="diagram"');
  });

  test("where nothing was sent the page says so", async () => {
    const page = inFolder("quiet.html");
    await sim("replay", scenario, "--messages-around", "50m", "--report", page);
    expect(textOf(readFileSync(page, "utf8"))).toMatch(/Nobody sent anything around 3,000\.000 s; the run was over at/);
  });

  test("a time that is none is said", async () => {
    const { code, err } = await sim("run", scenario, "--messages-around", "soon");
    expect(code).toBe(2);
    expect(err).toContain("a time such as 12.5s");
    expect(existsSync(inFolder("soon"))).toBe(false);
  });
});

describe("check", () => {
  test("a simulated run breaks nothing, signatures included", async () => {
    const { code, out } = await sim("check", trace);
    expect(code).toBe(0);
    expect(out).toMatch(/✓ OK {2}15 held, 0 broken, 2 not decided/);
    expect(out).toMatch(/^ 11 liveness +not decided by a trace: whether members were up/m);
    expect(out).toMatch(/^ 5 answers +ok: \d+ blocks replayed$/m);
  });

  test("a broken invariant is exit 3, with line, step, time and agent", async () => {
    const lines = linesOf(trace);
    const at = lines.findLastIndex((line) => line.includes('"kind":"applied"'));
    const entry = JSON.parse(lines[at]!) as TraceLine & { step: number };
    const broken = inFolder("broken.jsonl");
    writeFileSync(broken, lines.with(at, JSON.stringify({ ...entry, block: "e".repeat(64) })).join("\n"));
    const { code, out } = await sim("check", broken);
    expect(code).toBe(3);
    expect(out).toContain("✗ BROKEN");
    const told = out.replace(/\s+/g, " ");
    expect(told).toContain(`1 agreement BROKEN: ${broken}, line ${at + 1}, step ${entry.step}, `);
    expect(told).toMatch(
      new RegExp(`agent ${entry.agent}: height \\d+: \\w+ decided [0-9a-f]{64}, ${entry.agent} e{64}`),
    );
    const json = await sim("check", broken, "--json");
    expect(json.code).toBe(3);
    expect(JSON.parse(json.out)).toMatchObject({
      verdict: "fail",
      isSimulated: true,
      invariants: expect.arrayContaining([
        expect.objectContaining({
          id: "1 agreement",
          verdict: "broken",
          first: { file: broken, line: at + 1, step: entry.step, agent: entry.agent, atMs: entry.t },
        }),
      ]),
    });
  });

  test("signatures that nobody made are found in simulated traces", async () => {
    const forged = inFolder("forged.jsonl");
    const [head, ...rest] = linesOf(trace);
    writeFileSync(forged, [head!.replace(/"seed":\d+/, '"seed":4711'), ...rest].join("\n"));
    const { code, out } = await sim("check", forged);
    expect(code).toBe(3);
    expect(out).toMatch(/^ log +BROKEN/m);
  });

  test.each<[string, string, string]>([
    ["nothing", "", "is empty"],
    ["no trace", "hello\n", "line 1: not JSON"],
    ["another format", '{"format":9,"meshId":"m","startedAt":0,"agents":[]}\n', "line 1"],
    [
      "half a line in the middle",
      '{"format":2,"meshId":"m","startedAt":0,"agents":[]}\n{"t":1\n{}\n',
      "line 2: not JSON",
    ],
    [
      "an entry that lacks something",
      '{"format":2,"meshId":"m","startedAt":0,"agents":[]}\n{"t":1,"agent":"a","kind":"voted"}\n',
      'line 2: "job"',
    ],
  ])("%s is exit 2, in one line", async (name, content, message) => {
    const file = inFolder(`${name.replaceAll(" ", "-")}.jsonl`);
    writeFileSync(file, content);
    for (const argv of [
      ["check", file],
      ["diff", trace, file],
    ]) {
      const { code, err } = await sim(...argv);
      expect([code, err.trimEnd().split("\n").length]).toEqual([2, 1]);
      expect(err).toContain(message);
    }
  });

  test("under faults and Byzantine members nothing is taken for broken that is not", async () => {
    const file = inFolder("seeds.jsonl");
    let byzantine = 0;
    const subject = randomSubject(simHost);
    for (let seed = 1; seed <= runs(20); seed++) {
      const writer = new SimTraceWriter(file);
      const scenario = subject.draw(seed);
      const { failure } = subject.run(seed, scenario, { events: 30, tap: writer.tap({ messages: false }) })!;
      writer.close();
      expect(failure).toBeNull();
      byzantine += liarsOf(scenario, subject.registry).size;
      const { invariants } = await checkTraces({ host: simHost, paths: [file] });
      expect(
        invariants.filter(({ verdict }) => verdict === "broken"),
        `seed ${seed}`,
      ).toEqual([]);
    }
    expect(byzantine).toBeGreaterThan(0);
  });
});

describe("msgpack", () => {
  const stream = inFolder("a.msgpack");
  const back = inFolder("back.jsonl");
  const again = inFolder("again.msgpack");

  beforeAll(async () => {
    expect(await sim("replay", scenario, "--trace", stream)).toMatchObject({ code: 0 });
  });

  test("is the same trace: smaller, and equal to the bit for diff and for whoever turns it into lines", async () => {
    expect(readFileSync(stream).length).toBeLessThan(0.8 * readFileSync(trace).length);
    expect((await sim("diff", trace, stream)).code).toBe(0);
    expect((await sim("trace", stream)).out).toBe(readFileSync(trace, "utf8"));
    expect(await sim("trace", stream, "--out", back)).toMatchObject({ code: 0, out: "" });
    expect(readFileSync(back, "utf8")).toBe(readFileSync(trace, "utf8"));
    await sim("trace", trace, "--out", again);
    expect(readFileSync(again)).toEqual(readFileSync(stream));
  });

  test("is checked like the lines, and what breaks is placed by the number of its entry", async () => {
    const [lines, entries] = await Promise.all([trace, stream].map((file) => sim("check", file, "--json")));
    expect(JSON.parse(entries!.out)).toEqual(JSON.parse(lines!.out));
    const texts = linesOf(trace);
    const at = texts.findIndex((text) => text.includes('"kind":"applied"'));
    const broken = inFolder("broken.jsonl");
    texts[at] = texts[at]!.replace(/"state":"[0-9a-f]/, (found) =>
      found.replace(/.$/, found.endsWith("0") ? "1" : "0"),
    );
    writeFileSync(broken, `${texts.join("\n")}\n`);
    const asStream = inFolder("broken.msgpack");
    await sim("trace", broken, "--out", asStream);
    for (const [file, place] of [
      [broken, `broken.jsonl, line ${at + 1},`],
      [asStream, `broken.msgpack, entry ${at + 1},`],
    ] as const) {
      const { code, out } = await sim("check", file);
      expect([code, out.replace(/\s+/g, " ")]).toEqual([3, expect.stringContaining(place)]);
    }
  });

  test("is not written over itself, and a half of it is said to be one", async () => {
    expect(await sim("trace", stream, "--out", stream)).toMatchObject({
      code: 2,
      err: expect.stringContaining("itself"),
    });
    const half = inFolder("half.msgpack");
    writeFileSync(half, readFileSync(stream).subarray(0, -3));
    const { code, err } = await sim("trace", half);
    expect([code, err]).toEqual([0, expect.stringContaining("its last entry was cut off")]);
  });
});

describe("diff", () => {
  test("a trace is equal to itself, and to the same run's", async () => {
    await sim("replay", scenario, "--trace", inFolder("again.jsonl"));
    const { code, out } = await sim("diff", trace, inFolder("again.jsonl"));
    expect(code).toBe(0);
    expect(out).toContain(`equal: ${linesOf(trace).length - 1} entries`);
  });

  test("says where two part: step, time, agent, both entries, what came before", async () => {
    const lines = linesOf(trace);
    const at = lines.findIndex((line, index) => index > 100 && line.includes('"kind":"voted"'));
    const entry = JSON.parse(lines[at]!) as TraceLine & { step: number; round: number };
    const other = inFolder("other.jsonl");
    writeFileSync(other, `${lines.with(at, JSON.stringify({ ...entry, round: entry.round + 1 })).join("\n")}\n`);
    const { code, out } = await sim("diff", trace, other, "--context", "3");
    expect(code).toBe(1);
    expect(out).toContain(`they part after ${at - 1} equal entries: step ${entry.step}, `);
    expect(out).toContain(`agent ${entry.agent}`);
    expect(out).toContain(`A: ${trace}, line ${at + 1}`);
    expect(out).toMatch(new RegExp(`^ round +${entry.round} +${entry.round + 1}$`, "m"));
    const { before, fields, compared } = JSON.parse(
      (await sim("diff", trace, other, "--context", "3", "--json")).out,
    ) as {
      before: { line: number }[];
      fields: string[];
      compared: number;
    };
    expect(before.map(({ line }) => line)).toEqual([at - 2, at - 1, at]);
    expect([fields, compared]).toEqual([["round"], at - 1]);
    // Kinds that are not compared are not reported.
    expect((await sim("diff", trace, other, "--only", "applied,proposed")).code).toBe(0);
  });

  test("one that ends before the other has ended there", async () => {
    const short = inFolder("short.jsonl");
    writeFileSync(short, `${linesOf(trace).slice(0, -2).join("\n")}\n`);
    const { code, out } = await sim("diff", trace, short);
    expect(code).toBe(1);
    expect(out).toMatch(/^ B {3}has ended$/m);
  });

  test("clocks of real nodes are not compared, and neither are the agents of two files", async () => {
    const head = { format: 2, meshId: "m", startedAt: 1_000, version: "0" };
    const entry = { kind: "refused", from: "12D3", code: "truncated" };
    const write = (name: string, t: number, code: string): string => {
      const lines = [
        { ...head, agent: `12D3-${name}`, name },
        { t, agent: name, ...entry, code },
      ];
      writeFileSync(inFolder(`${name}.jsonl`), lines.map((line) => `${JSON.stringify(line)}\n`).join(""));
      return inFolder(`${name}.jsonl`);
    };
    const ada = write("ada", 2_000, "truncated");
    expect((await sim("diff", ada, write("bob", 2_500, "truncated"))).code).toBe(0);
    const parted = await sim("diff", ada, write("cyd", 2_500, "too-long"));
    expect(parted.code).toBe(1);
    expect(parted.out).toMatch(/^ code +"truncated" +"too-long"$/m);
    expect(parted.out).toContain("1 s, agent ada");
  });
});
