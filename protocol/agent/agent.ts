/**
 * The agent: one state machine that routes each input to its parts and collects their effects. It has no clock, no
 * randomness and no I/O; machine.ts says what its driver owes it.
 *
 * Responsible for: which part an input is for, pulses and suspicion over all jobs, when to be woken. Leaves a job's
 * log to job-host.ts, work to worker.ts, the start of jobs to invitations.ts, capability vectors to advertiser.ts.
 */

import { Directory } from "../capability/directory.ts";
import type { AgentId, Hash, JobId } from "../core/ids.ts";
import { limits } from "../core/limits.ts";
import type { Effect } from "../effect.ts";
import type { Input, Now } from "../input.ts";
import type { AgentConfig, CreateMachine, Machine, StoredRecord } from "../machine.ts";
import { Liveness, PULSE_MS } from "../membership/liveness.ts";
import { decode } from "../wire/codec.ts";
import type { Envelope } from "../wire/command.ts";
import { jobIdOf } from "../wire/genesis.ts";
import { committedBlockCodec, decodeMessage, type Message, type Position } from "../wire/message.ts";
import { ACCEPT, ignore, reject, type Verdict } from "../wire/verdict.ts";
import { Advertiser } from "./advertiser.ts";
import { Beacons } from "./beacons.ts";
import { StepContext, sealBodies } from "./context.ts";
import { GenesisRequests } from "./genesis-requests.ts";
import { type CheckedGenesis, checkGenesis, Invitations, isAsked, keepersOf } from "./invitations.ts";
import { JobHost, type JobHostEvents } from "./job-host.ts";
import { encodeRoot, readJobs, retiredJobs, SLOT, type StoredJob } from "./job-records.ts";
import { OwnJobs } from "./own-jobs.ts";
import { Questions } from "./questions.ts";
import { Worker } from "./worker.ts";

/** A job that was begun and decided nothing for this long is given up, ms: its submitter withdrew it before. */
const BEGIN_MS = 2 * 60_000;
/** A job that did not end for so long after its deadline keeps no place any more, ms. */
const GRACE_MS = 60_000;
/** Rounds of "somebody has something due now" within one step. */
const SETTLE_ROUNDS = 16;
/** A pulse that comes this late means that this process was paused: others' silence was its own deafness. */
const PAUSE_MS = 3 * PULSE_MS;

class Agent implements Machine {
  readonly #context: StepContext;
  readonly #directory: Directory;
  readonly #advertiser: Advertiser;
  readonly #invitations: Invitations;
  readonly #worker: Worker;
  readonly #beacons: Beacons;
  readonly #liveness = new Liveness();
  readonly #hosts = new Map<JobId, JobHost>();
  readonly #own: OwnJobs;
  /** Jobs that it keeps no longer: to begin one anew would be to vote again. */
  readonly #retired = new Set<JobId>();
  readonly #suspected = new Set<AgentId>();
  readonly #requests: GenesisRequests;
  readonly #questions: Questions;
  readonly #reads = new Map<number, { job: JobId; to: AgentId }>();
  readonly #hostEvents: JobHostEvents;
  #records: readonly StoredRecord[];
  #nextTicket = 1;
  #pulseAtMs = Number.POSITIVE_INFINITY;
  #pulsedMs = 0;
  #wokenForMs = Number.NaN;

  constructor(config: AgentConfig, records: readonly StoredRecord[]) {
    const context = new StepContext(config);
    this.#context = context;
    this.#records = records;
    this.#directory = new Directory(config.meshId, config.crypto, context.self, config);
    this.#advertiser = new Advertiser(context, this.#directory, () =>
      [...this.#hosts.values()].flatMap((host) => (host.isEnded ? [] : [...host.keepers()])),
    );
    this.#worker = new Worker(context, {
      publish: (job, envelope) => this.#publishOwn(job, envelope),
      isKept: (job) => this.#hosts.has(job),
    });
    this.#beacons = new Beacons(context, this.#directory, {
      addresses: () => this.#advertiser.addresses,
      toOwnWorker: (beacon) => this.#worker.onBeacon(beacon),
    });
    this.#own = new OwnJobs(context);
    this.#invitations = new Invitations(context, {
      refusal: (checked) => this.#refusal(checked),
      begin: (checked) => this.#begin(checked),
      withdraw: (job) => this.#withdraw(job),
      vcvOf: (agent) => this.#directory.get(agent),
    });
    this.#requests = new GenesisRequests(context);
    this.#questions = new Questions(context, {
      hosts: this.#hosts,
      directory: this.#directory,
      loadPpm: () => this.#worker.load.ppm,
      acquaintances: this.#advertiser.acquaintances,
      isAbsent: (agent) => this.#invitations.isAbsent(agent),
    });
    this.#hostEvents = {
      onNotices: (host, notices) => {
        for (const { to, message } of notices) {
          if (to === context.self && message.kind === "notice") this.#worker.onNotice(to, host.job, message.items);
        }
      },
      onWindow: (host, event, header) => this.#beacons.onWindow(host, event, header),
      onCommittee: (host) =>
        this.#worker.jobs.setCommittee(host.job, host.replica.committee, host.replica.tip.nextHeight),
      onBlock: (host) => {
        this.#own.onBlock(host);
        this.#invitations.onBlock(host.job);
      },
      onReadBlocks: (host, to, slots) => this.#readBlocks(host.job, to, slots),
    };
  }

  step(now: Now, input: Input): readonly Effect[] {
    this.#context.now = now;
    this.#route(input);
    this.#settle();
    return this.#context.takeEffects();
  }

  #route(input: Input): void {
    switch (input.kind) {
      case "start":
        return this.#start();
      case "tick":
        return;
      case "connected":
        return this.#onConnected(input.agent);
      case "disconnected":
        this.#liveness.onConnection(input.agent, false);
        this.#context.onDisconnected(input.agent);
        return this.#advertiser.onDisconnected(input.agent);
      case "frame":
        return this.#onFrame(input.from, input.bytes);
      case "gossip":
        return this.#onGossip(input);
      case "blobStored":
        return this.#onBlob(input.hash, true);
      case "blobFailed":
        return this.#onBlob(input.hash, false);
      case "workDone":
        return this.#worker.onWorkDone(input);
      case "workFailed":
        return this.#worker.onWorkFailed(input);
      case "submit":
        return this.#invitations.submit(input.genesis);
      case "cancel":
        return this.#cancel(input.job, input.via);
      case "ask":
        return this.#questions.ask(input);
      case "recordsRead":
        return this.#onRecordsRead(input.ticket, input.records);
      case "load":
        return this.#worker.onLoad(input.ppm);
      case "addresses":
      case "unreachable":
      case "stop":
        return this.#advertiser.onInput(input);
    }
  }

  /** Lets every part do what is due, until nothing is; then asks to be woken. */
  #settle(): void {
    const { monoMs } = this.#context.now;
    let wakeMs = this.#nextWakeMs();
    for (let round = 0; round < SETTLE_ROUNDS && wakeMs <= monoMs; round++) {
      if (monoMs >= this.#pulseAtMs) this.#pulse();
      if (this.#worker.nextWakeMs() <= monoMs) this.#worker.tick();
      if (this.#beacons.nextWakeMs() <= monoMs) this.#beacons.tick();
      if (this.#invitations.nextWakeMs() <= monoMs) this.#invitations.tick();
      if (this.#advertiser.nextWakeMs() <= monoMs) this.#advertiser.tick();
      if (this.#requests.nextWakeMs() <= monoMs) this.#requests.tick();
      for (const host of this.#hosts.values()) if (host.nextWakeMs() <= monoMs) host.tick();
      wakeMs = this.#nextWakeMs();
    }
    if (wakeMs === this.#wokenForMs || wakeMs === Number.POSITIVE_INFINITY) return;
    this.#wokenForMs = wakeMs;
    this.#context.emit({ kind: "wake", atMonoMs: wakeMs });
  }

  #nextWakeMs(): number {
    let wake = Math.min(this.#pulseAtMs, this.#worker.nextWakeMs(), this.#beacons.nextWakeMs());
    wake = Math.min(wake, this.#invitations.nextWakeMs(), this.#advertiser.nextWakeMs(), this.#requests.nextWakeMs());
    for (const host of this.#hosts.values()) wake = Math.min(wake, host.nextWakeMs());
    return wake;
  }

  // --- start ------------------------------------------------------------------------------------------

  #start(): void {
    this.#pulsedMs = this.#context.now.monoMs;
    this.#pulseAtMs = this.#pulsedMs + PULSE_MS;
    this.#advertiser.start();
    for (const job of retiredJobs(this.#records)) this.#retired.add(job);
    for (const stored of readJobs(this.#records)) this.#continue(stored);
    this.#records = [];
  }

  #continue(stored: StoredJob): void {
    const checked = checkGenesis(this.#context, stored.root.genesis);
    if (typeof checked === "string") return; // of another mesh, or of rules that this version does not have
    const { job } = checked;
    this.#worker.restore(checked, stored.work);
    if (stored.root.role !== "keeper" || !this.#context.selectors.has(checked.genesis.selector)) return; // of a lost plugin
    const host = new JobHost(this.#context, this.#hostEvents, checked, stored);
    this.#hosts.set(job, host);
    this.#directory.keep(keepersOf(checked.genesis));
    this.#worker.jobs.setCommittee(job, host.replica.committee, host.replica.tip.nextHeight);
    this.#own.add(host);
    host.start();
  }

  // --- jobs -------------------------------------------------------------------------------------------

  /** This node's own rules for keeping a job (protocol.md 4, 9). */
  #refusal({ genesis, job }: CheckedGenesis): string | null {
    if (!this.#context.config.hosts) return "it does not keep jobs";
    if (this.#retired.has(job)) return "it gave this job up";
    if (!this.#context.selectors.has(genesis.selector)) return `it has no selector ${genesis.selector}`;
    if (!isAsked(genesis, this.#context.self)) return "it is not in the committee";
    const running = [...this.#hosts.values()].filter((host) => !host.isEnded && !this.#isForsaken(host));
    if (running.length >= limits.hostedJobs) return "it keeps too many jobs";
    const owned = running.filter((host) => host.genesis.owner === genesis.owner).length;
    return owned >= limits.hostedJobsPerOwner ? "it keeps too many jobs of this owner" : null;
  }

  /** Keeps a job from now on: asked as a member or standby, or for this node's own operator. */
  #begin(checked: CheckedGenesis): void {
    const { job } = checked;
    if (this.#hosts.has(job)) return;
    this.#retireHosts();
    const bytes = encodeRoot({ role: "keeper", genesis: checked.signed });
    this.#context.emit({ kind: "persist", job, slot: SLOT.root, bytes, durable: true });
    const host = new JobHost(this.#context, this.#hostEvents, checked, null);
    this.#hosts.set(job, host);
    this.#worker.jobs.add(checked);
    this.#directory.keep(keepersOf(checked.genesis));
    this.#own.add(host);
    host.start();
  }

  /** Its committee never came to a first block. */
  #isUnbegun(host: JobHost): boolean {
    return host.nextHeight === 1 && this.#context.now.wallMs - host.startedWallMs > BEGIN_MS;
  }

  /** It will not end any more: too few of its committee are there. */
  #isForsaken(host: JobHost): boolean {
    return this.#isUnbegun(host) || this.#context.now.wallMs > host.deadlineWallMs + GRACE_MS;
  }

  /** Gives a job up, durably. */
  #retire(job: JobId): void {
    this.#hosts.delete(job);
    this.#own.delete(job);
    if (this.#retired.size >= limits.knownJobs) {
      const oldest = this.#retired.values().next().value!;
      this.#retired.delete(oldest);
      this.#context.emit({ kind: "forget", job: oldest });
    }
    this.#retired.add(job);
    this.#context.emit({ kind: "forget", job });
    this.#context.emit({ kind: "persist", job, slot: SLOT.retired, bytes: new Uint8Array(0), durable: true });
  }

  /** Jobs that ended, or never will, are kept for questions until there are too many. */
  #retireHosts(): void {
    for (const host of this.#hosts.values()) if (this.#isUnbegun(host)) this.#retire(host.job);
    const over = [...this.#hosts.values()]
      .filter((host) => host.isEnded || this.#isForsaken(host))
      .sort((a, b) => (a.endedWallMs || a.deadlineWallMs) - (b.endedWallMs || b.deadlineWallMs));
    for (const { job } of over.slice(0, Math.max(0, over.length - limits.hostedJobs))) this.#retire(job);
  }

  #cancel(job: JobId, via: AgentId | null): void {
    const host = this.#hosts.get(job);
    if (host !== undefined) this.#own.cancel(host);
    else if (via !== null) {
      const envelope = sealBodies(this.#context, job, [{ kind: "cancel" }], this.#context.owner);
      this.#context.send(via, { kind: "envelopes", job, envelopes: [envelope] });
    }
  }

  /** This node submitted it, and no first block came. Where it began all the same, it is cancelled. */
  #withdraw(job: JobId): void {
    this.#cancel(job, null);
    this.#retire(job);
  }

  /** A job's owner drew another committee for it. */
  #onWithdraw(job: JobId, signature: Uint8Array): Verdict {
    const host = this.#hosts.get(job);
    const genesis = host?.genesis ?? this.#invitations.asked(job)?.genesis;
    if (genesis === undefined) return ignore("unknown-job");
    if (!this.#invitations.isWithdrawal(genesis, job, signature)) return reject("bad-signature");
    this.#invitations.take(job);
    if (host === undefined || host.nextHeight === 1) this.#retire(job); // else the owner's cancel ends it
    return ACCEPT;
  }

  #publishOwn(job: JobId, envelope: Envelope): boolean {
    const host = this.#hosts.get(job);
    if (host === undefined) return false;
    host.publish(envelope);
    return true;
  }

  // --- connections and pulses -------------------------------------------------------------------------

  #onConnected(agent: AgentId): void {
    this.#liveness.onConnection(agent, true);
    this.#context.introduce(agent);
    this.#advertiser.onConnected(agent);
    this.#invitations.onConnected(agent);
    this.#own.onConnected(agent);
    for (const host of this.#hosts.values()) host.onConnected(agent);
  }

  #pulse(): void {
    const { monoMs } = this.#context.now;
    if (monoMs - this.#pulsedMs > PAUSE_MS) this.#liveness.forgive(monoMs);
    this.#pulsedMs = monoMs;
    this.#pulseAtMs = monoMs + PULSE_MS;
    const watched = new Set<AgentId>();
    for (const host of this.#hosts.values()) {
      if (host.isEnded || !host.hearsPulses) continue;
      for (const agent of host.peers()) {
        watched.add(agent);
        this.#liveness.watch(agent, monoMs);
      }
    }
    for (const agent of this.#own.watched()) {
      watched.add(agent);
      this.#liveness.watch(agent, monoMs);
    }
    this.#liveness.forget((agent) => watched.has(agent));
    for (const [to, positions] of this.#positions())
      this.#context.send(to, { kind: "pulse", load: this.#worker.load.ppm, positions });
    this.#judgeLiveness(watched);
    this.#own.pulse(this.#liveness);
  }

  /** What each peer is told: where this agent stands in the jobs that they share. */
  #positions(): Map<AgentId, Position[]> {
    const told = new Map<AgentId, Position[]>();
    const tell = (agents: Iterable<AgentId>, position: Position): void => {
      for (const agent of agents) {
        if (agent === this.#context.self) continue;
        const positions = told.get(agent);
        if (positions === undefined) told.set(agent, [position]);
        else if (positions.length < limits.knownJobs) positions.push(position);
      }
    };
    const awards = new Map<JobId, number>();
    for (const engagement of this.#worker.engagements()) {
      awards.set(engagement.job, engagement.awards);
      if (this.#hosts.has(engagement.job)) continue;
      const { job, members } = engagement;
      tell(members, { job, height: 0, round: 0, step: 0, awards: engagement.awards });
    }
    for (const host of this.#hosts.values())
      if (!host.isEnded) tell(host.keepers(), { ...host.position, awards: awards.get(host.job) ?? 0 });
    return told;
  }

  #judgeLiveness(watched: ReadonlySet<AgentId>): void {
    const { monoMs } = this.#context.now;
    for (const agent of watched) {
      const suspected = this.#liveness.isSuspect(agent, monoMs);
      if (suspected === this.#suspected.has(agent)) continue;
      if (suspected) this.#suspected.add(agent);
      else this.#suspected.delete(agent);
      this.#context.emit({ kind: "trace", event: { kind: "suspected", suspect: agent, suspected } });
    }
    for (const agent of this.#suspected) if (!watched.has(agent)) this.#suspected.delete(agent);
    for (const host of this.#hosts.values()) host.onSuspicions((agent) => this.#suspected.has(agent));
  }

  #onPulse(from: AgentId, message: Extract<Message, { kind: "pulse" }>): Verdict {
    this.#liveness.onPulse(from, this.#context.now.monoMs);
    for (const position of message.positions) {
      const host = this.#hosts.get(position.job) ?? this.#beginAsked(from, position);
      host?.onPosition(from, position);
    }
    return ACCEPT;
  }

  /**
   * A member already decides blocks of a job that this node agreed to keep: the start message was lost, or this node
   * crashed between its yes and the start, and forgot. Nobody says the start again, so it asks for the genesis.
   */
  #beginAsked(from: AgentId, { job, height }: Position): JobHost | undefined {
    if (height === 0 || this.#retired.has(job)) return undefined;
    const known = this.#worker.jobs.get(job) ?? null;
    const checked = this.#invitations.take(job) ?? known;
    if (checked === null) this.#requests.ask(from, job);
    else if (isAsked(checked.genesis, this.#context.self) && this.#refusal(checked) === null) this.#begin(checked);
    return this.#hosts.get(job);
  }

  // --- frames -----------------------------------------------------------------------------------------

  #onFrame(from: AgentId, bytes: Uint8Array): void {
    this.#invitations.onHeard(from);
    this.#own.onHeard(from);
    this.#advertiser.acquaintances.onHeard(from, this.#context.now.monoMs);
    const decoded = decodeMessage(bytes);
    const verdict = decoded.ok ? this.#onMessage(from, decoded.value) : reject(decoded.code);
    if (verdict.verdict !== "reject") return;
    this.#context.emit({ kind: "misbehaved", agent: from, code: verdict.code });
    this.#context.emit({ kind: "trace", event: { kind: "refused", from, code: verdict.code } });
  }

  #onMessage(from: AgentId, message: Message): Verdict {
    switch (message.kind) {
      case "pulse":
        return this.#onPulse(from, message);
      case "invite":
        this.#advertiser.onKeepers(this.#invitations.onInvite(from, message.genesis), message.vcvs);
        return ACCEPT;
      case "inviteSeen":
        this.#invitations.onSeen(from, message.job);
        return ACCEPT;
      case "inviteReply":
        this.#invitations.onReply(from, message.job, message.yes, message.reason);
        return ACCEPT;
      case "delegation":
        return this.#context.clients.onDelegation(from, this.#context.now.wallMs, message);
      case "start":
        return this.#onStart(from, message.job);
      case "withdraw":
        return this.#onWithdraw(message.job, message.signature);
      case "fetchGenesis":
        return this.#serveGenesis(from, message.job);
      case "genesis":
        return this.#onGenesis(message);
      case "committee":
        return this.#hosts.has(message.job) ? ignore("kept") : this.#worker.jobs.onCommittee(message);
      case "notice":
        return this.#onNotice(from, message);
      case "over":
        return this.#worker.onOver(from, message.job);
      case "fetchVcvs":
        this.#advertiser.onFetch(from, message);
        return ACCEPT;
      case "vcvs":
        return this.#advertiser.onVcvs(message.vcvs);
      case "query":
        return this.#questions.onQuery(from, message);
      case "reply":
        return this.#questions.onReply(from, message);
      default:
        return this.#onJobMessage(from, message);
    }
  }

  #onJobMessage(from: AgentId, message: Message): Verdict {
    const job = message.kind === "proposal" ? message.statement.job : "job" in message ? (message.job as JobId) : null;
    if (job === null) return reject("not-a-job-message");
    const host = this.#hosts.get(job);
    return host === undefined ? ignore("unknown-job") : host.onMessage(from, message);
  }

  #onNotice(from: AgentId, { job, items }: Extract<Message, { kind: "notice" }>): Verdict {
    // An unknown job, or a member that came after the committee that this agent knows: both come with the genesis.
    if (!this.#worker.jobs.isMember(job, from)) this.#requests.ask(from, job);
    return this.#worker.onNotice(from, job, items);
  }

  #onStart(from: AgentId, job: JobId): Verdict {
    const checked = this.#invitations.take(job);
    // Others may have begun since it said yes.
    if (checked !== null && this.#refusal(checked) === null) this.#begin(checked);
    else if (checked === null && !this.#hosts.has(job) && !this.#retired.has(job)) this.#requests.ask(from, job);
    return ACCEPT;
  }

  // --- genesis ----------------------------------------------------------------------------------------

  #serveGenesis(from: AgentId, job: JobId): Verdict {
    const host = this.#hosts.get(job);
    if (host === undefined) return ignore("unknown-job");
    const vcvs = this.#directory.place.depth === 0 ? [] : this.#invitations.vcvsOf(host.keepers());
    this.#context.send(from, { kind: "genesis", genesis: host.signed, vcvs });
    host.archive.sendCommittees(from);
    return ACCEPT;
  }

  #onGenesis({ genesis: signed, vcvs }: Extract<Message, { kind: "genesis" }>): Verdict {
    if (!this.#requests.isAsked(jobIdOf(this.#context.config.crypto.hash, signed))) return ignore("not-asked-for");
    const checked = checkGenesis(this.#context, signed);
    if (typeof checked === "string") return ignore(checked);
    this.#advertiser.onKeepers(checked.genesis, vcvs);
    const beacons = this.#requests.take(checked.job);
    if (isAsked(checked.genesis, this.#context.self) && this.#refusal(checked) === null) this.#begin(checked);
    this.#worker.jobs.add(checked);
    for (const beacon of beacons) this.#worker.onBeacon(beacon);
    return ACCEPT;
  }

  // --- gossip -----------------------------------------------------------------------------------------

  #onGossip({ ticket, topic, bytes, from }: Extract<Input, { kind: "gossip" }>): void {
    const verdict = topic === "beacons" ? this.#onBeacon(bytes) : this.#advertiser.onGossip(topic, bytes);
    this.#context.emit({ kind: "verdict", ticket, verdict });
    if (verdict.verdict === "reject")
      this.#context.emit({ kind: "trace", event: { kind: "refused", from, code: verdict.code } });
  }

  #onBeacon(bytes: Uint8Array): Verdict {
    const { verdict, beacon } = this.#beacons.read(bytes);
    if (beacon === null) return verdict;
    if (this.#worker.jobs.isMember(beacon.job, beacon.author)) this.#worker.onBeacon(beacon);
    else {
      this.#context.emit({ kind: "address", agent: beacon.author, addresses: beacon.addresses });
      this.#requests.keep(beacon);
      this.#requests.ask(beacon.author, beacon.job);
    }
    return verdict;
  }

  // --- blobs and records ------------------------------------------------------------------------------

  #onBlob(blob: Hash, isStored: boolean): void {
    this.#invitations.onBlob(blob, isStored);
    this.#worker.onBlob(blob, isStored);
    for (const host of this.#hosts.values()) {
      if (isStored) host.onBlobStored(blob);
      else host.onBlobFailed(blob);
    }
  }

  #readBlocks(job: JobId, to: AgentId, slots: readonly string[]): void {
    const ticket = this.#nextTicket++;
    if (this.#reads.size >= limits.members) return; // they ask again
    this.#reads.set(ticket, { job, to });
    this.#context.emit({ kind: "readRecords", job, slots, ticket });
  }

  #onRecordsRead(ticket: number, records: readonly Uint8Array[]): void {
    const read = this.#reads.get(ticket);
    if (read === undefined) return;
    this.#reads.delete(ticket);
    const blocks = [];
    let bytes = 0;
    for (const record of records) {
      const decoded = decode(committedBlockCodec, record);
      if (!decoded.ok || (bytes + record.length > limits.frameBytes / 2 && blocks.length > 0)) break;
      bytes += record.length;
      blocks.push(decoded.value);
    }
    this.#hosts.get(read.job)?.archive.sendRead(read.to, blocks, bytes);
  }
}

export const createAgent: CreateMachine = (config, records) => new Agent(config, records);
