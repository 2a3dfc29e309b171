/**
 * What inputs cost the agents of this machine: `meshwork sim calibrate`. Seven real nodes in this process, over libp2p on
 * the loopback device and with their stores on disk, do two jobs, one of small inputs and one of large ones. The processor's
 * time divided by the inputs that the agents took gives the cost of an input; the difference of the two jobs gives that of
 * its bytes. Forced writes, signatures and round trips are measured apart, with the same code that nodes use.
 *
 * An input's cost includes all that belongs to it: decryption, decoding, signatures, the step, encoding and encryption.
 */

import { once } from "node:events";
import { type AddressInfo, connect, createServer } from "node:net";
import { availableParallelism, cpus } from "node:os";
import { join } from "node:path";
import { z } from "zod";
import { parseJob } from "../node/job-file/parse-job.ts";
import { makeIdentity } from "../node/network/identity.ts";
import { createNode, type MeshworkNode } from "../node/node.ts";
import { agentsOf } from "../node/node-status.ts";
import { createSigner, hasher, nodeCrypto } from "../node/platform/crypto.ts";
import { temporaryFolder } from "../node/platform/files/temporary-folder.ts";
import { defineSkill } from "../node/skills/skill.ts";
import { createRecordStore } from "../node/store/record-store.ts";
import { createAgent } from "../protocol/agent/agent.ts";
import { utf8 } from "../protocol/core/bytes.ts";
import type { JobId } from "../protocol/core/ids.ts";
import type { CreateMachine } from "../protocol/machine.ts";
import type { Measured } from "../sim/model/calibration.ts";
import type { Calibrate } from "../sim/model/host.ts";
import { percentile } from "../sim/run/statistics.ts";

const AGENTS = 7;
const TASKS = 120;
const ROUNDS = 3;
const SMALL_BYTES = 32;
const LARGE_BYTES = 4 * 1024;
/** Repetitions of what is measured by itself. */
const WRITES = 60;
const SIGNATURES = 400;
const ROUND_TRIPS = 300;
const MEET_MS = 60_000;
const RECORD_BYTES = 512;

const digest = defineSkill({
  name: "calibrate.digest",
  description: "SHA-256 of a text.",
  input: z.string(),
  output: z.string(),
  price: 0.000001,
  expectedMs: 1,
  run: (text) => hasher(utf8(text)),
});

/** Inputs that agents took, and their bytes. */
interface Taken {
  inputs: number;
  bytes: number;
}

const counting =
  (taken: Taken): CreateMachine =>
  (config, records) => {
    const agent = createAgent(config, records);
    return {
      step(now, input) {
        taken.inputs++;
        if (input.kind === "frame" || input.kind === "gossip") taken.bytes += input.bytes.length;
        return agent.step(now, input);
      },
    };
  };

const median = (values: readonly number[]): number => percentile(values, 0.5)!;

/** The median time of one call, ms. */
function timeOf(times: number, call: (index: number) => void): number {
  return median(
    Array.from({ length: times }, (_, index) => {
      const startedMs = performance.now();
      call(index);
      return performance.now() - startedMs;
    }),
  );
}

/** How long the nodes' store takes for a forced write, on the disk that holds `folder`. */
function forcedWriteMs(folder: string): number {
  const store = createRecordStore({
    folder,
    onError(error) {
      throw error;
    },
  });
  const job = hasher(utf8("calibration")) as string as JobId;
  const bytes = new Uint8Array(RECORD_BYTES);
  try {
    return timeOf(WRITES, (index) =>
      store.write([{ kind: "persist", job, slot: `block/${index}`, bytes, durable: true }]),
    );
  } finally {
    store.close();
  }
}

function signatureMs(): { readonly signMs: number; readonly verifyMs: number } {
  const signer = createSigner(makeIdentity());
  const message = utf8("x".repeat(200));
  const signMs = timeOf(SIGNATURES, () => signer.sign(message));
  const signature = signer.sign(message);
  const verifyMs = timeOf(SIGNATURES, () => nodeCrypto.verify(signer.agent, message, signature));
  return { signMs, verifyMs };
}

/** Half of a round trip of a few bytes. */
async function loopbackMs(): Promise<number> {
  const server = createServer((accepted) => accepted.setNoDelay(true).pipe(accepted)).listen(0, "127.0.0.1");
  await once(server, "listening");
  const socket = connect({ port: (server.address() as AddressInfo).port, host: "127.0.0.1", noDelay: true });
  await once(socket, "connect");
  try {
    const times: number[] = [];
    for (let i = 0; i < ROUND_TRIPS; i++) {
      const startedMs = performance.now();
      socket.write("x");
      await once(socket, "data");
      times.push((performance.now() - startedMs) / 2);
    }
    return median(times);
  } finally {
    socket.destroy();
    server.close();
  }
}

// --- a real mesh ----------------------------------------------------------------------------------------

interface Mesh {
  readonly nodes: readonly MeshworkNode[];
  readonly owner: MeshworkNode;
}

/** On ports of this machine that the system chooses, with nothing announced to the network around. */
async function startMesh(folder: string, taken: Taken, started: MeshworkNode[]): Promise<Mesh> {
  const mesh = `calibrate-${process.pid}-${Date.now()}`;
  const addresses = (): string[] => started.map((node) => node.addresses()[0]!);
  const createMachine = counting(taken);
  const quiet = { mesh, mdns: false, createMachine } as const;
  for (let i = 1; i <= AGENTS; i++) {
    const name = `n${i}`;
    started.push(
      await createNode({ ...quiet, name, slots: 4, skills: [digest], data: join(folder, name), join: addresses() }),
    );
  }
  const owner = await createNode({ ...quiet, name: "owner", host: false, join: addresses() });
  started.push(owner);
  const everybody = async (node: MeshworkNode): Promise<boolean> => agentsOf(await node.status()).length === AGENTS + 1;
  await owner.until(everybody, MEET_MS, "the nodes meeting");
  return { nodes: started, owner };
}

/** Processor time and inputs of one job. */
async function costOf(mesh: Mesh, taken: Taken, itemBytes: number, tasks: number): Promise<Cost> {
  const items = Array.from({ length: tasks }, (_, index) => `${index} `.padEnd(itemBytes, "x"));
  const yaml = `name: calibrate\nbudget: 1000\npolicy: { redundancy: 3, timeout: 60s }\ntasks:\n  work: { skill: ${digest.name}, map: { over: ${JSON.stringify(items)} } }\noutput: work\n`;
  const job = await parseJob(yaml, { file: "calibrate.yaml", directory: "." });
  const before = { ...taken };
  const cpu = process.cpuUsage();
  const outcome = await (await mesh.owner.submit(job)).result();
  const { user, system } = process.cpuUsage(cpu);
  if (outcome.status !== "certified") throw new Error(`the job for measuring ${outcome.status}: ${outcome.reason}`);
  return { inputs: taken.inputs - before.inputs, bytes: taken.bytes - before.bytes, cpuMs: (user + system) / 1_000 };
}

type Cost = Taken & { cpuMs: number };

function add(sum: Cost, cost: Cost): void {
  sum.inputs += cost.inputs;
  sum.bytes += cost.bytes;
  sum.cpuMs += cost.cpuMs;
}

const rounded = (value: number): number => Number(value.toPrecision(3));

async function inputCosts(
  folder: string,
  { signal, onStage, tasks = TASKS, rounds = ROUNDS }: Parameters<Calibrate>[0],
): Promise<{ readonly baseMs: number; readonly perKibMs: number; readonly inputs: number }> {
  const taken: Taken = { inputs: 0, bytes: 0 };
  const started: MeshworkNode[] = [];
  try {
    onStage(`${AGENTS} nodes meet`);
    const mesh = await startMesh(folder, taken, started);
    const run = async (stage: string, bytes: number) => {
      signal.throwIfAborted();
      onStage(stage);
      return costOf(mesh, taken, bytes, tasks);
    };
    // The first jobs pay for what V8 compiles: nodes that have run for a minute no longer do.
    for (const bytes of [SMALL_BYTES, LARGE_BYTES]) await run("jobs to warm up", bytes);
    const small = { inputs: 0, bytes: 0, cpuMs: 0 };
    const large = { inputs: 0, bytes: 0, cpuMs: 0 };
    for (let i = 1; i <= rounds; i++) {
      add(small, await run(`jobs of small and of large inputs, ${i} of ${rounds}`, SMALL_BYTES));
      add(large, await run(`jobs of small and of large inputs, ${i} of ${rounds}`, LARGE_BYTES));
    }
    const perInput = small.cpuMs / small.inputs;
    const kib = (of: Taken): number => of.bytes / of.inputs / 1_024;
    const slope = (large.cpuMs / large.inputs - perInput) / (kib(large) - kib(small));
    const perKibMs = Math.max(0, slope);
    return { baseMs: Math.max(0, perInput - perKibMs * kib(small)), perKibMs, inputs: small.inputs + large.inputs };
  } finally {
    for (const node of started.reverse()) await node.stop();
  }
}

export const calibrate: Calibrate = async (options): Promise<Measured> => {
  const { onStage } = options;
  const temporary = temporaryFolder("meshwork-calibrate");
  const folder = temporary.path;
  try {
    onStage("forced writes, signatures, round trips");
    const writeMs = forcedWriteMs(join(folder, "store"));
    const { signMs, verifyMs } = signatureMs();
    const wayMs = await loopbackMs();
    const { baseMs, perKibMs, inputs } = await inputCosts(folder, options);
    return {
      baseMs: rounded(baseMs),
      perKibMs: rounded(perKibMs),
      forcedWriteMs: rounded(writeMs),
      measured: {
        node: process.version,
        processor: cpus()[0]?.model.trim() ?? "unknown",
        cores: availableParallelism(),
        agents: AGENTS,
        inputs,
        signMs: rounded(signMs),
        verifyMs: rounded(verifyMs),
        loopbackMs: rounded(wayMs),
      },
    };
  } finally {
    temporary.remove();
  }
};
