/**
 * The agent: one state machine that routes each input to its parts and collects their effects. It has no clock, no
 * randomness and no I/O; machine.ts says what its driver owes it.
 *
 * It knows which part an input is for, and when to be woken. Leaves a job's log to hosted-job.ts, what goes wrong in one to
 * containment.ts, which jobs it hosts to hosting.ts, the start of jobs to owner.ts, capability vectors to advertiser.ts.
 */

import { Directory } from "../capability/directory.ts";
import { Divergence, holds } from "../consensus/divergence.ts";
import type { AgentId, JobId } from "../core/ids.ts";
import type { Now } from "../core/now.ts";
import type { Effect } from "../effect.ts";
import type { Input } from "../input.ts";
import { type AgentConfig, type CreateMachine, type Machine, recordsFrom, type StoredRecords } from "../machine.ts";
import type { Envelope } from "../wire/command.ts";
import { jobIdOf } from "../wire/genesis.ts";
import type { Message } from "../wire/message.ts";
import { ACCEPT, ignore, reject, type Verdict } from "../wire/verdict.ts";
import { Admission } from "./admission.ts";
import { Advertiser } from "./advertiser.ts";
import { Answers } from "./answers.ts";
import { Beacons } from "./beacons.ts";
import { BlockReads } from "./block-reads.ts";
import { type CheckedGenesis, checkGenesis, hostsOf, isAsked, isParty } from "./checked-genesis.ts";
import { Containment } from "./containment.ts";
import { StepContext } from "./context.ts";
import { HeardJobs } from "./heard-jobs.ts";
import { HostedJob } from "./hosted-job.ts";
import type { HostedJobEvents } from "./hosted-job-events.ts";
import { HostedJobs } from "./hosted-jobs.ts";
import { Hosting } from "./hosting.ts";
import { encodeRoot, genesisIn, SLOT, type StoredJob } from "./job-records.ts";
import { Owner } from "./owner.ts";
import { Pulses } from "./pulses.ts";
import { Questions } from "./questions.ts";
import { type Invited, ReceivedInvitations } from "./received-invitations.ts";
import { restart } from "./restart.ts";
import { Worker } from "./worker.ts";

/** Rounds of "somebody has something due now" within one step. */
const TICK_ROUNDS = 16;

class Agent implements Machine {
  readonly #context: StepContext;
  readonly #admission: Admission;
  readonly #directory: Directory;
  readonly #advertiser: Advertiser;
  readonly #receivedInvitations: ReceivedInvitations;
  readonly #worker: Worker;
  readonly #beacons: Beacons;
  readonly #pulses: Pulses;
  readonly #containment: Containment;
  readonly #hostedJobs: HostedJobs;
  readonly #owner: Owner;
  readonly #hosting: Hosting;
  readonly #heard: HeardJobs;
  readonly #questions: Questions;
  readonly #answers: Answers;
  readonly #reads: BlockReads;
  readonly #events = this.#hostedJobEvents();
  #records: StoredRecords;
  #wokenForMs = Number.NaN;

  constructor(config: AgentConfig, records: StoredRecords) {
    const context = new StepContext(config);
    this.#context = context;
    this.#records = records;
    const admission = new Admission(context, (agent) => this.#advertiser.acquaintances.of(agent));
    this.#admission = admission;
    this.#containment = new Containment(context, {
      factsOf: (job) =>
        (this.#hostedJobs.get(job) ?? this.#worker.jobs.get(job))?.genesis ?? genesisIn(this.#records, job),
      envelopesOf: (job, commands) => this.#hostedJobs.get(job)?.replica.pool.envelopesOf(commands) ?? [],
      onDiverged: (job) => this.#onDiverged(job),
    });
    this.#hostedJobs = new HostedJobs(this.#containment);
    const hosting = { hostedJobs: this.#hostedJobs, containment: this.#containment };
    this.#hosting = new Hosting(context, admission, hosting, (job) => {
      this.#owner.onRetired(job);
      this.#receivedInvitations.drop(job);
    });
    this.#reads = new BlockReads(context, this.#hostedJobs);
    this.#directory = new Directory(config.meshId, config.crypto, context.self, config);
    this.#advertiser = new Advertiser(context, this.#directory, this.#hostedJobs);
    this.#worker = new Worker(context, admission, {
      publish: (job, envelope) => this.#publishOwn(job, envelope),
      askOwn: (job, items, lost) =>
        this.#hostedJobs.enter(job, true, (hosted) => {
          const lacking = hosted.onUnsettled(context.self, items);
          if (lacking.length > 0) hosted.learnOwn(lost(lacking));
          return true;
        }),
      isHosted: (job) => this.#hostedJobs.has(job),
      isKept: (job) => this.#isBegunOrGone(job),
      within: (job, act) => this.#containment.within(job, undefined, act),
    });
    const { acquaintances } = this.#advertiser;
    const sources = { hostedJobs: this.#hostedJobs, directory: this.#directory, acquaintances, hosting: this.#hosting };
    this.#beacons = new Beacons(context, admission, sources, {
      addresses: () => this.#advertiser.addresses,
      toOwnWorker: (beacon) => this.#worker.onBeacon(beacon),
    });
    this.#receivedInvitations = new ReceivedInvitations(context, admission, {
      refusalOf: (checked, source) => this.#hosting.refusal(checked, source),
      lackOfRoom: (owner, source) => this.#hosting.lackOfRoom(owner, source),
      isKnown: (job) => this.#hostedJobs.has(job) || this.#worker.jobs.get(job) !== undefined,
    });
    this.#owner = new Owner(context, sources, {
      refusal: (checked) => this.#hosting.refusal(checked, context.self),
      begin: (checked) => this.#begin(checked, context.self),
    });
    this.#heard = new HeardJobs(context, admission, {
      ...{ advertiser: this.#advertiser, beacons: this.#beacons, containment: this.#containment, worker: this.#worker },
      beginAt: (from, checked) => this.#beginAt(from, checked),
    });
    this.#answers = new Answers(context, admission, this.#hostedJobs, this.#directory);
    this.#pulses = new Pulses(context, this.#hostedJobs, this.#worker, this.#owner);
    this.#questions = new Questions(context, {
      ...{ ...sources, diverged: this.#containment },
      loadPpm: () => this.#worker.load.ppm,
      drawable: () => this.#owner.drawable(),
      within: (from, job, answer) => this.#answers.within(from, job, answer),
    });
  }

  #hostedJobEvents(): HostedJobEvents<HostedJob> {
    return {
      onNotices: (hosted, notices) => {
        for (const { to, message } of notices)
          if (to === this.#context.self && message.kind === "notice")
            this.#worker.onNotice(to, hosted.job, message.items);
      },
      sourceOf: (agent) => this.#admission.sourceOf(agent),
      nameOf: (agent) => this.#directory.get(agent)?.name ?? "",
      originOf: (agent) => this.#advertiser.acquaintances.of(agent).origin,
      onWindow: (hosted, event, header) => this.#beacons.onWindow(hosted, event, header),
      onCommittee: (hosted) =>
        this.#worker.jobs.setCommittee(hosted.job, hosted.replica.committee, hosted.replica.tip.nextHeight),
      onBlock: (hosted) => {
        this.#owner.onBlock(hosted);
        this.#hosting.onBlock(hosted);
      },
      onReadBlocks: (hosted, to, slots) => this.#reads.ask(hosted.job, to, slots),
    };
  }

  step(now: Now, input: Input): readonly Effect[] {
    this.#context.now = now;
    this.#context.input = input;
    this.#route(input);
    this.#tickParts();
    return this.#context.takeEffects();
  }

  #route(input: Input): void {
    switch (input.kind) {
      case "start":
        return this.#start();
      case "tick":
        this.#wokenForMs = Number.NaN; // one that came too early is asked for again
        return;
      case "connected":
        return this.#onConnected(input.agent, input.origin);
      case "disconnected":
        this.#pulses.onConnection(input.agent, false);
        return this.#advertiser.onDisconnected(input.agent);
      case "frame":
        return this.#onFrame(input.from, input.bytes);
      case "gossip":
        return this.#onGossip(input);
      case "blobStored":
        return this.#onBlob(input, null);
      case "blobFailed":
        return this.#onBlob(input, input.reason ?? "");
      case "prune":
        return this.#hosting.prune(input);
      case "workDone":
        return this.#worker.onWorkDone(input);
      case "workFailed":
        return this.#worker.onWorkFailed(input);
      case "submit":
        return this.#owner.submit(input);
      case "cancel":
        return this.#owner.cancel(input.job, input.via);
      case "ask":
        return this.#questions.ask(input);
      case "recordsRead":
        return this.#reads.onRecords(input.ticket, input.records);
      case "load":
        return this.#worker.onLoad(input.ppm);
      case "addresses":
      case "clock":
      case "unreachable":
      case "stop":
        return this.#advertiser.onInput(input);
    }
  }

  /** Lets every part do what is due, until nothing is; then asks to be woken. */
  #tickParts(): void {
    this.#hosting.giveUpLarge();
    const { monoMs } = this.#context.now;
    let wakeMs = this.#nextWakeMs();
    for (let round = 0; round < TICK_ROUNDS && wakeMs <= monoMs; round++) {
      if (this.#pulses.nextWakeMs() <= monoMs) this.#pulses.tick();
      if (this.#worker.nextWakeMs() <= monoMs) this.#worker.tick();
      if (this.#beacons.nextWakeMs() <= monoMs) this.#beacons.tick();
      if (this.#owner.nextWakeMs() <= monoMs) this.#owner.tick();
      if (this.#advertiser.nextWakeMs() <= monoMs) this.#advertiser.tick();
      if (this.#heard.nextWakeMs() <= monoMs) this.#heard.tick();
      if (this.#receivedInvitations.nextWakeMs() <= monoMs) this.#receivedInvitations.tick();
      if (this.#hostedJobs.nextWakeMs() <= monoMs)
        this.#hostedJobs.each((hosted) => hosted.nextWakeMs() <= monoMs && hosted.tick());
      wakeMs = this.#nextWakeMs();
    }
    if (wakeMs === this.#wokenForMs || wakeMs === Number.POSITIVE_INFINITY) return;
    this.#wokenForMs = wakeMs;
    this.#context.emit({ kind: "wake", atMonoMs: wakeMs });
  }

  #nextWakeMs(): number {
    let wake = Math.min(this.#pulses.nextWakeMs(), this.#worker.nextWakeMs(), this.#beacons.nextWakeMs());
    wake = Math.min(wake, this.#owner.nextWakeMs(), this.#advertiser.nextWakeMs(), this.#heard.nextWakeMs());
    return Math.min(wake, this.#receivedInvitations.nextWakeMs(), this.#hostedJobs.nextWakeMs());
  }

  // --- start ------------------------------------------------------------------------------------------

  #start(): void {
    this.#pulses.start();
    this.#advertiser.start();
    const remembering = { containment: this.#containment, retired: this.#hosting.retired };
    restart(this.#records, remembering, (stored) => this.#continue(stored));
    this.#records = recordsFrom([]);
  }

  #continue(stored: StoredJob): void {
    const { job } = stored;
    holds(jobIdOf(this.#context.config.crypto.hash, stored.root.genesis) === job, "its stored genesis is damaged");
    const checked = checkGenesis(this.#context, stored.root.genesis);
    if (checked === "bad-signature") throw new Divergence("its stored genesis is damaged");
    // It belongs to another mesh, or needs rules or plugins that this version lacks; another version may take it.
    if (typeof checked === "string")
      return this.#containment.set(job, `not for this agent: ${checked}`, { isMarked: false });
    this.#worker.restore(checked, stored.work, stored.source);
    const { selector } = checked.genesis;
    if (stored.root.role !== "reader") return;
    if (!this.#context.selectors.has(selector))
      return this.#containment.mention(job, `this node has no selector ${selector}`); // it may work for it
    const create = (): HostedJob => new HostedJob(this.#context, this.#events, checked, stored);
    this.#hosting.restoreSource(job, stored.source);
    this.#hostedJobs.add(job, create, (hosted) => {
      this.#directory.keep(hostsOf(checked.genesis), stored.source);
      this.#worker.jobs.setCommittee(job, hosted.replica.committee, hosted.replica.tip.nextHeight);
      this.#owner.onBegun(hosted);
      hosted.start();
    });
  }

  /** It can be asked to host other jobs in its place, and is told nothing more of this one. */
  #onDiverged(job: JobId): void {
    this.#hostedJobs.delete(job);
    this.#hosting.forgetSource(job);
    this.#worker.drop(job);
    this.#heard.take(job);
    this.#receivedInvitations.take(job);
    this.#owner.onDiverged(job);
  }

  // --- jobs -------------------------------------------------------------------------------------------

  /** Has the log of a job from now on: asked as a member or standby, or for this node's own operator. */
  #begin(checked: CheckedGenesis, source: string): void {
    const { job } = checked;
    if (this.#hostedJobs.has(job)) return;
    this.#hosting.makeRoom(checked.genesis.owner, source);
    const create = (): HostedJob => {
      const bytes = encodeRoot({ role: "reader", genesis: checked.signed });
      this.#context.emit({ kind: "persist", job, slot: SLOT.root, bytes, durable: true });
      this.#hosting.noteSource(job, source);
      return new HostedJob(this.#context, this.#events, checked, null);
    };
    this.#hostedJobs.add(job, create, (hosted) => {
      this.#worker.jobs.add(checked, source);
      this.#directory.keep(hostsOf(checked.genesis), source);
      this.#owner.onBegun(hosted);
      hosted.start();
    });
  }

  /** It has the log of the job, or never will again: a start would change nothing. */
  #isBegunOrGone(job: JobId): boolean {
    return this.#hostedJobs.has(job) || this.#hosting.retired.has(job) || this.#containment.has(job);
  }

  #publishOwn(job: JobId, envelope: Envelope): boolean {
    if (!this.#hostedJobs.has(job)) return this.#containment.has(job);
    this.#hostedJobs.enter(job, undefined, (hosted) => hosted.publish(envelope));
    return true;
  }

  // --- connections and pulses -------------------------------------------------------------------------

  #onConnected(agent: AgentId, origin: string): void {
    this.#pulses.onConnection(agent, true);
    this.#context.introduce(agent);
    this.#worker.unsettled.onConnected(agent);
    this.#advertiser.onConnected(agent, origin);
    this.#owner.onConnected(agent);
    this.#hostedJobs.each((hosted) => hosted.onConnected(agent));
  }

  #onPulse(from: AgentId, message: Extract<Message, { kind: "pulse" }>): Verdict {
    this.#pulses.onPulse(from);
    for (const position of message.positions) {
      const { job } = position;
      const signature = this.#hosting.retired.withdrawalOf(job);
      if (signature !== null) this.#context.send(from, { kind: "withdraw", job, signature });
      if (position.height > 0 && !this.#hostedJobs.has(job)) this.#beginAsked(from, job);
      this.#hostedJobs.enter(job, undefined, (hosted) => hosted.onPosition(from, position));
    }
    return ACCEPT;
  }

  /**
   * All agreed to host a job, or a member already decides its blocks: the start message was lost, or this node crashed
   * between its yes and the start, and forgot. Nobody says the start again, so it asks for the genesis.
   */
  #beginAsked(from: AgentId, job: JobId): Verdict {
    const asked = this.#receivedInvitations.asked(job);
    const checked = asked?.checked ?? this.#worker.jobs.get(job);
    if (this.#isBegunOrGone(job)) return ignore("not-needed");
    if (checked === undefined) this.#heard.ask(from, job);
    else this.#beginAt(from, checked, asked);
    return ACCEPT;
  }

  /** At the word of its owner, or of an agent that hosts it: nobody else brings back what an owner gave up. */
  #beginAt(from: AgentId, checked: CheckedGenesis, asked: Invited | null = null): void {
    const { genesis, job } = checked;
    if (!isParty(this.#context, genesis, from)) return;
    const source = asked?.source ?? this.#admission.sourceOfJob(genesis.owner, from);
    if (isAsked(genesis, this.#context.self) && this.#hosting.refusal(checked, source) === null) {
      if (asked !== null) this.#advertiser.onHosts(asked.by, genesis, asked.vcvs);
      this.#begin(checked, source);
    }
    this.#receivedInvitations.drop(job);
  }

  // --- frames -----------------------------------------------------------------------------------------

  #onFrame(from: AgentId, bytes: Uint8Array): void {
    this.#owner.onHeard(from);
    this.#advertiser.acquaintances.onHeard(from, this.#context.now.monoMs);
    const decoded = this.#context.decoders.message(bytes);
    const verdict = decoded.ok
      ? this.#containment.reading(() => this.#onMessage(from, decoded.value, bytes.length))
      : reject(decoded.code);
    if (verdict.verdict !== "reject") return;
    this.#context.emit({ kind: "misbehaved", agent: from, code: verdict.code });
    this.#context.emit({ kind: "trace", event: { kind: "refused", from, code: verdict.code } });
  }

  #onMessage(from: AgentId, message: Message, frameBytes: number): Verdict {
    switch (message.kind) {
      case "pulse":
        return this.#onPulse(from, message);
      case "invite":
        return this.#receivedInvitations.onInvite(from, message, frameBytes);
      case "probe":
        return this.#receivedInvitations.onProbe(from, message);
      case "probed":
      case "inviteSeen":
      case "inviteReply":
        return this.#owner.onReply(from, message);
      case "delegation":
        return this.#context.clients.onDelegation(from, this.#context.now, message);
      case "start":
        return this.#beginAsked(from, message.job);
      case "withdraw":
        return this.#hosting.onWithdraw(this.#receivedInvitations.asked(message.job)?.checked ?? null, message);
      case "fetchGenesis":
        return this.#answers.genesis(from, message.job);
      case "genesis":
        return this.#heard.onGenesis(from, message, frameBytes);
      case "committee":
        return this.#hostedJobs.has(message.job) ? ignore("hosted") : this.#worker.jobs.onCommittee(message);
      case "notice":
        return this.#heard.onNotice(from, message);
      case "held":
        return this.#worker.unsettled.onHeld(from, message.job, message.hashes);
      case "over":
        return this.#worker.onOver(from, message.job);
      case "fetchVcvs":
        return this.#advertiser.onFetch(from, message);
      case "vcvs":
        return this.#advertiser.onVcvs(from, message);
      case "query":
        return this.#questions.onQuery(from, message);
      case "reply":
        return this.#questions.onReply(from, message);
      case "fetchCommands":
        if (!this.#hostedJobs.has(message.job))
          return this.#worker.unsettled.onFetch(from, message.job, message.hashes);
        return this.#answers.within(from, message.job, () => this.#onJobMessage(from, message));
      case "fetchBlocks":
      case "fetchBody":
      case "follow":
        return this.#answers.within(from, message.job, () => this.#onJobMessage(from, message));
      default:
        return this.#onJobMessage(from, message);
    }
  }

  #onJobMessage(from: AgentId, message: Message): Verdict {
    const job = message.kind === "proposal" ? message.statement.job : "job" in message ? (message.job as JobId) : null;
    if (job === null) return reject("not-a-job-message");
    return this.#hostedJobs.enter(job, ignore("unknown-job"), (hosted) => hosted.onMessage(from, message));
  }

  // --- gossip -----------------------------------------------------------------------------------------

  #onGossip({ ticket, topic, bytes, from }: Extract<Input, { kind: "gossip" }>): void {
    const verdict = this.#containment.reading(() =>
      topic === "beacons" ? this.#heard.onBeacon(from, bytes) : this.#advertiser.onGossip(from, topic, bytes),
    );
    this.#context.emit({ kind: "verdict", ticket, verdict });
    if (verdict.verdict === "reject")
      this.#context.emit({ kind: "trace", event: { kind: "refused", from, code: verdict.code } });
  }

  // --- blobs and records ------------------------------------------------------------------------------

  #onBlob({ job, hash }: Extract<Input, { kind: "blobStored" | "blobFailed" }>, failure: string | null): void {
    this.#receivedInvitations.onBlob(job, hash, failure);
    this.#worker.onBlob(job, hash, failure);
    this.#hostedJobs.enter(job, undefined, (hosted) => hosted.onBlob(hash, failure));
  }
}

export const createAgent: CreateMachine = (config, records) => new Agent(config, records);
