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
import type { AgentId } from "../core/ids.ts";
import { limits } from "../core/limits.ts";
import { TokenBuckets } from "../core/token-buckets.ts";
import type { EventOf } from "../job/event.ts";
import type { AgentConfig } from "../machine.ts";
import { type Beacon, type BeaconContent, beaconHash } from "../wire/capability.ts";
import type { Header } from "../wire/consensus.ts";
import { encodeBeacon } from "../wire/message.ts";
import { ACCEPT, ignore, reject, type Verdict } from "../wire/verdict.ts";
import type { Admission } from "./admission.ts";
import type { Context } from "./context.ts";
import type { HostedJob } from "./hosted-job.ts";
import type { HostedJobs } from "./hosted-jobs.ts";

/** Between two members' turns, ms: a gossip hop and an offer's way. */
const TURN_MS = 150;
/**
 * The most walks over the directory that questions in words may cost a second, some milliseconds each; further beacons are
 * left to other agents. Anybody can ask for something new.
 */
const WALKS_A_SECOND = 20;
/**
 * Beacons of one author, and of all that one source hands on: a member of as many jobs as one may host says less, and so does
 * a neighbour that hands on everybody's.
 */
const AUTHOR_RATE = { perSecond: 20, burst: 200, keys: limits.directoryAgents };
/** Its own: less than what others would count as a flood, however many windows strangers' jobs open here. */
const OWN_RATE = { perSecond: 10, burst: 100, keys: 1 };
/**
 * Authors of one source that share no job with this agent, together: a key costs nothing, and whatever this agent takes all
 * others check and hand on too.
 */
const STRANGERS_RATE = { perSecond: 4, burst: 16, keys: limits.clients };
const SOURCE_RATE = { perSecond: 200, burst: 2_000, keys: limits.clients };
/** Clocks differ: a beacon is passed on until this long after its window's end, ms. */
const LATE_MS = 1_000;

interface Planned {
  /** 0: the proposer's, at once. */
  readonly turn: number;
  readonly beacon: BeaconContent;
  readonly atMs: number;
}

interface Sources {
  readonly hostedJobs: HostedJobs;
  readonly directory: Directory;
}

interface BeaconEvents {
  /** Where this agent can be dialled. */
  addresses(): readonly string[];
  /** Its own beacons reach an agent's own worker without the network. */
  toOwnWorker(beacon: BeaconContent): void;
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
  readonly #admission: Admission;
  readonly #hostedJobs: HostedJobs;
  readonly #screening: SelfScreening;
  readonly #authors = new TokenBuckets(AUTHOR_RATE);
  readonly #sources = new TokenBuckets(SOURCE_RATE);
  readonly #strangers = new TokenBuckets(STRANGERS_RATE);
  readonly #own = new TokenBuckets(OWN_RATE);
  #planned: Planned[] = [];
  /** When the second began in which walks are counted, and how many there were before. */
  #walkedMs = Number.NEGATIVE_INFINITY;
  #walksBefore = 0;

  constructor(context: Context, admission: Admission, { hostedJobs, directory }: Sources, events: BeaconEvents) {
    this.#context = context;
    this.#admission = admission;
    this.#hostedJobs = hostedJobs;
    const { crypto, screensBeacons = true } = context.config;
    this.#screening = new SelfScreening(directory, crypto.hash, screensBeacons);
    this.#events = events;
  }

  /** A beacon that came by gossip: whether it goes on, and the beacon itself if it asks this agent for an offer. */
  read(from: AgentId, bytes: Uint8Array): { readonly verdict: Verdict; readonly beacon: Beacon | null } {
    if (!this.#sources.take(this.#admission.sourceOf(from), this.#context.now.monoMs))
      return { verdict: ignore("too-many"), beacon: null };
    const decoded = this.#context.decoders.beacon(bytes);
    if (!decoded.ok) return { verdict: reject(decoded.code), beacon: null };
    const beacon = decoded.value;
    const verdict = this.#judge(from, beacon);
    return { verdict, beacon: verdict.verdict === "accept" && this.#isCalled(beacon) ? beacon : null };
  }

  /** An author's rate counts what it signed: others must not use it up. */
  #judge(from: AgentId, beacon: Beacon): Verdict {
    const { config, now } = this.#context;
    if (beacon.endsMs < now.wallMs - LATE_MS) return ignore("expired");
    // Honest neighbours hand on no more than this either, so whoever sends more of its own floods.
    if (!this.#authors.has(beacon.author, now.monoMs))
      return from === beacon.author ? reject("too-many") : ignore("too-many");
    const isStranger = this.#admission.isMet(beacon.author, from) && !this.#hostedJobs.hasMember(beacon.author);
    const source = this.#admission.sourceOf(beacon.author);
    if (isStranger && !this.#strangers.has(source, now.monoMs)) {
      if (from === beacon.author) this.#authors.take(from, now.monoMs); // nobody else can have sent it
      return ignore("too-many");
    }
    if (!isSignedBeacon(config, beacon)) return reject("bad-signature");
    this.#authors.take(beacon.author, now.monoMs);
    if (isStranger) this.#strangers.take(source, now.monoMs);
    return ACCEPT;
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
      this.#hostedJobs.enter(beacon.job, undefined, (hosted) => {
        if (hosted.isEnded || beacon.endsMs < wallMs || !hosted.replica.isWindowOpen(beacon)) return;
        if (turn > 0 && hosted.replica.pool.hasOffer(beacon.skill, this.#context.self)) return;
        if (!this.#own.take("", monoMs)) return; // other members have their turns
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
