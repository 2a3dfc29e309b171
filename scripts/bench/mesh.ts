/**
 * What the benchmarks of whole meshes share: nodes in this process with real libp2p and real disks, and jobs whose
 * answers are checked before anything about them counts.
 */

import { join } from "node:path";
import { z } from "zod";
import { parseJob } from "../../node/job-file/parse-job.ts";
import { createNode, type MeshworkNode } from "../../node/node.ts";
import { agentsOf } from "../../node/node-status.ts";
import { hasher, nodeCrypto } from "../../node/platform/crypto.ts";
import { temporaryFolder } from "../../node/platform/files/temporary-folder.ts";
import { defineSkill } from "../../node/skills/skill.ts";
import type { JobEvent } from "../../node/submitted-job.ts";
import { createAgent } from "../../protocol/agent/agent.ts";
import { utf8 } from "../../protocol/core/bytes.ts";
import { verify } from "../../protocol/job/certificate.ts";
import type { CreateMachine } from "../../protocol/machine.ts";
import { decodeMessage } from "../../protocol/wire/message.ts";

/** SHA-256 of a text of about 30 bytes: the least that is work at all. */
const digest = defineSkill({
  name: "bench.digest",
  description: "SHA-256 of a text.",
  input: z.string(),
  output: z.string(),
  price: 0.000001,
  expectedMs: 1,
  run: (input) => hasher(utf8(input)),
});

/** Messages that the nodes sent so far, by kind. */
export type Sent = Map<string, number>;

/** The agent, with what it sends counted. */
function counting(sent: Sent): CreateMachine {
  return (config, records) => {
    const agent = createAgent(config, records);
    return {
      step(now, input) {
        const effects = agent.step(now, input);
        for (const effect of effects) {
          if (effect.kind !== "send") continue;
          const decoded = decodeMessage(effect.bytes);
          if (decoded.ok) sent.set(decoded.value.kind, (sent.get(decoded.value.kind) ?? 0) + 1);
        }
        return effects;
      },
    };
  };
}

interface BenchMesh {
  readonly nodes: readonly MeshworkNode[];
  readonly owner: MeshworkNode;
  stop(): Promise<void>;
}

/** Four nodes that are committee and workers at once, each with its own disk, and the owner. `isTraced`: each writes a trace. */
export async function startMesh(
  slots: number,
  sent: Sent | null = null,
  { isTraced = false } = {},
): Promise<BenchMesh> {
  const temporary = temporaryFolder("meshwork-bench");
  const folder = temporary.path;
  const mesh = `bench-${process.pid}-${performance.now()}`;
  const nodes: MeshworkNode[] = [];
  for (let i = 0; i < 4; i++) {
    const joined = nodes.map((node) => node.addresses()[0]!);
    nodes.push(
      await createNode({
        mesh,
        name: `n${i}`,
        slots,
        skills: [digest],
        data: join(folder, `n${i}`),
        join: joined,
        ...(isTraced ? { trace: join(folder, `n${i}.jsonl`), traceState: true } : {}),
        ...(sent === null ? {} : { createMachine: counting(sent) }),
      }),
    );
  }
  const owner = await createNode({ mesh, name: "owner", host: false, join: nodes.map((node) => node.addresses()[0]!) });
  await owner.until(async (node) => agentsOf(await node.status()).length === 5, 30_000, "the nodes meeting");
  return {
    nodes,
    owner,
    async stop() {
      for (const node of [owner, ...nodes]) await node.stop();
      temporary.remove();
    },
  };
}

export interface Ran {
  readonly ms: number;
  readonly events: readonly (JobEvent & { readonly atMs: number })[];
}

/** Runs a job and checks its certificate and result; throws if either is not as it must be. */
export async function runJob(mesh: BenchMesh, yaml: string, expected: (result: unknown) => boolean): Promise<Ran> {
  const job = await parseJob(yaml, { file: "bench.yaml", directory: "." });
  const handle = await mesh.owner.submit(job);
  const events: (JobEvent & { atMs: number })[] = [];
  const started = performance.now();
  for await (const event of handle.events()) events.push({ ...event, atMs: performance.now() });
  const ms = performance.now() - started;
  const outcome = await handle.result();
  if (outcome.status !== "certified") throw new Error(`the job ${outcome.status}: ${outcome.reason}`);
  const checked = verify(nodeCrypto, outcome.certificate, { result: outcome.result, job: handle.id });
  if (!checked.ok) throw new Error(checked.message);
  if (!expected(outcome.result)) throw new Error("the result is not the expected one");
  return { ms, events };
}

const text = (index: number): string => `${index} `.padEnd(30, "x");

export function mapJob(tasks: number, redundancy: number): { yaml: string; isRight: (result: unknown) => boolean } {
  const items = JSON.stringify(Array.from({ length: tasks }, (_, index) => text(index)));
  const yaml = `name: bench\nbudget: 1000\ndeadline: 1h\nwindow: 1500ms\npolicy: { redundancy: ${redundancy}, timeout: 60s }\ntasks:\n  work: { skill: bench.digest, map: { over: ${items} } }\noutput: work\n`;
  const right = Array.from({ length: tasks }, (_, index) => hasher(utf8(text(index))));
  return { yaml, isRight: (result) => JSON.stringify(result) === JSON.stringify(right) };
}

export function chainJob(steps: number): { yaml: string; isRight: (result: unknown) => boolean } {
  const yaml = `name: bench\nbudget: 1000\nwindow: 1500ms\ntasks:\n  chain: { skill: bench.digest, input: start, chain: { steps: ${steps} } }\noutput: chain\n`;
  let value = "start";
  for (let i = 0; i < steps; i++) value = hasher(utf8(value));
  return { yaml, isRight: (result) => result === value };
}
