/** One agent, driven by hand: frames in, decoded messages out. */
import { hasher } from "../../node/crypto.ts";
import { createAgent } from "../../protocol/agent/agent.ts";
import { seal } from "../../protocol/agent/context.ts";
import { statementMessage } from "../../protocol/core/crypto.ts";
import type { AgentId, JobId, MeshId } from "../../protocol/core/ids.ts";
import type { Effect } from "../../protocol/effect.ts";
import type { Input } from "../../protocol/input.ts";
import type { AgentConfig, Machine } from "../../protocol/machine.ts";
import type { CommandBody } from "../../protocol/wire/command.ts";
import { encodeGenesis, type Genesis, type SignedGenesis } from "../../protocol/wire/genesis.ts";
import { decodeMessage, encodeMessage, type Message } from "../../protocol/wire/message.ts";
import { createSignatures } from "../../sim/virtual/signatures.ts";

export const MESH = "attack" as MeshId;
export const id = (name: string): AgentId => name as AgentId;
const signatures = createSignatures("attack", hasher);
export const table = { crypto: signatures.crypto, signer: (agent: AgentId) => signatures.signerOf(agent) };

export function configOf(name: string, changes: Partial<AgentConfig> = {}): AgentConfig {
  return {
    meshId: MESH,
    signer: table.signer(id(name)),
    crypto: table.crypto,
    name,
    incarnation: 1,
    skills: [{ name: "work", description: "", price: 1, expectedMs: 100, schemas: null }],
    slots: 2,
    labels: [],
    hosts: true,
    addresses: [],
    ...changes,
  };
}

export function sign(genesis: Genesis): { signed: SignedGenesis; job: JobId; genesis: Genesis } {
  const bytes = encodeGenesis(genesis);
  const job = hasher(bytes) as JobId;
  return {
    genesis,
    job,
    signed: { bytes, signature: table.signer(genesis.owner).sign(statementMessage(MESH, "genesis", job)) },
  };
}

let counter = 1;
export function envelope(author: string, job: JobId, bodies: readonly CommandBody[]) {
  return seal(
    configOf(author),
    table.signer(id(author)),
    job,
    bodies.map((body) => ({ job, author: id(author), counter: counter++, body })),
  );
}

export class Driven {
  readonly machine: Machine;
  nowMs = 1_000_000;
  effects: Effect[] = [];
  constructor(name: string, changes: Partial<AgentConfig> = {}) {
    this.machine = createAgent(configOf(name, changes), []);
    this.input({ kind: "start" });
    this.effects = [];
  }
  input(input: Input): Effect[] {
    const out = [...this.machine.step({ monoMs: this.nowMs, wallMs: this.nowMs }, input)];
    for (const e of out) this.effects.push(e);
    return out;
  }
  frame(from: string, message: Message): Effect[] {
    return this.input({ kind: "frame", from: id(from), bytes: encodeMessage(message) });
  }
  pass(ms: number, stepMs = 50): void {
    for (const until = this.nowMs + ms; this.nowMs < until; ) {
      this.nowMs += stepMs;
      this.input({ kind: "tick" });
    }
  }
  sent(effects: readonly Effect[] = this.effects): { to: string; message: Message; bytes: number }[] {
    return effects.flatMap((e) => {
      if (e.kind !== "send") return [];
      const d = decodeMessage(e.bytes);
      return d.ok ? [{ to: e.to as string, message: d.value, bytes: e.bytes.length }] : [];
    });
  }
}
