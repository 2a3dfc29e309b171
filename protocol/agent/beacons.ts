/**
 * Beacons: who gossips that a job needs offers, and when. The proposer of the block that opened the window does at
 * once; the other members in turn a little later, if nobody has offered by then.
 *
 * Source: protocol.md 6.1.
 */

import { type Signer, statementMessage } from "../core/crypto.ts";
import type { EventOf } from "../job/event.ts";
import type { AgentConfig } from "../machine.ts";
import { type Beacon, type BeaconContent, beaconHash } from "../wire/capability.ts";
import type { Header } from "../wire/consensus.ts";
import { encodeBeacon } from "../wire/message.ts";
import type { Context } from "./context.ts";
import type { JobHost } from "./job-host.ts";

/** Between two members' turns, ms: a gossip hop and an offer's way. */
const TURN_MS = 150;

interface Planned {
  readonly host: JobHost;
  /** 0: the proposer's, at once. */
  readonly turn: number;
  readonly beacon: BeaconContent;
  readonly atMs: number;
}

export function signBeacon(config: AgentConfig, signer: Signer, content: BeaconContent): Beacon {
  const message = statementMessage(config.meshId, "beacon", beaconHash(config.crypto.hash, content));
  return { ...content, signature: signer.sign(message) };
}

export function isSignedBeacon(config: AgentConfig, beacon: Beacon): boolean {
  const message = statementMessage(config.meshId, "beacon", beaconHash(config.crypto.hash, beacon));
  return config.crypto.verify(beacon.author, message, beacon.signature);
}

export class Beacons {
  readonly #context: Context;
  /** Its own beacons reach an agent's own worker without the network. */
  readonly #toOwnWorker: (beacon: BeaconContent) => void;
  #planned: Planned[] = [];

  constructor(context: Context, toOwnWorker: (beacon: BeaconContent) => void) {
    this.#context = context;
    this.#toOwnWorker = toOwnWorker;
  }

  onWindow(host: JobHost, { skill, labels, attempt, endsMs }: EventOf<"window">, header: Header): void {
    const { self, now } = this.#context;
    const beacon = { job: host.job, author: self, skill, labels, attempt, endsMs };
    this.#toOwnWorker(beacon);
    const members = host.members;
    const mine = members.indexOf(self);
    if (mine < 0) return;
    const turn = (mine - members.indexOf(header.proposer) + members.length) % members.length;
    this.#planned.push({ host, turn, beacon, atMs: now.monoMs + turn * TURN_MS });
  }

  tick(): void {
    const { monoMs, wallMs } = this.#context.now;
    const due = this.#planned.filter((planned) => planned.atMs <= monoMs);
    if (due.length === 0) return;
    this.#planned = this.#planned.filter((planned) => planned.atMs > monoMs);
    for (const { host, turn, beacon } of due) {
      if (host.isEnded || beacon.endsMs < wallMs || !host.replica.isWindowOpen(beacon)) continue;
      if (turn > 0 && host.replica.hasOfferPooled(beacon.skill, this.#context.self)) continue;
      const { config } = this.#context;
      this.#context.emit({
        kind: "publish",
        topic: "beacons",
        bytes: encodeBeacon(signBeacon(config, config.signer, beacon)),
      });
    }
  }

  nextWakeMs(): number {
    return this.#planned.reduce((wake, planned) => Math.min(wake, planned.atMs), Number.POSITIVE_INFINITY);
  }
}
