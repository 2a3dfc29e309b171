/**
 * Strangers who take what hosts give to guests: places for jobs that come to nothing, and a host's yes that means nothing.
 *
 * Leaves to floods.ts what comes in numbers.
 */

import { statementMessage } from "../../../protocol/core/crypto.ts";
import type { AgentId, JobId } from "../../../protocol/core/ids.ts";
import type { Effect } from "../../../protocol/effect.ts";
import { encodeGenesis } from "../../../protocol/wire/genesis.ts";
import { decodeMessage, encodeMessage, type Message } from "../../../protocol/wire/message.ts";
import type { WrapMachine } from "../../world/options.ts";
import { buildGenesis, single } from "../workloads/job-builder.ts";
import { withAdversary } from "./adversary.ts";

const HOUR_MS = 3_600_000;
/** Between its invitation and its start, ms. */
const START_MS = 500;
/** Hosts of one of its jobs: with itself and somebody who does not exist, too few for a quorum. */
const HOSTS = 2;

interface Filler {
  readonly everyMs: number;
  /** Agents that host jobs. */
  readonly hosts: readonly string[];
  did(deed: string): void;
}

/** Submits job after job that two hosts keep and no quorum can decide. */
export const fillsPlaces = ({ everyMs, hosts, did }: Filler): WrapMachine =>
  withAdversary(({ config, prng }) => {
    let nextMs = everyMs;
    let count = 0;
    const send = (to: string, message: Message): Effect => ({
      kind: "send",
      to: to as AgentId,
      queue: "main",
      bytes: encodeMessage(message),
    });
    return {
      onEffects(now, effects) {
        if (now.monoMs < nextMs) return [...effects, { kind: "wake", atMonoMs: nextMs }];
        nextMs = now.monoMs + everyMs;
        const owner = config.signer.agent;
        const asked = prng.shuffle(hosts).slice(0, HOSTS);
        const genesis = buildGenesis(config.meshId, {
          owner,
          nodes: [single("a", 1)],
          committee: [owner, `nobody of ${owner}`, ...asked],
          counter: Math.floor(now.wallMs) + count++,
          deadlineMs: HOUR_MS,
        });
        const bytes = encodeGenesis(genesis);
        const job = config.crypto.hash(bytes) as JobId;
        const signature = config.signer.sign(statementMessage(config.meshId, "genesis", job));
        did("fill-places");
        const starts = asked.map((to) => ({ afterMs: START_MS, effect: send(to, { kind: "start", job }) }));
        const invites = asked.map((to) => send(to, { kind: "invite", genesis: { bytes, signature }, vcvs: [] }));
        return [...effects, ...invites, ...starts, { kind: "wake", atMonoMs: nextMs }];
      },
    };
  });

/** Says yes to every invitation, and nothing more once a job starts. */
export const saysYesAndIsGone = (did: () => void): WrapMachine =>
  withAdversary(() => {
    let isGone = false;
    return {
      onInput(_, input) {
        if (input.kind !== "frame" || isGone) return [input];
        const decoded = decodeMessage(input.bytes);
        if (decoded.ok && decoded.value.kind === "start") {
          isGone = true;
          did();
        }
        return [input];
      },
      onEffects: (_, effects) =>
        isGone ? effects.filter(({ kind }) => kind !== "send" && kind !== "publish") : effects,
    };
  });
