/**
 * Learning over real libp2p: four nodes of which one lies, a job with three workers a task. Afterwards its hosts explain
 * whom they chose, the owner knows who was wrong, and its next job begins with that.
 */

import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { parseJob } from "../../node/job-file/parse-job.ts";
import { KNOWLEDGE_FILE, readKnowledge } from "../../node/knowledge.ts";
import { createNode, type MeshworkNode } from "../../node/node.ts";
import { builtInSkills } from "../../node/skills/built-in.ts";
import { lyingSkills } from "../../node/skills/lying.ts";
import type { JobHandle } from "../../node/submitted-job.ts";
import type { TaskId } from "../../protocol/core/ids.ts";
import { FEATURES } from "../../protocol/selection/context.ts";
import type { Value } from "../../protocol/wire/value.ts";
import { runInProcess, type Said } from "../support/in-process-cli.ts";
import { newMesh } from "../support/network-nodes.ts";
import { waitFor } from "../support/wait.ts";

const NAMES = ["ada", "bob", "cyd", "eve"];
const LIAR = "eve";
const WORDS = ["to", "be", "or", "not", "that", "is", "the", "question", "whether", "it", "nobler", "mind"];
/** All four greet: the first three offers could be those of the honest ones, and nobody would hear of the liar. */
const JOB = `
name: shout
budget: 100
deadline: 60s
selector: linucb
policy: { redundancy: 3, redundancyMax: 7, accept: { rule: majority }, timeout: 20s }
tasks:
  greet: { skill: text.upper, map: { over: [all] }, policy: { redundancy: 4 } }
  shout: { skill: text.upper, map: { over: [${WORDS.map((word) => JSON.stringify(word)).join(", ")}] } }
output: shout
`;

const folder = mkdtempSync(join(tmpdir(), "meshwork-learning-"));
const traceOf = (name: string): string => join(folder, `${name}.jsonl`);
const knowledgeFile = join(folder, "ada", KNOWLEDGE_FILE);
const mesh = newMesh();
const nodes: MeshworkNode[] = [];
const owner = (): MeshworkNode => nodes[0]!;
const idOf = (name: string) => nodes[NAMES.indexOf(name)]!.id;
const honest = (): string[] => NAMES.filter((name) => name !== LIAR).map(idOf);

const hostsOf = (status: Value): number =>
  (status as unknown as { readonly agents: readonly { readonly hosts: boolean }[] }).agents.filter(({ hosts }) => hosts)
    .length;

async function run(): Promise<JobHandle> {
  const handle = await owner().submit(await parseJob(JOB, { file: "job.yaml", directory: "." }));
  expect(await handle.result()).toMatchObject({ status: "certified" });
  return handle;
}

let first: JobHandle;

beforeAll(async () => {
  for (const name of NAMES) {
    const skills = name === LIAR ? lyingSkills(builtInSkills) : builtInSkills;
    const more = name === "ada" ? { data: join(folder, name) } : {};
    const joined = nodes[0]?.addresses() ?? [];
    nodes.push(await createNode({ mesh, name, skills, slots: 4, join: joined, trace: traceOf(name), ...more }));
  }
  await owner().until(async (node) => hostsOf(await node.status()) === NAMES.length, 30_000, "meeting the agents");
  first = await run();
  await waitFor(() => existsSync(knowledgeFile));
}, 120_000);

afterAll(async () => {
  await Promise.all(nodes.map((node) => node.stop()));
  rmSync(folder, { recursive: true, force: true });
});

const cli = (...argv: readonly string[]): Promise<Said> => runInProcess(argv, { XDG_CONFIG_HOME: folder });

test("a host explains a task: who was there, what was known of them, and who was picked", async () => {
  for (const of of nodes) {
    const choices = await owner().explanation(first.id, "shout/0" as TaskId, of.id);
    expect(choices.length).toBeGreaterThan(0);
    const picked = new Set<string>();
    for (const { skill, features, candidates } of choices) {
      expect(skill).toBe("text.upper");
      expect(features).toEqual(FEATURES);
      for (const { agent, picked: why, context, known } of candidates) {
        expect(nodes.map(({ id }) => id as string)).toContain(agent);
        expect(context).toHaveLength(FEATURES.length);
        expect(known.slots).toBe(4);
        if (why !== null) picked.add(agent);
      }
    }
    expect(picked.size).toBeGreaterThanOrEqual(3);
  }
  expect(await owner().explanation(first.id, "nothing" as TaskId)).toEqual([]);
});

test("members remember the same choices", async () => {
  const [told, ...others] = await Promise.all(
    nodes.map(({ id }) => owner().explanation(first.id, "shout/11" as TaskId, id)),
  );
  expect(told!.length).toBeGreaterThan(0);
  for (const other of others) expect(other).toEqual(told);
});

test("the owner knows who was wrong, and nobody else was taught", () => {
  const { records, learned } = readKnowledge(knowledgeFile);
  const liar = records.find(({ agent }) => agent === idOf(LIAR))!;
  expect(liar).toMatchObject({ skill: "text.upper", accepted: 0 });
  expect(liar.rejected).toBeGreaterThan(0);
  for (const { agent, accepted, rejected } of records.filter((record) => record !== liar)) {
    expect(honest()).toContain(agent);
    expect([accepted > 0, rejected]).toEqual([true, 0]);
  }
  expect(Object.keys(learned)).toEqual(["linucb"]);
});

test("agents are found by words, by every node", async () => {
  for (const of of nodes) {
    const found = await owner().findAgents("upper case letters of a text", 10, of.id);
    expect(found.map(({ agent }) => agent).sort()).toEqual(nodes.map(({ id }) => id).sort());
    expect(found[0]!.skill).toBe("text.upper");
  }
  expect(await owner().findAgents("upper case letters of a text", 2)).toHaveLength(2);
});

test("meshwork explain reads the same from traces", async () => {
  const task = "shout/0";
  const made = NAMES.map(traceOf).filter((file) =>
    readFileSync(file, "utf8")
      .split("\n")
      .some((line) => line.includes('"chosen"') && line.includes(`"${task}"`)),
  );
  expect(made.length).toBeGreaterThan(0); // the makers of the blocks say it
  const asked = await owner().explanation(first.id, task as TaskId);
  const heights = new Set<number>();
  for (const file of made) {
    const { code, out } = await cli("explain", first.id, task, "--run", file, "--json");
    expect(code).toBe(0);
    const { choices } = JSON.parse(out) as { choices: typeof asked };
    for (const choice of choices) {
      heights.add(choice.height);
      const { candidates } = asked.find(({ height }) => height === choice.height)!;
      expect(choice.candidates).toEqual(candidates);
    }
    const { out: text } = await cli("explain", first.id, task, "--run", file);
    expect(text).toMatch(/^attempt 1, block \d+: \d seats?, \d offers?/);
    expect(text).toMatch(/^> /m);
  }
  expect([...heights].sort()).toEqual(asked.map(({ height }) => height).sort());
  const unknown = await cli("explain", first.id, "no/task", "--run", made[0]!);
  expect([unknown.code, unknown.err]).toEqual([1, expect.stringContaining('no task is called "no/task"')]);
});

test("meshwork explain and agents ask an agent", async () => {
  const to = nodes[1]!.addresses()[0]!;
  const explained = await cli("explain", first.id, "shout/0", "--to", to, "--mesh", mesh);
  expect([explained.code, explained.err]).toEqual([0, ""]);
  expect(explained.out).toMatch(/^> (ada|bob|cyd|eve) /m);
  expect(explained.out).toMatch(
    /^accepted by majority, compared by exact: [23] of 3 results, probability 0\.\d{3}, margin \d\.\d\d$/m,
  );
  const found = await cli("agents", "upper", "case", "--to", to, "--mesh", mesh, "--json");
  const { agents } = JSON.parse(found.out) as { agents: { skill: string }[] };
  expect(agents[0]).toMatchObject({ skill: "text.upper" });
});

test("meshwork agents says how well what they stated fitted their answers, as far as the user's jobs know", async () => {
  const to = nodes[1]!.addresses()[0]!;
  const asked = ["agents", "upper", "case", "--to", to, "--mesh", mesh, "--calibration"];
  expect((await cli(...asked)).out).toContain("your jobs know of no answer of it with a stated confidence");
  expect((await cli("knowledge", "import", knowledgeFile, "--data", join(folder, "meshwork"))).code).toBe(0);
  const said = await cli(...asked);
  expect([said.code, said.err]).toEqual([0, ""]);
  expect(said.out).toMatch(/with a stated confidence: Brier score 0\.00, calibration error 0\.00$/m);
  expect(said.out).toMatch(/with a stated confidence: Brier score 1\.00, calibration error 1\.00$/m);
  const { agents } = JSON.parse((await cli(...asked, "--json")).out) as {
    agents: { name: string; skill: string; calibration: { brier: number } | null }[];
  };
  const liar = agents.find(({ name, skill }) => name === LIAR && skill === "text.upper")!;
  expect(liar.calibration).toMatchObject({ brier: 1, curve: [{ from: 0.97, to: 1, statedMean: 1, acceptedShare: 0 }] });
  expect(agents.find(({ skill }) => skill !== "text.upper")?.calibration ?? null).toBeNull();
  const plain = JSON.parse((await cli(...asked.slice(0, -1), "--json")).out) as { agents: object[] };
  expect(plain.agents.every((agent) => !("calibration" in agent))).toBe(true);
});

test("meshwork knowledge shows it, takes it along, and puts it elsewhere", async () => {
  const data = join(folder, "ada");
  const shown = await cli("knowledge", "show", "--data", data);
  expect([shown.code, shown.err]).toEqual([0, ""]);
  expect(shown.out).toMatch(new RegExp(`^${LIAR} +${idOf(LIAR).slice(-6)} +text\\.upper +0 +[1-9]`, "m"));
  expect(shown.out).toMatch(/selectors that learned: linucb/);

  const file = join(folder, "exported.json");
  expect((await cli("knowledge", "export", file, "--data", data)).code).toBe(0);
  expect((await cli("knowledge", "export", file, "--data", data)).code).toBe(2);
  const elsewhere = join(folder, "elsewhere");
  expect((await cli("knowledge", "show", "--data", elsewhere)).err).toMatch(/there is no folder/);
  expect((await cli("knowledge", "show", "--data", folder)).out).toMatch(/nothing is known yet/);
  expect((await cli("knowledge", "import", file, "--data", elsewhere)).code).toBe(0);
  expect(readKnowledge(join(elsewhere, KNOWLEDGE_FILE))).toEqual(readKnowledge(knowledgeFile));
  const again = await cli("knowledge", "import", file, "--data", elsewhere);
  expect([again.code, again.err]).toEqual([2, expect.stringContaining("--force")]);
  expect((await cli("knowledge", "import", file, "--data", elsewhere, "--force")).code).toBe(0);
  const missing = await cli("knowledge", "import", join(folder, "missing.json"), "--data", elsewhere);
  expect([missing.code, missing.err]).toEqual([expect.any(Number), expect.stringContaining("missing.json")]);
  expect(missing.code).not.toBe(0);
});

test("the next job begins with it, and gives the liar less", async () => {
  const known = readKnowledge(knowledgeFile);
  const second = await run();
  const { knowledge } = second.genesis;
  expect(knowledge.learned).toEqual(known.learned.linucb);
  expect(knowledge.records).toHaveLength(known.records.length);
  const liar = knowledge.records.find(({ agent }) => agent === idOf(LIAR))!;
  expect(liar).toMatchObject({ skill: "text.upper", accepted: 0 });
  expect(liar.rejected).toBeGreaterThanOrEqual(1_000);
  await waitFor(() => readKnowledge(knowledgeFile).records.some(({ accepted }) => accepted > WORDS.length));
  // Whoever offers first is seated at once; where all could be had, it was not the liar.
  let compared = 0;
  for (let i = 0; i < WORDS.length; i++)
    for (const { candidates } of await owner().explanation(second.id, `shout/${i}` as TaskId)) {
      const seats = candidates.filter(({ picked }) => picked !== null);
      const told = candidates.find(({ agent }) => agent === idOf(LIAR));
      if (told === undefined || candidates.length <= seats.length) continue;
      compared++;
      expect([told.picked, told.known.acceptedBefore]).toEqual([null, 0]);
      expect(told.known.rejectedBefore).toBeGreaterThanOrEqual(1);
    }
  expect(compared).toBeGreaterThan(0);
}, 90_000);

test("the owner says how good the result was, once, and all that had a part in it are known for it", async () => {
  const before = readKnowledge(knowledgeFile);
  const { credits } = before.unscored.find(({ job }) => job === first.id)!;
  expect(new Set(credits.map(({ agent }) => agent))).toEqual(new Set(honest()));
  owner().feedback(first.id, 0);
  const after = readKnowledge(knowledgeFile);
  for (const { agent } of credits) {
    const rejectedOf = ({ records }: typeof before): number => records.find((one) => one.agent === agent)!.rejected;
    expect(rejectedOf(after)).toBeGreaterThan(rejectedOf(before));
  }
  expect(after.learned).not.toEqual(before.learned);
  expect(() => owner().feedback(first.id, 1)).toThrow("waits for a score");
});
