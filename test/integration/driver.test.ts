/** The driver with tiny agents: order of effects, group commit, what is owed back, and how it ends. */

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { createDriver, type Driver } from "../../node/driver.ts";
import { makeIdentity } from "../../node/network/identity.ts";
import { createNetwork, type Network, type Reading } from "../../node/network/network.ts";
import { createSigner, hasher, nodeCrypto } from "../../node/platform/crypto.ts";
import type { AgentTraceWriter } from "../../node/platform/traces/trace-file.ts";
import type { SkillOutcome } from "../../node/skills/skill.ts";
import type { SkillRunner } from "../../node/skills/skill-runner.ts";
import { type BlobStore, createMemoryBlobStore } from "../../node/store/blob-store.ts";
import { createRecordStore, type RecordStore } from "../../node/store/record-store.ts";
import { AssertionError } from "../../protocol/core/assert.ts";
import { MeshworkError } from "../../protocol/core/errors.ts";
import type { AgentId, AwardRef, Hash, JobId, TaskId } from "../../protocol/core/ids.ts";
import { limits } from "../../protocol/core/limits.ts";
import type { Now } from "../../protocol/core/now.ts";
import type { Effect, LocalEvent } from "../../protocol/effect.ts";
import type { Input } from "../../protocol/input.ts";
import type { AgentConfig, StoredRecord } from "../../protocol/machine.ts";
import { ACCEPT } from "../../protocol/wire/verdict.ts";
import { allOf, NEEDS, NO_STATS, nothingStored, roomFor } from "../support/driver-parts.ts";
import { newMesh, silent, UNKNOWN_CLOCK } from "../support/network-nodes.ts";
import { waitFor } from "../support/wait.ts";

vi.setConfig({ testTimeout: 40_000 });
const JOB = "aa".repeat(32) as JobId;
const PEER = "peer" as AgentId;
const award: AwardRef = { job: JOB, task: "t" as TaskId, attempt: 0 };
const bytes = (...values: number[]): Uint8Array => Uint8Array.from(values);

type Step = (input: Input, now: Now) => readonly Effect[];

function configOf(identity = makeIdentity(), meshId = newMesh()): AgentConfig {
  return {
    meshId,
    signer: createSigner(identity),
    crypto: nodeCrypto,
    name: "tiny",
    incarnation: 1,
    ...{ skills: [], slots: 1, labels: [], hosts: true, addresses: [] },
  };
}

/** What happened, in the order in which it did. */
let happened: string[];
let reading: Reading[];
let blobs: BlobStore;
let deliver: (input: Input) => void;
const drivers: Driver[] = [];

beforeEach(() => {
  happened = [];
  reading = [];
  blobs = createMemoryBlobStore();
});
afterEach(async () => {
  await Promise.all(drivers.splice(0).map((driver) => driver.stop()));
});

const say = (what: string): void => {
  happened.push(what);
};

/** A network that only notes what it is asked for. */
function notingNetwork(agent: AgentId): Network {
  return {
    agent,
    start: async (to) => {
      deliver = to;
      say("network up");
    },
    ...{ addresses: () => [], peers: () => [], suggest: () => {}, clockOf: () => null, originOf: () => "" },
    ...{ clock: () => UNKNOWN_CLOCK, sharing: () => {} },
    send: (to, queue, frame) => say(`send ${to} ${queue} ${[...frame]}`),
    publish: (topic, message) => say(`publish ${topic} ${[...message]}`),
    subscribe: (topics) => say(`subscribe ${topics}`),
    verdict: (ticket, { verdict }) => say(`verdict ${ticket} ${verdict}`),
    misbehaved: (who, code) => say(`misbehaved ${who} ${code}`),
    address: (who, addresses) => say(`address ${who} ${addresses}`),
    fetchBlob: async (hash) => {
      say(`fetch ${hash.slice(0, 4)}`);
      return false;
    },
    setReading: (on) => {
      reading.push(on);
    },
    stats: () => NO_STATS,
    stop: async () => say("network down"),
  };
}

const notingStore = (overrides: Partial<RecordStore> = {}): RecordStore => ({
  write: (effects) =>
    say(`write ${effects.map((effect) => (effect.kind === "persist" ? effect.slot : "-")).join(" ")}`),
  read: () => [],
  ...nothingStored(),
  flush: () => say("flush"),
  close: () => say("close"),
  ...overrides,
});

const noSkills: SkillRunner = { start: () => say("work"), stop: () => say("stop work") };

interface TinyOptions {
  readonly store?: RecordStore;
  readonly skills?: SkillRunner;
  readonly trace?: Pick<AgentTraceWriter, "write">;
  readonly onEvent?: (event: LocalEvent) => void;
  readonly onFatal?: (error: Error) => void;
  readonly clock?: () => Now;
  readonly onRecords?: (records: readonly StoredRecord[]) => void;
}

function tinyDriver(step: Step, options: TinyOptions = {}): Driver {
  const identity = makeIdentity();
  const driver = createDriver({
    createMachine: (_, records) => {
      options.onRecords?.(allOf(records));
      return { step: (now, input) => step(input, now) };
    },
    config: configOf(identity),
    store: options.store ?? notingStore(),
    ...roomFor(blobs),
    network: notingNetwork(identity.agent),
    skills: options.skills ?? noSkills,
    onEvent: options.onEvent ?? (() => {}),
    onFatal:
      options.onFatal ??
      ((error) => {
        throw error;
      }),
    log: silent,
    ...(options.trace === undefined ? {} : { trace: options.trace }),
    ...(options.clock === undefined ? {} : { clock: options.clock }),
  });
  drivers.push(driver);
  return driver;
}

const persist = (slot: string, durable = true): Effect => ({
  kind: "persist",
  job: JOB,
  slot,
  bytes: bytes(1),
  durable,
});
const send = (value: number): Effect => ({ kind: "send", to: PEER, queue: "main", bytes: bytes(value) });
const frame = (value: number): Input => ({ kind: "frame", from: PEER, bytes: bytes(value) });

const WORK: Effect = { kind: "work", award, skill: "s", input: { kind: "none" }, budgetMs: 1_000, needs: NEEDS };

describe("steps and effects", () => {
  test("`start` comes first, whatever was said before", async () => {
    const seen: string[] = [];
    const driver = tinyDriver((input) => {
      seen.push(input.kind);
      return [];
    });
    driver.input({ kind: "cancel", job: JOB, via: null });
    await driver.start();
    deliver(frame(1));
    await waitFor(() => seen.length === 3);
    expect(seen).toEqual(["start", "cancel", "frame"]);
  });

  test("inputs that wait are one batch: one write, then everything else in order", async () => {
    const driver = tinyDriver((input) =>
      input.kind === "frame"
        ? [send(input.bytes[0]!), persist(`slot${input.bytes[0]!}`), send(100 + input.bytes[0]!)]
        : [],
    );
    await driver.start();
    for (let i = 0; i < 3; i++) deliver(frame(i));
    await waitFor(() => happened.length > 6);
    expect(happened).toEqual([
      "network up",
      "write slot0 slot1 slot2",
      ...["send peer main 0", "send peer main 100", "send peer main 1", "send peer main 101"],
      ...["send peer main 2", "send peer main 102"],
    ]);
    expect(driver.stats()).toMatchObject({ inbox: 0, steps: 4, batches: 1 });
  });

  test("a batch is bounded, and inputs of effects wait for the next one", async () => {
    let inStep = false;
    const driver = tinyDriver((input) => {
      expect(inStep).toBe(false);
      inStep = true;
      const effects: Effect[] =
        input.kind === "frame" ? [{ kind: "readRecords", job: JOB, slots: ["a"], ticket: input.bytes[0]! }] : [];
      inStep = false;
      if (input.kind === "recordsRead") say(`read ${input.ticket}`);
      return effects;
    });
    await driver.start();
    for (let i = 0; i < 600; i++) deliver(frame(i % 256));
    await waitFor(() => happened.filter((what) => what.startsWith("read")).length === 600);
    expect(driver.stats().batches).toBeGreaterThanOrEqual(5); // 1,201 inputs, at most 256 at a time
  });

  test("each effect reaches its place", async () => {
    const events: LocalEvent[] = [];
    const traced: unknown[] = [];
    const hash = "ef".repeat(32) as Hash;
    const driver = tinyDriver(
      (input) =>
        input.kind === "start"
          ? [
              { kind: "publish", topic: "caps", bytes: bytes(1) },
              { kind: "verdict", ticket: 7, verdict: ACCEPT },
              { kind: "misbehaved", agent: PEER, code: "bad" },
              { kind: "address", agent: PEER, addresses: ["/ip4/1.2.3.4/tcp/1"], from: PEER },
              WORK,
              { kind: "stopWork", award },
              { kind: "event", event: { kind: "directory", agents: 3 } },
              { kind: "trace", event: { kind: "refused", from: PEER, code: "bad" } },
              { kind: "fetchBlob", hash, bytes: 5, from: [PEER], needs: NEEDS },
              { kind: "forget", job: JOB },
            ]
          : [],
      {
        onEvent: (event) => {
          events.push(event);
          throw new Error("a listener's own mistake");
        },
        trace: { write: (wallMs, event) => traced.push({ wallMs, ...event }) },
        clock: () => ({ monoMs: performance.now(), wallMs: 5 }),
      },
    );
    await driver.start();
    await waitFor(() => happened.includes("fetch efef"));
    expect(happened).toEqual([
      "network up",
      "write -",
      "publish caps 1",
      "verdict 7 accept",
      "misbehaved peer bad",
      "address peer /ip4/1.2.3.4/tcp/1",
      "work",
      "stop work",
      "fetch efef",
    ]);
    expect(events).toEqual([{ kind: "directory", agents: 3 }]);
    expect(traced).toEqual([{ wallMs: 5, kind: "refused", from: PEER, code: "bad" }]);
  });

  test("`wake` brings one tick, not before its time, and the newest replaces the others", async () => {
    const ticks: number[] = [];
    let due = 0;
    const driver = tinyDriver((input, now) => {
      if (input.kind === "tick") ticks.push(now.monoMs - due);
      if (input.kind !== "start") return [];
      due = now.monoMs + 30;
      return [
        { kind: "wake", atMonoMs: now.monoMs + 1 },
        { kind: "wake", atMonoMs: now.monoMs + 3_600_000_000 },
        { kind: "wake", atMonoMs: due },
      ];
    });
    await driver.start();
    await waitFor(() => ticks.length === 1);
    expect(ticks[0]).toBeGreaterThanOrEqual(0);
    deliver(frame(1));
    await waitFor(() => driver.stats().steps === 3);
    expect(ticks).toHaveLength(1);
  });

  test("a full inbox stops the reading of peers, and nothing is lost", async () => {
    let seen = 0;
    const driver = tinyDriver((input) => {
      if (input.kind === "frame") seen++;
      return [];
    });
    await driver.start();
    for (let i = 0; i < 60_000; i++) deliver(frame(1));
    expect(reading).toEqual(["sharing", "nobody"]);
    await waitFor(() => seen === 60_000);
    expect(reading).toEqual(["sharing", "nobody", "sharing", "all"]);
    expect(driver.stats().stalls).toBe(1);
  });
});

describe("work and blobs", () => {
  const working: Step = (input) => (input.kind === "start" ? [WORK] : []);

  async function outcomeOf(outcome: SkillOutcome): Promise<Input[]> {
    const inputs: Input[] = [];
    const skills: SkillRunner = { start: (_a, _s, _i, _b, done) => setImmediate(() => done(outcome)), stop: () => {} };
    const driver = tinyDriver(
      (input, now) => {
        inputs.push(input);
        return working(input, now);
      },
      { skills },
    );
    await driver.start();
    await waitFor(() => inputs.some(({ kind }) => kind === "workDone" || kind === "workFailed"));
    return inputs;
  }

  test("a small output comes with a nonce", async () => {
    const output = bytes(1, 2, 3);
    const done = (await outcomeOf({ ok: true, output, confidencePpm: 5, cost: 6, usage: null })).at(-1);
    expect(done).toMatchObject({ kind: "workDone", award, output, confidencePpm: 5, cost: 6, usage: null });
    expect(done?.kind === "workDone" && done.nonce.length).toBe(32);
  });

  test("a large output is a blob before the agent hears of it", async () => {
    const output = new Uint8Array(limits.inlineBytes + 1).fill(3);
    const inputs = await outcomeOf({ ok: true, output, confidencePpm: 5, cost: 6, usage: null });
    expect(inputs.map(({ kind }) => kind)).toEqual(["start", "blobStored", "workDone"]);
    expect(await blobs.has(hasher(output))).toBe(true);
  });

  test("an output that is too large, or cannot be stored, is a failure", async () => {
    const tooLarge = await outcomeOf({
      ok: true,
      output: new Uint8Array(limits.blobBytes + 1),
      ...{ confidencePpm: 1, cost: 0, usage: null },
    });
    expect(tooLarge.at(-1)).toMatchObject({ kind: "workFailed", award, reason: "error" });
    blobs = {
      ...blobs,
      put: async () => {
        throw new MeshworkError("storage", "full");
      },
    };
    const full = await outcomeOf({ ok: true, output: new Uint8Array(20_000), confidencePpm: 1, cost: 0, usage: null });
    expect(full.at(-1)).toMatchObject({ kind: "workFailed", award, reason: "error" });
  });

  test("a failure is told", async () => {
    const failed = await outcomeOf({ ok: false, reason: "busy", retryMs: 7, message: "no slot" });
    expect(failed.at(-1)).toEqual({ kind: "workFailed", award, reason: "busy", retryMs: 7, message: "no slot" });
  });

  test("what comes after a stop is not", async () => {
    let finish: ((outcome: SkillOutcome) => void) | null = null;
    const seen: string[] = [];
    const skills: SkillRunner = {
      start: (_a, _s, _i, _b, done) => {
        finish = done;
      },
      stop: () => say("stop work"),
    };
    const driver = tinyDriver(
      (input, now) => {
        seen.push(input.kind);
        return input.kind === "frame" ? [{ kind: "stopWork", award }] : working(input, now);
      },
      { skills },
    );
    await driver.start();
    await waitFor(() => finish !== null);
    deliver(frame(1));
    await waitFor(() => happened.includes("stop work"));
    finish!({ ok: true, output: bytes(1), confidencePpm: 1, cost: 1, usage: null });
    deliver(frame(2));
    await waitFor(() => seen.length === 3);
    expect(seen).toEqual(["start", "frame", "frame"]);
  });

  test("a blob that is here needs no fetching; one that nobody has is told", async () => {
    const here = await blobs.put(bytes(1, 2));
    const nowhere = "ee".repeat(32) as Hash;
    const inputs: Input[] = [];
    const driver = tinyDriver((input) => {
      inputs.push(input);
      return input.kind === "start"
        ? [
            { kind: "storeBlob", bytes: bytes(9), needs: NEEDS },
            { kind: "fetchBlob", hash: here, bytes: 2, from: [], needs: NEEDS },
            { kind: "fetchBlob", hash: nowhere, bytes: 2, from: [PEER], needs: NEEDS },
          ]
        : [];
    });
    await driver.start();
    await waitFor(() => inputs.length === 3);
    expect(inputs).toContainEqual({ kind: "blobStored", job: NEEDS.job, hash: here });
    expect(inputs).toContainEqual({ kind: "blobFailed", job: NEEDS.job, hash: nowhere });
    expect(happened.filter((what) => what.startsWith("fetch"))).toEqual(["fetch eeee"]);
    expect(await blobs.has(hasher(bytes(9)))).toBe(true);
  });
});

describe("the end", () => {
  test("an exception of the agent ends the node: nothing leaves any more", async () => {
    const fatal: Error[] = [];
    const driver = tinyDriver(
      (input) => {
        if (input.kind === "frame" && input.bytes[0] === 2) throw new AssertionError("two is wrong");
        return input.kind === "frame" ? [send(input.bytes[0]!)] : [];
      },
      { onFatal: (error) => fatal.push(error) },
    );
    await driver.start();
    for (let i = 1; i < 5; i++) deliver(frame(i));
    await waitFor(() => fatal.length > 0);
    deliver(frame(5));
    await driver.stop();
    expect(fatal.map(({ message }) => message)).toEqual(["two is wrong"]);
    expect(happened).toEqual(["network up", "network down"]); // the whole batch is lost, nothing of it was promised
  });

  test("a write that fails ends the node before anything is sent", async () => {
    const fatal: Error[] = [];
    const store = notingStore({
      write: () => {
        throw new MeshworkError("storage", "the disk is full");
      },
    });
    const driver = tinyDriver((input) => (input.kind === "frame" ? [persist("vote"), send(1)] : []), {
      store,
      onFatal: (error) => fatal.push(error),
    });
    await driver.start();
    deliver(frame(1));
    await waitFor(() => fatal.length > 0);
    await driver.stop();
    expect(fatal[0]).toMatchObject({ code: "storage" });
    expect(happened).toEqual(["network up", "network down"]);
  });

  test("stopping is orderly, and only once", async () => {
    const driver = tinyDriver((input) =>
      input.kind === "start" ? [WORK, { kind: "wake", atMonoMs: 0 }] : [persist("late")],
    );
    await driver.start();
    await waitFor(() => happened.includes("work"));
    happened = [];
    await Promise.all([driver.stop(), driver.stop()]);
    deliver(frame(1));
    driver.input(frame(2));
    expect(happened.filter((what) => !what.startsWith("write"))).toEqual(["network down", "stop work", "flush"]);
    expect(driver.stats().inbox).toBe(0);
  });
});

describe("on a real network and a real disk", () => {
  const folders: string[] = [];
  const closing: (() => void)[] = [];
  afterEach(async () => {
    await Promise.all(drivers.splice(0).map((driver) => driver.stop()));
    for (const close of closing.splice(0)) close();
    for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
  });

  interface RealNode {
    readonly driver: Driver;
    readonly network: Network;
    readonly inputs: Input[];
    readonly records: readonly StoredRecord[];
  }

  async function startReal(
    step: Step,
    meshId = newMesh(),
    identity = makeIdentity(),
    folder?: string,
  ): Promise<RealNode> {
    const ownFolder = folder ?? mkdtempSync(join(tmpdir(), "meshwork-driver-"));
    folders.push(ownFolder);
    const fatal = (error: Error): void => {
      throw error;
    };
    const store = createRecordStore({ folder: ownFolder, onError: fatal });
    closing.push(() => store.close());
    const listen = ["/ip4/127.0.0.1/tcp/0"];
    const network = await createNetwork({ meshId, identity, blobs, listen, bootstrap: [], local: true, log: silent });
    const inputs: Input[] = [];
    let restored: readonly StoredRecord[] = [];
    const driver = createDriver({
      createMachine: (_, records) => {
        restored = allOf(records);
        return {
          step: (now, input) => {
            inputs.push(input);
            return step(input, now);
          },
        };
      },
      config: configOf(identity, meshId),
      store,
      ...roomFor(blobs),
      network,
      skills: noSkills,
      onEvent: () => {},
      onFatal: fatal,
      log: silent,
    });
    drivers.push(driver);
    await driver.start();
    return { driver, network, inputs, records: restored };
  }

  /** Writes down each frame, then answers it with one more, up to a hundred. */
  const echo: Step = (input) => {
    if (input.kind !== "frame") return [];
    const count = input.bytes[0]! + 1;
    const slot = String(input.bytes[0]!).padStart(3, "0");
    const note: Effect = { kind: "persist", job: JOB, slot, bytes: input.bytes, durable: true };
    return count > 100 ? [note] : [note, { kind: "send", to: input.from, queue: "main", bytes: bytes(count) }];
  };

  test("two agents talk, and remember after a restart", async () => {
    const meshId = newMesh();
    const identity = makeIdentity();
    const folder = mkdtempSync(join(tmpdir(), "meshwork-driver-"));
    const a = await startReal(echo, meshId, identity, folder);
    const b = await startReal(echo, meshId);
    a.network.address(b.network.agent, b.network.addresses());
    a.network.send(b.network.agent, "main", bytes(0));
    await waitFor(() => [...a.inputs, ...b.inputs].some((input) => input.kind === "frame" && input.bytes[0] === 100));
    expect(a.inputs.map(({ kind }) => kind).slice(0, 2)).toEqual(["start", "addresses"]);
    expect(a.inputs).toContainEqual({ kind: "connected", agent: b.network.agent, origin: "" });
    const heard = a.inputs.flatMap((input) => (input.kind === "frame" ? [input.bytes[0]!] : []));
    expect(heard).toEqual(Array.from({ length: 50 }, (_, i) => 2 * i + 1));

    await a.driver.stop();
    closing.shift()!();
    const again = await startReal(echo, meshId, identity, folder);
    expect(again.records.map(({ slot }) => Number(slot))).toEqual(heard);
    expect(again.records[0]).toMatchObject({ job: JOB, slot: "001" });
  });

  test("gossip waits for the agent's verdict", async () => {
    const meshId = newMesh();
    const judging: Step = (input) => {
      if (input.kind === "gossip") return [{ kind: "verdict", ticket: input.ticket, verdict: ACCEPT }];
      return input.kind === "connected" ? [{ kind: "publish", topic: "caps", bytes: bytes(7) }] : [];
    };
    const a = await startReal(judging, meshId);
    const b = await startReal(judging, meshId);
    a.network.address(b.network.agent, b.network.addresses());
    await waitFor(() => a.network.peers().length === 1 && b.network.peers().length === 1);
    await waitFor(() => {
      a.network.publish("caps", bytes(7, Math.floor(Math.random() * 256), 1)); // again, until b is subscribed
      return b.inputs.some((input) => input.kind === "gossip" && input.from === a.network.agent);
    });
  });
});
