/**
 * Beacons: who gossips that a job needs offers, and when. The proposer of the block that opened the window does so at
 * once; the other members follow in turn a little later, if nobody has offered by then.
 *
 * Source: protocol.md 6.1.
 */

import type { Directory } from "../capability/directory.ts";
import { askedOf } from "../capability/matching.ts";
import { SelfScreening } from "../capability/self-screening.ts";
import { isSigned, type Signer, statementMessage } from "../core/crypto.ts";
import type { JobId } from "../core/ids.ts";
import type { EventOf } from "../job/event.ts";
import type { AgentConfig } from "../machine.ts";
import { type Beacon, type BeaconContent, beaconHash } from "../wire/capability.ts";
import type { Header } from "../wire/consensus.ts";
import { encodeBeacon } from "../wire/message.ts";
import { ACCEPT, ignore, reject, type Verdict } from "../wire/verdict.ts";
import type { Context } from "./context.ts";
import type { HostedJob } from "./hosted-job.ts";

/** Between two members' turns, ms: a gossip hop and an offer's way. */
const TURN_MS = 150;
/**
 * The most walks over the directory that questions in words may cost a second, some milliseconds each; further beacons are
 * left to other agents. Anybody can ask for something new.
 */
const WALKS_A_SECOND = 20;
/** Clocks differ: a beacon is passed on until this long after its window's end, ms. */
const LATE_MS = 1_000;

interface Planned {
  /** 0: the proposer's, at once. */
  readonly turn: number;
  readonly beacon: BeaconContent;
  readonly atMs: number;
}

interface BeaconEvents {
  /** Where this agent can be dialled. */
  addresses(): readonly string[];
  /** Its own beacons reach an agent's own worker without the network. */
  toOwnWorker(beacon: BeaconContent): void;
  /** Does something to a job that this agent keeps, if it still does. */
  enter(job: JobId, act: (hosted: HostedJob) => void): void;
}

export function signBeacon(config: AgentConfig, signer: Signer, content: BeaconContent): Beacon {
  const message = statementMessage(config.meshId, "beacon", beaconHash(config.crypto.hash, content));
  return { ...content, signature: signer.sign(message) };
}

function isSignedBeacon(config: AgentConfig, beacon: Beacon): boolean {
  return isSigned(config.crypto, beacon, () => {
    const message = statementMessage(config.meshId, "beacon", beaconHash(config.crypto.hash, beacon));
    return config.crypto.verify(beacon.author, message, beacon.signature);
  });
}

export class Beacons {
  readonly #context: Context;
  readonly #events: BeaconEvents;
  readonly #screening: SelfScreening;
  #planned: Planned[] = [];
  /** When the second began in which walks are counted, and how many there were before. */
  #walkedMs = Number.NEGATIVE_INFINITY;
  #walksBefore = 0;

  constructor(context: Context, directory: Directory, events: BeaconEvents) {
    this.#context = context;
    const { crypto, screensBeacons = true } = context.config;
    this.#screening = new SelfScreening(directory, crypto.hash, screensBeacons);
    this.#events = events;
  }

  /** A beacon that came by gossip: whether it goes on, and the beacon itself if it asks this agent for an offer. */
  read(bytes: Uint8Array): { readonly verdict: Verdict; readonly beacon: Beacon | null } {
    const { config, decoders, now } = this.#context;
    const decoded = decoders.beacon(bytes);
    if (!decoded.ok) return { verdict: reject(decoded.code), beacon: null };
    const beacon = decoded.value;
    if (beacon.endsMs < now.wallMs - LATE_MS) return { verdict: ignore("expired"), beacon: null };
    if (!isSignedBeacon(config, beacon)) return { verdict: reject("bad-signature"), beacon: null };
    return { verdict: ACCEPT, beacon: this.#isCalled(beacon) ? beacon : null };
  }

  #isCalled(beacon: BeaconContent): boolean {
    const { monoMs } = this.#context.now;
    if (monoMs >= this.#walkedMs + 1_000) {
      this.#walkedMs = monoMs;
      this.#walksBefore = this.#screening.walks;
    }
    if (beacon.like !== null && this.#screening.walks - this.#walksBefore >= WALKS_A_SECOND) return false;
    return this.#screening.isCalled(this.#context.self, beacon);
  }

  onWindow(hosted: HostedJob, { skill, labels, calls, endsMs }: EventOf<"window">, header: Header): void {
    const { self, now } = this.#context;
    const addresses = this.#events.addresses();
    const beacon = {
      job: hosted.job,
      author: self,
      addresses,
      ...askedOf(hosted.genesis, skill),
      labels,
      calls,
      endsMs,
    };
    if (this.#isCalled(beacon)) this.#events.toOwnWorker(beacon);
    const members = hosted.members;
    const mine = members.indexOf(self);
    if (mine < 0) return;
    const turn = (mine - members.indexOf(header.proposer) + members.length) % members.length;
    this.#planned.push({ turn, beacon, atMs: now.monoMs + turn * TURN_MS });
  }

  tick(): void {
    const { monoMs, wallMs } = this.#context.now;
    const due = this.#planned.filter((planned) => planned.atMs <= monoMs);
    if (due.length === 0) return;
    this.#planned = this.#planned.filter((planned) => planned.atMs > monoMs);
    for (const { turn, beacon } of due) {
      this.#events.enter(beacon.job, (hosted) => {
        if (hosted.isEnded || beacon.endsMs < wallMs || !hosted.replica.isWindowOpen(beacon)) return;
        if (turn > 0 && hosted.replica.pool.hasOffer(beacon.skill, this.#context.self)) return;
        const { config } = this.#context;
        this.#context.emit({
          kind: "publish",
          topic: "beacons",
          bytes: encodeBeacon(signBeacon(config, config.signer, beacon)),
        });
      });
    }
  }

  nextWakeMs(): number {
    return this.#planned.reduce((wake, planned) => Math.min(wake, planned.atMs), Number.POSITIVE_INFINITY);
  }
}
