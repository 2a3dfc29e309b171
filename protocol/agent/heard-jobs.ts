/**
 * Jobs that an agent hears of: by beacons, by notices, by pulses of their members, and by geneses that come when it asks.
 *
 * Leaves to genesis-requests.ts what is asked of whom, to beacons.ts which beacons are for this agent, to agent.ts which
 * jobs begin.
 * Source: protocol.md 4, 6.1, 9 (order of checks).
 */

import type { AgentId, JobId } from "../core/ids.ts";
import { jobIdOf } from "../wire/genesis.ts";
import type { Message } from "../wire/message.ts";
import { ignore, reject, type Verdict } from "../wire/verdict.ts";
import type { Admission } from "./admission.ts";
import type { Advertiser } from "./advertiser.ts";
import type { Beacons } from "./beacons.ts";
import { type CheckedGenesis, checkGenesis, hasTooManyVectors } from "./checked-genesis.ts";
import type { Containment } from "./containment.ts";
import type { Context } from "./context.ts";
import { GenesisRequests } from "./genesis-requests.ts";
import { Unasked } from "./unasked.ts";
import type { Worker } from "./worker.ts";

interface Parts {
  readonly advertiser: Advertiser;
  readonly beacons: Beacons;
  readonly containment: Containment;
  readonly worker: Worker;
  /** Begins a job at the word of an agent, if that may begin it. */
  beginAt(from: AgentId, checked: CheckedGenesis): void;
}

export class HeardJobs {
  readonly #context: Context;
  readonly #admission: Admission;
  readonly #parts: Parts;
  readonly #requests: GenesisRequests;
  readonly #unasked = new Unasked();

  constructor(context: Context, admission: Admission, parts: Parts) {
    this.#context = context;
    this.#admission = admission;
    this.#parts = parts;
    this.#requests = new GenesisRequests(context, admission);
  }

  /** An agent named a job that this one does not know. */
  ask(from: AgentId, job: JobId): void {
    this.#requests.ask(from, job);
  }

  onNotice(from: AgentId, { job, items }: Extract<Message, { kind: "notice" }>): Verdict {
    const { containment, worker } = this.#parts;
    if (containment.has(job)) return ignore("diverged");
    // An unknown job, or a member that came after the committee that this agent knows: both come with the genesis.
    if (!worker.jobs.isMember(job, from)) this.#requests.ask(from, job);
    return worker.onNotice(from, job, items);
  }

  onGenesis(
    from: AgentId,
    { genesis: signed, vcvs }: Extract<Message, { kind: "genesis" }>,
    frameBytes: number,
  ): Verdict {
    // Hashing a MiB takes milliseconds: only for those that were asked.
    if (!this.#requests.takeOwed(from)) return this.#unasked.verdict(from, this.#context.now.monoMs);
    if (hasTooManyVectors(signed, frameBytes)) return reject("too-many-vectors");
    if (!this.#requests.takeBytes(from, frameBytes)) return ignore("too-many");
    if (!this.#requests.isAsked(jobIdOf(this.#context.config.crypto.hash, signed))) return ignore("not-asked-for");
    const checked = checkGenesis(this.#context, signed);
    // What nobody signed is an offence; what this version does not understand may be sound for others.
    if (typeof checked === "string") return checked === "bad-signature" ? reject(checked) : ignore(checked);
    const { advertiser, containment, worker } = this.#parts;
    const beacons = this.#requests.take(checked.job);
    this.#parts.beginAt(from, checked);
    if (containment.has(checked.job)) return ignore("diverged");
    worker.jobs.add(checked, this.#admission.sourceOf(from));
    if (worker.jobs.get(checked.job) === undefined) return ignore("too-many-jobs");
    const told = advertiser.onHosts(from, checked.genesis, vcvs);
    for (const beacon of beacons) worker.onBeacon(beacon);
    return told;
  }

  onBeacon(from: AgentId, bytes: Uint8Array): Verdict {
    const { beacons, containment, worker } = this.#parts;
    const { verdict, beacon } = beacons.read(from, bytes);
    if (beacon === null || containment.has(beacon.job)) return verdict;
    if (worker.jobs.isMember(beacon.job, beacon.author)) worker.onBeacon(beacon);
    else {
      this.#context.emit({ kind: "address", agent: beacon.author, addresses: beacon.addresses, from });
      this.#requests.onBeacon(from, beacon);
    }
    return verdict;
  }

  /** The job begins by another way, or never will: what was asked for is no longer wanted. */
  take(job: JobId): void {
    this.#requests.take(job);
  }

  tick(): void {
    this.#requests.tick();
  }

  nextWakeMs(): number {
    return this.#requests.nextWakeMs();
  }
}
