/**
 * Agents that flood: junk at a rate to everybody that they are connected with. They sign what they say with their own
 * key; what is refused must cost the others little.
 */

import { signCommands } from "../../../protocol/agent/context.ts";
import { VCV_LIFE_MS } from "../../../protocol/capability/directory.ts";
import { EMBEDDER_NAME } from "../../../protocol/capability/embedding.ts";
import { SAME_SKILL } from "../../../protocol/capability/matching.ts";
import { statementMessage } from "../../../protocol/core/crypto.ts";
import type { AgentId, Hash, JobId, TaskId } from "../../../protocol/core/ids.ts";
import { limits, RULES_VERSION } from "../../../protocol/core/limits.ts";
import type { Now } from "../../../protocol/core/now.ts";
import type { Prng } from "../../../protocol/core/prng.ts";
import type { Effect } from "../../../protocol/effect.ts";
import { type VcvContent, vcvHash } from "../../../protocol/wire/capability.ts";
import type { Command } from "../../../protocol/wire/command.ts";
import { decodeMessage, encodeMessage } from "../../../protocol/wire/message.ts";
import type { WrapMachine } from "../../world/options.ts";
import { type AdversaryTools, withAdversary } from "./adversary.ts";

/** What floods consist of. */
export const FLOODS = ["commands", "garbage", "announcements", "vectors", "offers"] as const;

export interface Flood {
  readonly perSecond: number;
  readonly what: (typeof FLOODS)[number];
}

const TICK_MS = 100;
/** Commands of one junk envelope. */
const COMMANDS = 16;

const randomHash = (prng: Prng): Hash =>
  Array.from({ length: 8 }, () => prng.uint32().toString(16).padStart(8, "0")).join("") as Hash;

/** Names of its coalition beside its own: nobody else has them. */
const madeUpNames = ({ signers, config }: AdversaryTools): string[] =>
  [...signers.keys()].filter((name) => name !== config.signer.agent);

/** Capability vectors of agents that do not exist, of which nobody knows where they are. */
function vectorsOf(tools: AdversaryTools, now: Now): Uint8Array {
  const { config, signers, prng } = tools;
  const { crypto, meshId } = config;
  const vcvs = madeUpNames(tools).map((name) => {
    const content: VcvContent = {
      agent: name as AgentId,
      incarnation: 1,
      version: 1 + prng.below(1_000_000_000),
      name,
      embedder: EMBEDDER_NAME,
      skills: [],
      slots: 1,
      labels: [],
      addresses: [],
      hosts: true,
      rulesVersion: RULES_VERSION,
      depth: 0,
      expiresMs: Math.floor(now.wallMs) + VCV_LIFE_MS,
    };
    const message = statementMessage(meshId, "vcv", vcvHash(crypto.hash, content));
    return { ...content, signature: signers.get(name)!.sign(message) };
  });
  return encodeMessage({ kind: "vcvs", vcvs, metS: [] });
}

/** Offers that no task can use: of skills that nobody asked for, and for more than anybody pays. */
function offersOf(tools: AdversaryTools, job: JobId, now: Now): Uint8Array {
  const { config, signers, prng } = tools;
  const author = prng.pick(madeUpNames(tools)) as AgentId;
  const commands = Array.from({ length: COMMANDS }, (_, i): Command => {
    const said = { slots: 1, labels: [], load: 0, expectedMs: 1, similarity: SAME_SKILL } as const;
    const validUntilMs = Math.floor(now.wallMs) + 60_000;
    const skill = i % 2 === 0 ? "work" : `skill ${prng.below(1_000_000)}`;
    const body = { kind: "offer" as const, skill, price: limits.price, validUntilMs, ...said };
    return { job, author, counter: prng.below(1_000_000_000), body };
  });
  const signed = signCommands(config, signers.get(author)!, job, commands);
  return encodeMessage({ kind: "envelopes", job, envelopes: [signed] });
}

function junkOf({ what }: Flood, tools: AdversaryTools, job: JobId | null, now: Now): Uint8Array {
  const { prng, config } = tools;
  if (what === "vectors") return vectorsOf(tools, now);
  if (what === "garbage" || job === null) {
    return Uint8Array.from({ length: 200 }, () => prng.below(256));
  }
  if (what === "offers") return offersOf(tools, job, now);
  if (what === "announcements") {
    const hashes = Array.from({ length: COMMANDS }, () => randomHash(prng));
    return encodeMessage({ kind: "haveCommands", job, hashes });
  }
  const author = config.signer.agent;
  const commands = Array.from({ length: COMMANDS }, (): Command => {
    const task = `junk/${prng.below(1_000_000)}` as TaskId;
    const said = { reason: "error" as const, retryMs: 0, message: "" };
    const body = { kind: "failure" as const, task, attempt: 1, serial: 1, ...said };
    return { job, author, counter: prng.below(1_000_000_000), body };
  });
  const envelope = signCommands(config, config.signer, job, commands);
  return encodeMessage({ kind: "envelopes", job, envelopes: [envelope] });
}

/** Floods those that are connected, about the newest job that it heard of. */
export const floods = (flood: Flood, did: () => void): WrapMachine =>
  withAdversary((tools) => {
    const peers = new Set<AgentId>();
    let job: JobId | null = null;
    let nextMs = 0;
    return {
      onInput(_, input) {
        if (input.kind === "connected") peers.add(input.agent);
        else if (input.kind === "disconnected") peers.delete(input.agent);
        else if (input.kind === "frame" && input.bytes.length < limits.gossipBytes) {
          const decoded = decodeMessage(input.bytes);
          if (decoded.ok && "job" in decoded.value) job = decoded.value.job as JobId;
        }
        return [input];
      },
      onEffects(now, effects) {
        if (now.monoMs < nextMs) return effects;
        nextMs = now.monoMs + TICK_MS;
        const out: Effect[] = [...effects, { kind: "wake", atMonoMs: nextMs }];
        const count = Math.max(1, Math.round((flood.perSecond * TICK_MS) / 1_000));
        for (const to of peers) {
          did();
          for (let i = 0; i < count; i++)
            out.push({ kind: "send", to, queue: "main", bytes: junkOf(flood, tools, job, now) });
        }
        return out;
      },
    };
  });
