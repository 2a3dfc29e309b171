/**
 * The clients of a scenario: they submit jobs as the workload says, draw a committee for each among the agents that
 * they know, draw again without those that refuse, and follow the job to its end.
 *
 * What a node's operator does (node/node.ts, node/make-genesis.ts), in virtual time.
 */

import type { Hasher } from "../../protocol/core/crypto.ts";
import { statementMessage } from "../../protocol/core/crypto.ts";
import type { AgentId, Hash, JobId } from "../../protocol/core/ids.ts";
import { RULES_VERSION } from "../../protocol/core/limits.ts";
import { createPrng, type Prng } from "../../protocol/core/prng.ts";
import type { LocalEvent } from "../../protocol/effect.ts";
import { defaultCommitteeSize, drawCommittee } from "../../protocol/job/committee-draw.ts";
import { EMPTY_WORLD, type KnownWorld, knowledgeFor, merge } from "../../protocol/selection/knowledge.ts";
import { encodeGenesis, type Genesis, type Knowledge, NO_KNOWLEDGE } from "../../protocol/wire/genesis.ts";
import { decodeValue } from "../../protocol/wire/value.ts";
import type { Scenario } from "../scenario/scenario.ts";
import type { World } from "../virtual/world.ts";
import { clientNames } from "./population.ts";
import type { JobParts, PlannedJob } from "./workload.ts";

/** Draws of a committee before a submission is given up. */
const SUBMIT_ATTEMPTS = 12;

/** A job from its submission on. */
export interface SubmittedJob {
  readonly index: number;
  readonly client: string;
  readonly submittedMs: number;
  /** Of the last draw. */
  job: JobId;
  genesis: Genesis;
  status: "asking" | "running" | "certified" | "failed" | "cancelled" | "refused";
  reason: string;
  endedMs: number | null;
}

export interface ClientEvents {
  /** A draw was sent to its committee: blocks of this job may come. */
  onDrawn(job: SubmittedJob): void;
  onEnded(job: SubmittedJob): void;
}

export class Clients {
  readonly jobs: SubmittedJob[] = [];
  readonly #world: World;
  readonly #scenario: Scenario;
  readonly #hasher: Hasher;
  readonly #events: ClientEvents;
  readonly #names: readonly string[];
  readonly #byJob = new Map<JobId, SubmittedJob>();
  /** Of jobs that no committee has taken yet: draws so far, and agents that refused or are gone. */
  readonly #draws = new Map<SubmittedJob, { count: number; readonly excluded: Set<AgentId> }>();
  /** What each client learned from its own jobs: the prior of its next. */
  readonly #known = new Map<string, KnownWorld>();
  readonly #prng: Prng;
  #asked = 0;
  #reply: Uint8Array | null = null;
  #planned = 0;

  /** `known`: what every client knows before its first job. */
  constructor(
    world: World,
    scenario: Scenario,
    hasher: Hasher,
    seed: number,
    events: ClientEvents,
    known: KnownWorld = EMPTY_WORLD,
  ) {
    this.#world = world;
    this.#scenario = scenario;
    this.#hasher = hasher;
    this.#events = events;
    this.#names = clientNames(scenario.workload.clients);
    for (const name of this.#names) this.#known.set(name, known);
    this.#prng = createPrng(`${seed}/clients`);
  }

  /** All jobs were submitted and have ended. */
  get isDone(): boolean {
    return this.jobs.length === this.#planned && this.jobs.every((job) => job.endedMs !== null);
  }

  /** Jobs that were to come. */
  get planned(): number {
    return this.#planned;
  }

  plan(jobs: readonly PlannedJob[]): void {
    this.#planned = jobs.length;
    for (const planned of jobs) this.#world.at(planned.atMs, () => this.#submit(planned));
  }

  #submit(planned: PlannedJob): void {
    const client = this.#names[planned.index % this.#names.length]!;
    const excluded = new Set<AgentId>();
    const counter = Math.floor(this.#world.now) * 1_000 + this.#prng.below(1_000);
    const genesis = this.#draw(planned, client, counter, excluded);
    const job: SubmittedJob = {
      index: planned.index,
      client,
      submittedMs: this.#world.now,
      job: "" as JobId,
      genesis,
      status: "asking",
      reason: "",
      endedMs: null,
    };
    this.jobs.push(job);
    this.#draws.set(job, { count: 1, excluded });
    this.#propose(job, genesis);
  }

  /** `counter` is the same for every draw: whoever said yes is drawn again. */
  #draw(planned: Pick<PlannedJob, "parts">, client: string, counter: number, excluded: ReadonlySet<AgentId>): Genesis {
    const { workload } = this.#scenario;
    const hosts = this.#hostsOf(client).filter((agent) => !excluded.has(agent));
    const size = Math.min(workload.committee ?? defaultCommitteeSize(hosts.length), Math.max(1, hosts.length));
    const owner = client as AgentId;
    const seed = { meshId: this.#world.meshId, owner, counter, tasks: this.#hasher(new Uint8Array([counter & 255])) };
    // A committee of two or three is none.
    const members = size === 2 || size === 3 ? 1 : size;
    const { committee, standbys } = drawCommittee(this.#hasher, seed, hosts, members);
    return {
      meshId: this.#world.meshId,
      rulesVersion: RULES_VERSION,
      owner,
      counter,
      labels: [],
      committee,
      standbys: workload.standbys === null ? standbys : standbys.slice(0, workload.standbys),
      knowledge: this.#knowledgeFor(client, planned.parts),
      ...planned.parts,
    };
  }

  #knowledgeFor(client: string, { nodes, selector }: JobParts): Knowledge {
    if (!this.#scenario.workload.knowledge) return NO_KNOWLEDGE;
    const skills = new Set(nodes.map(({ skill }) => skill));
    return knowledgeFor(this.#known.get(client) ?? EMPTY_WORLD, skills, selector);
  }

  /** Agents that keep jobs, as far as this client knows. */
  #hostsOf(client: string): AgentId[] {
    this.#reply = null;
    const id = ++this.#asked;
    this.#world.inject(client, { kind: "ask", id, to: client as AgentId, query: { kind: "hosts" } });
    const decoded = this.#reply === null ? null : decodeValue(this.#reply);
    return decoded?.ok === true ? [...(decoded.value as readonly AgentId[])] : [];
  }

  #propose(submitted: SubmittedJob, genesis: Genesis): void {
    const bytes = encodeGenesis(genesis);
    const job = this.#hasher(bytes) as JobId;
    const message = statementMessage(genesis.meshId, "genesis", job as Hash);
    const signature = this.#world.signer(submitted.client).sign(message);
    submitted.job = job;
    submitted.genesis = genesis;
    this.#byJob.set(job, submitted);
    this.#events.onDrawn(submitted);
    this.#world.submit(submitted.client, { bytes, signature });
  }

  /** What clients are told. */
  onEvent(name: string, event: LocalEvent): void {
    if (event.kind === "reply") this.#reply = event.bytes;
    else if (event.kind === "submitted") this.#onSubmitted(event);
    else if (event.kind === "taught" && event.owner === (name as AgentId))
      this.#known.set(name, merge(this.#known.get(name) ?? EMPTY_WORLD, event.lessons, null));
    else if (event.kind === "block") {
      const job = this.#byJob.get(event.job);
      if (job === undefined || job.client !== name || job.endedMs !== null) return;
      const last = event.events[event.events.length - 1] as
        | { kind: string; status?: string; reason?: string }
        | undefined;
      if (last?.kind === "completed") this.#end(job, last.status as SubmittedJob["status"], last.reason ?? "");
    }
  }

  #onSubmitted({ job: id, ok, reason, declined }: Extract<LocalEvent, { kind: "submitted" }>): void {
    const job = this.#byJob.get(id);
    if (job === undefined || job.job !== id) return;
    if (ok) {
      job.status = "running";
      return;
    }
    const draws = this.#draws.get(job)!;
    for (const agent of declined.keys()) draws.excluded.add(agent);
    if (declined.size === 0 || draws.count++ >= SUBMIT_ATTEMPTS) {
      this.#end(job, "refused", reason);
      return;
    }
    const { name, nodes, output, budget, deadlineMs, windowMs, selector, counter } = job.genesis;
    const parts = { name, nodes, output, budget, deadlineMs, windowMs, selector };
    // Not within the step that told it.
    this.#world.at(this.#world.now, () =>
      this.#propose(job, this.#draw({ parts }, job.client, counter, draws.excluded)),
    );
  }

  #end(job: SubmittedJob, status: SubmittedJob["status"], reason: string): void {
    job.status = status;
    job.reason = reason;
    job.endedMs = this.#world.now;
    this.#draws.delete(job);
    this.#events.onEnded(job);
  }
}
