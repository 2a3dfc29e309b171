/**
 * Agents that flood: junk at a rate to everybody that they are connected with. They sign what they say with their own
 * key; what is refused must cost the others little.
 */

import { signCommands } from "../../../protocol/agent/context.ts";
import type { AgentId, Hash, JobId, TaskId } from "../../../protocol/core/ids.ts";
import { limits } from "../../../protocol/core/limits.ts";
import type { Prng } from "../../../protocol/core/prng.ts";
import type { Effect } from "../../../protocol/effect.ts";
import type { Command } from "../../../protocol/wire/command.ts";
import { decodeMessage, encodeMessage } from "../../../protocol/wire/message.ts";
import type { WrapMachine } from "../../world/options.ts";
import { type AdversaryTools, withAdversary } from "./adversary.ts";

export interface Flood {
  readonly perSecond: number;
  readonly what: "commands" | "garbage" | "announcements";
}

const TICK_MS = 100;
/** Commands of one junk envelope. */
const COMMANDS = 16;

const randomHash = (prng: Prng): Hash =>
  Array.from({ length: 8 }, () => prng.uint32().toString(16).padStart(8, "0")).join("") as Hash;

function junkOf({ what }: Flood, tools: AdversaryTools, job: JobId | null): Uint8Array {
  const { prng, config } = tools;
  if (what === "garbage" || job === null) {
    return Uint8Array.from({ length: 200 }, () => prng.below(256));
  }
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
export const floods = (flood: Flood): WrapMachine =>
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
          for (let i = 0; i < count; i++)
            out.push({ kind: "send", to, queue: "main", bytes: junkOf(flood, tools, job) });
        }
        return out;
      },
    };
  });
