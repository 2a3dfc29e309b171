/**
 * The smallest driver: one agent without a network, a disk or other agents, which submits a job to itself and does the
 * work. It shows all that a driver owes the machine (protocol/machine.ts). Run it: `npx node docs/examples/smallest-driver.ts`.
 */

import { randomBytes } from "node:crypto";
import { makeIdentity } from "../../node/network/identity.ts";
import { createSigner, nodeCrypto } from "../../node/platform/crypto.ts";
import { createAgent } from "../../protocol/agent/agent.ts";
import type { MeshId } from "../../protocol/core/ids.ts";
import type { Effect } from "../../protocol/effect.ts";
import type { Input } from "../../protocol/input.ts";
import { ANY_COMMITTEE } from "../../protocol/job/draft.ts";
import { recordsFrom } from "../../protocol/machine.ts";
import { EMPTY_WORLD } from "../../protocol/selection/knowledge.ts";
import { encodeValue } from "../../protocol/wire/value.ts";
import { single } from "../../sim/parts/workloads/job-builder.ts";

const skill = { name: "work", description: "answers", price: 1, expectedMs: 100, schemas: null };
const agent = createAgent(
  {
    ...{ meshId: "example" as MeshId, signer: createSigner(makeIdentity()), crypto: nodeCrypto, name: "ada" },
    ...{ incarnation: Date.now(), skills: [skill], slots: 1, labels: [], hosts: true, addresses: [] },
  },
  recordsFrom([]), // what its disk gave back
);
let timer: NodeJS.Timeout | undefined;

/** One input at a time; its effects are carried out in their order before the next one. */
function feed(input: Input): void {
  for (const effect of agent.step({ monoMs: performance.now(), wallMs: Date.now() }, input)) carryOut(effect);
}

/** A real driver also writes what it is asked to `persist` before it sends anything, and sends. */
function carryOut(effect: Effect): void {
  if (effect.kind === "wake") {
    clearTimeout(timer);
    timer = setTimeout(() => feed({ kind: "tick" }), Math.max(0, effect.atMonoMs - performance.now()));
  } else if (effect.kind === "work") {
    const output = encodeValue(42);
    const done = {
      award: effect.award,
      output,
      confidencePpm: 1_000_000,
      cost: 0,
      usage: null,
      nonce: randomBytes(32),
    };
    setImmediate(() => feed({ kind: "workDone", ...done }));
  } else if (effect.kind === "event" && effect.event.kind === "block") {
    for (const decided of effect.event.events) console.log(effect.event.height, JSON.stringify(decided));
    if (JSON.stringify(effect.event.events).includes('"completed"')) setImmediate(() => clearTimeout(timer));
  }
}

feed({ kind: "start" });
const job = { name: "one task", nodes: [single("answer", "a question")], output: "answer", labels: [] };
const draft = { ...job, budget: 10, deadlineMs: 60_000, windowMs: 500, selector: "linucb", committee: ANY_COMMITTEE };
feed({ kind: "submit", ticket: 1, draft, known: EMPTY_WORLD, counter: null });
