/**
 * Traces of real nodes over libp2p against the invariants: what a mesh with a liar and a lost agent writes passes, and for
 * each invariant that a trace decides, a trace that was tampered with is caught by its name.
 */

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { parseJob } from "../../node/job-file/parse-job.ts";
import { createNode, type MeshworkNode } from "../../node/node.ts";
import { builtInSkills } from "../../node/skills/built-in.ts";
import { lyingSkills } from "../../node/skills/lying.ts";
import { decodeRecord, encodeRecord } from "../../protocol/consensus/record.ts";
import type { TraceLine } from "../../protocol/core/trace.ts";
import type { LedgerEvent } from "../../protocol/job/event.ts";
import type { Value } from "../../protocol/wire/value.ts";
import { simHost } from "../../scripts/sim-host.ts";
import { type CheckedTraces, checkTraces } from "../../sim/traces/check-traces.ts";
import { newMesh } from "../support/network-nodes.ts";
import { waitFor } from "../support/wait.ts";

const NAMES = ["ada", "bob", "cyd", "dee", "eve"];
const LIAR = "eve";
/** Keeps its log on disk. */
const RESTARTED = "bob";
const JOB = `
name: shout
budget: 10
deadline: 60s
policy: { redundancy: 3, redundancyMax: 5, accept: { rule: majority }, timeout: 10s }
tasks:
  shout: { skill: text.upper, map: { over: [to, be, or, not] } }
  join: { skill: text.join, input: { from: shout } }
output: join
`;

const folder = mkdtempSync(join(tmpdir(), "meshwork-check-"));
const fileOf = (name: string): string => join(folder, `${name}.jsonl`);
const nodes: MeshworkNode[] = [];
const owner = (): MeshworkNode => nodes.at(-1)!;

const hostsOf = (status: Value): number =>
  (status as unknown as { readonly agents: readonly { readonly hosts: boolean }[] }).agents.filter(({ hosts }) => hosts)
    .length;

beforeAll(async () => {
  const mesh = newMesh();
  for (const name of [...NAMES, "owner"]) {
    const skills = name === LIAR ? lyingSkills(builtInSkills) : name === "owner" ? [] : builtInSkills;
    const joined = nodes[0]?.addresses() ?? [];
    const host = name !== "owner" && name !== LIAR;
    const more = name === RESTARTED ? { data: join(folder, name) } : {};
    nodes.push(
      await createNode({ mesh, name, skills, host, join: joined, trace: fileOf(name), traceState: true, ...more }),
    );
  }
  await owner().until(async (node) => hostsOf(await node.status()) === 4, 30_000, "meeting the agents");
  const handle = await owner().submit(await parseJob(JOB, { file: "job.yaml", directory: "." }));
  expect((await handle.result()).status).toBe("certified");
  // Members that were not needed for the last quorum hear of it a moment later.
  const isOver = (name: string): boolean => readFileSync(fileOf(name), "utf8").includes('"completed"');
  await waitFor(() => NAMES.slice(0, 4).every(isOver), { timeoutMs: 20_000 });
  await Promise.all(nodes.map((node) => node.stop()));
}, 120_000);

afterAll(async () => {
  await Promise.all(nodes.map((node) => node.stop()));
  rmSync(folder, { recursive: true, force: true });
});

const ALL = [...NAMES, "owner"];
const check = (paths: readonly string[] = ALL.map(fileOf), distrust: readonly string[] = []): Promise<CheckedTraces> =>
  checkTraces({ host: simHost, paths, distrust });
const verdicts = ({ invariants }: CheckedTraces, verdict: string): string[] =>
  invariants.filter((invariant) => invariant.verdict === verdict).map(({ id }) => id);

type Lines = (TraceLine & { [field: string]: unknown })[];
type Tamper = (lines: Lines, name: string) => Lines;
type Applied = Extract<TraceLine, { kind: "applied" }>;

let changed = 0;
/** Copies of all traces, altered line by line. */
function tampered(tamper: Tamper): string[] {
  const copy = join(folder, `changed-${++changed}-`);
  return ALL.map((name) => {
    const [head, ...texts] = readFileSync(fileOf(name), "utf8").trimEnd().split("\n");
    const lines = tamper(
      texts.map((text) => JSON.parse(text) as Lines[number]),
      name,
    );
    writeFileSync(`${copy}${name}.jsonl`, `${[head, ...lines.map((line) => JSON.stringify(line))].join("\n")}\n`);
    return `${copy}${name}.jsonl`;
  });
}

/** Alters what agents say that they applied. */
const said =
  (
    change: (applied: Omit<Applied, "events"> & { events: LedgerEvent[] }) => object,
    who: (name: string) => boolean = () => true,
  ): Tamper =>
  (lines, name) =>
    lines.map((line) =>
      line.kind === "applied" && who(name) ? ({ ...line, ...change(line as never) } as Lines[number]) : line,
    );

const onlyAda = (name: string): boolean => name === "ada";
const flip = (base64: string, at: number): string => {
  const bytes = Buffer.from(base64, "base64");
  bytes[at < 0 ? bytes.length + at : at]! ^= 1;
  return bytes.toString("base64");
};

test("what honest agents write breaks nothing, with a liar among them; only liveness is not in it", async () => {
  const checked = await check();
  expect(checked.invariants.filter(({ verdict }) => verdict === "broken")).toEqual([]);
  expect(verdicts(checked, "undecided")).toEqual(["11 liveness"]);
  expect(checked.jobs).toMatchObject([{ name: "shout", status: "certified" }]);
});

test("one member's trace is enough for all but the certificate, which it was never given", async () => {
  const checked = await check([fileOf("ada")]);
  expect(verdicts(checked, "broken")).toEqual([]);
  expect(verdicts(checked, "undecided")).toEqual(["4 certificates", "11 liveness"]);
});

test("an agent that was killed while it wrote leaves a trace that is cut off, and nothing else", async () => {
  const text = readFileSync(fileOf("bob"), "utf8");
  const cut = join(folder, "cut.jsonl");
  writeFileSync(cut, text.slice(0, Math.floor(text.length * 0.6)));
  const checked = await check([cut, ...ALL.filter((name) => name !== "bob").map(fileOf)]);
  expect(checked.cutOff).toEqual([cut]);
  expect(verdicts(checked, "broken")).toEqual([]);
  expect(verdicts(checked, "undecided")).toEqual(["11 liveness"]);
});

test("an agent that starts again writes down what it finds in its store", async () => {
  const trace = join(folder, "restarted.jsonl");
  const node = await createNode({ mesh: nodes[1]!.mesh, name: RESTARTED, data: join(folder, RESTARTED), trace });
  await node.stop();
  const checked = await check([trace]);
  expect(verdicts(checked, "broken")).toEqual([]);
  expect(verdicts(checked, "ok")).toEqual(expect.arrayContaining(["2 validity", "7 budget", "log", "A4 locks"]));
  expect(checked.jobs).toMatchObject([{ name: "shout" }]);
});

test("without a block, what follows from it is not decided, and says from where on", async () => {
  const paths = tampered((lines) =>
    lines.filter((line) => line.kind !== "stored" || !line.slot.endsWith("/000000000003")),
  );
  const checked = await check(paths);
  expect(verdicts(checked, "broken")).toEqual([]);
  expect(verdicts(checked, "undecided")).toEqual(
    expect.arrayContaining(["2 validity", "5 answers", "7 budget", "log"]),
  );
  const answers = checked.invariants.find(({ id }) => id === "5 answers");
  expect(answers?.note).toMatch(/^nothing broken up to height 2, but block 3 of job \w{8} is not in it$/);
});

test("a trace of an agent that keeps no log decides little, and is not wrong", async () => {
  const paths = tampered((lines) => lines.filter(({ kind }) => kind === "work" || kind === "suspected"));
  const checked = await check(paths);
  expect(verdicts(checked, "broken")).toEqual([]);
  expect(verdicts(checked, "ok")).toEqual(["verdicts", "A5 evidence", "containment"]);
});

const CASES: { readonly [what: string]: readonly [caught: string, tamper: Tamper] } = {
  "another block at a height": ["1 agreement", said(() => ({ block: "e".repeat(64) }), onlyAda)],
  "a block's command once more in a later block": [
    "2 validity",
    (lines, name) => {
      const first = lines.find((line) => line.kind === "applied" && (line as Applied).commands.length > 0) as Applied;
      const more = said(({ height, commands }) => ({
        commands: height === first.height + 2 ? [...commands, first.commands[0]] : commands,
      }));
      return onlyAda(name) ? more(lines, name) : lines;
    },
  ],
  "a command twice in a block": [
    "2 validity",
    said(({ commands }) => ({ commands: [...commands, ...commands] }), onlyAda),
  ],
  "a stored block that was altered": [
    "log",
    (lines) =>
      lines.map((line) =>
        line.kind === "stored" && line.slot.startsWith("block/") ? { ...line, bytes: flip(line.bytes, -3) } : line,
      ),
  ],
  "another genesis": [
    "log",
    (lines) =>
      lines.map((line) =>
        line.kind === "stored" && line.slot === "genesis" ? { ...line, bytes: flip(line.bytes, -1) } : line,
      ),
  ],
  "a decision that was altered": [
    "3 state",
    said(({ events }) => ({
      events: events.map((event) => (event.kind === "award" ? { ...event, price: event.price + 1 } : event)),
    })),
  ],
  "another state": ["3 state", said(({ state }) => ({ state: state.replace(/^./, "g") }), onlyAda)],
  "an altered certificate": [
    "4 certificates",
    (lines) => lines.map((line) => (line.kind === "certified" ? { ...line, bytes: flip(line.bytes, 40) } : line)),
  ],
  "another answer": [
    "5 answers",
    said(
      ({ events }) => ({
        events: events.map((event) => (event.kind === "accepted" ? { ...event, answer: "b".repeat(64) } : event)),
      }),
      onlyAda,
    ),
  ],
  "a decision after the job's end": [
    "6 no task is lost",
    said(({ events }) => ({
      events: events.at(-1)?.kind === "completed" ? [...events, { kind: "dead", agent: "somebody" }] : events,
    })),
  ],
  "more paid than there is": [
    "7 budget",
    said(({ events }) => ({
      events: events.map((event) => (event.kind === "result" ? { ...event, paid: 10_000_000 } : event)),
    })),
  ],
  "a seat given twice": [
    "8 awards",
    said(({ events }) => ({
      events: events.flatMap((event): LedgerEvent[] => (event.kind === "award" ? [event, event] : [event])),
    })),
  ],
  "a result of a batch that was not opened": [
    "9 seals",
    said(({ events }) => ({ events: events.filter(({ kind }) => kind !== "opened") })),
  ],
  "a vote after the job's end": [
    "10 quiet",
    (lines) => {
      const vote = lines.find(({ kind }) => kind === "voted");
      return vote === undefined ? lines : [...lines, { ...vote, height: 999, t: lines.at(-1)!.t }];
    },
  ],
  "a vote for two blocks": [
    "A4 no double signing",
    (lines) =>
      lines.flatMap((line) =>
        line.kind === "voted" ? [line, { ...line, block: "d".repeat(64) } as Lines[number]] : [line],
      ),
  ],
  "a lock that is forgotten": [
    "A4 locks",
    (lines) =>
      lines.flatMap((line) => {
        if (line.kind !== "stored" || line.slot !== "vote") return [line];
        const record = decodeRecord(Buffer.from(line.bytes, "base64"));
        if (!record.ok || record.value.locked === null) return [line];
        const bytes = Buffer.from(encodeRecord({ ...record.value, locked: null })).toString("base64");
        return [line, { ...line, bytes }];
      }),
  ],
};

test.each(Object.entries(CASES))("%s is caught", async (_, [caught, tamper]) => {
  const checked = await check(tampered(tamper));
  expect(verdicts(checked, "broken")).toContain(caught);
  const first = checked.invariants.find(({ id }) => id === caught)?.first;
  expect(first?.at.line).toBeGreaterThan(1);
  expect(first?.at.atMs).toBeGreaterThan(0);
  expect(ALL).toContain(first?.at.name);
});

test("refusals of and accusations against agents whose traces these are count, unless they are distrusted", async () => {
  const paths = tampered((lines, name) =>
    name !== "ada"
      ? lines
      : [
          ...lines,
          { t: lines.at(-1)!.t, agent: name, kind: "refused", from: nodes[1]!.id, code: "bad-signature" },
          { t: lines.at(-1)!.t, agent: name, kind: "evidence", job: (lines[0] as Applied).job, culprit: nodes[1]!.id },
        ],
  );
  const checked = await check(paths);
  expect(verdicts(checked, "broken")).toEqual(["verdicts", "A5 evidence"]);
  expect(checked.invariants.find(({ id }) => id === "verdicts")?.note).toBe("refused bob: bad-signature");
  expect(verdicts(await check(paths, ["bob"]), "broken")).toEqual([]);
  await expect(check(paths, ["zoe"])).rejects.toMatchObject({ code: "usage" });
});

test("traces of two meshes are not one run's", async () => {
  const other = join(folder, "other.jsonl");
  writeFileSync(other, readFileSync(fileOf("ada"), "utf8").replace(/"meshId":"[^"]*"/, '"meshId":"elsewhere"'));
  await expect(check([fileOf("bob"), other])).rejects.toMatchObject({ code: "invalid-file" });
});
