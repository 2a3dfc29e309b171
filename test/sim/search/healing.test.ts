/** Scenarios that name their committee, heal, and are held to liveness; faults that aim at committees; certificates. */

import { describe, expect, test } from "vitest";
import { parseYaml } from "../../../node/platform/files/yaml-source.ts";
import { createAgent } from "../../../protocol/agent/agent.ts";
import { MeshworkError } from "../../../protocol/core/errors.ts";
import type { CreateMachine } from "../../../protocol/machine.ts";
import { simHost } from "../../../scripts/sim-host.ts";
import { createRegistry } from "../../../sim/load/built-in.ts";
import { parseScenario } from "../../../sim/load/parse-scenario.ts";
import { runText } from "../../support/run-scenario-text.ts";

const MESH = `
name: healing
agents:
  - { name: m, count: 5, skills: [] }
  - { name: s, count: 1, skills: [] }
  - { name: stranger, count: 1, skills: [], behave: { lyingCommittee: { lie: stateHash, fromHeight: 2 } } }
  - { name: w, count: 3, hosts: false, profile: { accuracy: 1, latencyMs: 300 } }
clients: [m1]
network: { overlay: { kind: full }, latencyMs: 10 }
`;
const WORK = `
workload:
  committee: { m1: 2, m2: 2, m3: 1, m4: 1, m5: 1 }
  standbys: [s1]
  shape: { kind: chain, steps: 20 }
`;
const FAULTS = `
faults:
  - { at: 6s, restart: { which: [m4], orderly: true, downMs: 300 } }
  - { at: 7s, crashAtWrite: { which: [m2], downMs: 500 } }
  - { at: 8s, loneDecider: { which: [m3], muteMs: 1500, restart: [m2] } }
  - { at: 8s, rogueJob: { which: [stranger1] } }
`;

const brokenOf = ({ result }: Awaited<ReturnType<typeof runText>>): string | undefined =>
  result.invariants.find(({ first }) => first !== null)?.first?.message;

test("a named committee under faults that aim at it: each takes effect, all heals, the job is certified", async () => {
  const run = await runText(`${MESH}${WORK}${FAULTS}heal: { at: 12s }\n`);
  expect(brokenOf(run)).toBeUndefined();
  expect(run.summary.shortfalls).toEqual([]);
  expect(run.result.faults.map(({ hit }) => hit)).toEqual([1, 1, 1, 1]);
  expect(run.result.metrics).toMatchObject({ completion: 1 });
  expect(run.result.invariants.map(({ id }) => id)).toEqual(expect.arrayContaining(["4 certificates", "11 liveness"]));
  expect(run.result.agents.filter(({ state }) => state !== "up")).toEqual([]);
});

test("healing starts whoever died, ends what lasts, and gives clocks and the network back", async () => {
  const faults = `
faults:
  - { at: 6s, kill: { which: [m2, w1] } }
  - { at: 6s, slow: { which: [m3], serviceMs: 50 } }
  - { at: 6s, pause: { which: [m4] } }
  - { at: 6s, partition: { groups: [0.5, 0.5] } }
  - { at: 6s, loss: { frames: 1 } }
`;
  const run = await runText(`${MESH}${WORK}${faults}heal: { at: 20s, within: 60s }\n`);
  expect(brokenOf(run)).toBeUndefined();
  expect(run.result.metrics).toMatchObject({ completion: 1 });
  expect(run.result.agents.filter(({ state }) => state !== "up")).toEqual([]);
});

test("a job that does not end in its time after the healing breaks liveness; without healing nothing is asked", async () => {
  const slow = `${MESH}${WORK}`.replace("latencyMs: 300", "latencyMs: 20000");
  const run = await runText(`${slow}heal: { at: 6s, within: 1s }\n`);
  expect(brokenOf(run)).toMatch(/^11 liveness: after 1000 ms without faults: height \d+, running, not ended at m1/);
  expect(run.summary.verdict).toBe("fail");
  expect(brokenOf(await runText(`${slow}maxTime: 12s\n`))).toBeUndefined();
});

test("a certificate that is not the job's breaks invariant 4, and its questions are no part of the run", async () => {
  const forging: CreateMachine = (config, records) => {
    const machine = createAgent(config, records);
    return {
      step: (now, input) =>
        machine.step(now, input).map((effect) => {
          if (effect.kind !== "event" || effect.event.kind !== "reply" || effect.event.bytes.length < 200)
            return effect;
          const bytes = effect.event.bytes.slice();
          bytes[bytes.length >> 1]! ^= 1;
          return { ...effect, event: { ...effect.event, bytes } };
        }),
    };
  };
  const text = `${MESH}${WORK}heal: { at: 6s }\n`;
  const forged = await runText(text, { host: { ...simHost, createMachine: forging } });
  expect(brokenOf(forged)).toMatch(/^4 certificates: /);
  expect(forged.result.digest).not.toBe("");
});

test("tasks in stages, asked for in words, with outputs that travel as blobs; and cancelled", async () => {
  const stages = `
workload:
  committee: { m1: 1, m2: 1, m3: 1, m4: 1 }
  outputBytes: 17384
  shape:
    kind: stages
    like: do some work
    stages: [{ kind: map, tasks: 5, batch: 2 }, { kind: single }, { kind: chain, tasks: 3, input: own }]
`;
  const done = await runText(`${MESH}${stages}`);
  expect(done.result.metrics).toMatchObject({ completion: 1, accuracy: 1 });
  expect(done.result.metrics.bytes).toBeGreaterThan(5 * 17_384);
  const cancelled = await runText(`${MESH}${stages}  cancelAfter: 400ms\n`);
  expect(cancelled.result.timeline.map(({ text }) => text)).toContainEqual(expect.stringContaining("job 1 cancelled"));
});

describe("what could never be is refused", () => {
  const registry = createRegistry();
  const problem = (text: string): string => {
    try {
      parseScenario(parseYaml("f.yaml", text), registry);
    } catch (error) {
      if (error instanceof MeshworkError) return error.message;
      throw error;
    }
    return "accepted";
  };

  test.each([
    ["committee: { m1: 1, m9: 1, m2: 1, m3: 1 }", 'there is no agent "m9"'],
    ["committee: { m1: 1, w1: 1, m2: 1, m3: 1 }", 'there is no agent "w1"'],
    ["committee: { m1: 1, m2: 1 }", "a committee of 2 is no safer than one of 1"],
    ["committee: { m1: 3, m2: 1, m3: 1, m4: 1 }", "m1 has 3 of 6 powers, a third or more"],
    ["standbys: [s1]", "standbys have names, and the committee has none"],
    ["committee: { m1: 1 }\n  standbys: [m1]", 'there is no agent "m1"'],
    ["shape: { kind: stages, stages: [{ kind: map, input: output }] }", "the first stage has no stage before it"],
    ["shape: { kind: stages, stages: [{ kind: single, tasks: 2 }] }", "a single stage of 2 tasks"],
    ["shape: { kind: stages, stages: [{ kind: chain, tasks: 2, batch: 2 }] }", "a chain has no batches"],
    ["shape: { kind: stages, stages: [{ kind: map }, { kind: map, input: output }] }", "a map over the outputs"],
  ])("%s", (line, message) => {
    expect(problem(`${MESH}workload:\n  ${line}\n`)).toContain(message);
  });

  test.each([
    ["heal: { at: 8s }\nfaults: [{ at: 9s, pause: { count: 1 } }]", "begins at 9s, when everything has healed"],
    ["heal: { at: 20s }\nmaxTime: 10s", "it heals at 20s, when the run has ended"],
  ])("%s", (lines, message) => {
    expect(problem(`${MESH}${WORK}${lines}\n`)).toContain(message);
  });

  test("clients that are no agents", () => {
    expect(problem(`${MESH.replace("[m1]", "[m7]")}${WORK}`)).toContain('there is no agent "m7"');
  });
});
