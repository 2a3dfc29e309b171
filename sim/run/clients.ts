/**
 * The clients of a scenario: people who submit jobs as the workload says, each with its own agent, and follow them to the
 * end. The agent serves its owner (protocol/agent/owner.ts) exactly as it does in a node.
 */

import { hostsOf } from "../../protocol/agent/checked-genesis.ts";
import type { AgentId, JobId } from "../../protocol/core/ids.ts";
import type { LocalEvent } from "../../protocol/effect.ts";
import { type CommitteeWish, isBounded } from "../../protocol/job/draft.ts";
import { type HostRecord, mergeHosts, standingsOf } from "../../protocol/selection/hosts.ts";
import { EMPTY_WORLD, type KnownWorld, merge, totalsOf } from "../../protocol/selection/knowledge.ts";
import { reliabilityOf } from "../../protocol/selection/reliability.ts";
import type { Member } from "../../protocol/wire/consensus.ts";
import type { StatedRow } from "../model/result.ts";
import type { AgentGroup, Scenario } from "../model/scenario.ts";
import type { DrawnJob, SubmittedJob } from "../model/submitted-job.ts";
import type { World } from "../world/world.ts";
import { namesOf } from "./population.ts";
import type { PlannedJob } from "./workload.ts";

const membersOf = (powers: ReadonlyMap<string, number>): Member[] =>
  [...powers].map(([agent, power]) => ({ agent: agent as AgentId, power }));

/** Which committee a scenario asks for. */
function wishOf({ committee, standbys }: Scenario["workload"]): CommitteeWish {
  if (committee !== null && typeof committee !== "number")
    return {
      kind: "named",
      members: membersOf(committee),
      standbys: typeof standbys === "object" && standbys !== null ? membersOf(standbys) : [],
    };
  return { kind: "drawn", size: committee, standbysMax: typeof standbys === "number" ? standbys : null };
}

/** What clients know of the scenario's hosts before their first job. */
const hostedBefore = (groups: readonly AgentGroup[]): HostRecord[] =>
  groups.flatMap(({ hosted, origin, ...group }) => {
    if (hosted === null) return [];
    const { kept, lost, isKnown, equivocated } = hosted;
    const turns = namesOf(group).map((name) => ({ agent: name as AgentId, kept, lost, equivocated }));
    const origins = new Map(turns.map(({ agent }) => [agent, origin]));
    const records = mergeHosts([], turns, null, { nowMs: 0, origins });
    return records.map((record) => ({ ...record, knownSinceMs: isKnown ? 0 : null }));
  });

interface ClientEvents {
  /** A draw was sent to its committee: blocks of this job may come. */
  onDrawn(job: DrawnJob): void;
  onEnded(job: SubmittedJob): void;
}

export class Clients {
  readonly jobs: SubmittedJob[] = [];
  readonly #world: World;
  readonly #scenario: Scenario;
  readonly #events: ClientEvents;
  readonly #names: readonly string[];
  readonly #byJob = new Map<JobId, SubmittedJob>();
  /** What each client learned from its own jobs: the prior of its next. */
  readonly #known = new Map<string, KnownWorld>();
  #planned = 0;

  /** `known`: what every client knows before its first job. */
  constructor(world: World, scenario: Scenario, events: ClientEvents, known: KnownWorld = EMPTY_WORLD) {
    this.#world = world;
    this.#scenario = scenario;
    this.#events = events;
    this.#names = scenario.workload.clients;
    const hosts = [...known.hosts, ...hostedBefore(scenario.agents)];
    for (const name of this.#names) this.#known.set(name, { ...known, hosts });
  }

  get areSubmitted(): boolean {
    return this.jobs.length === this.#planned;
  }

  /** All jobs were submitted and have ended. */
  get isDone(): boolean {
    return this.areSubmitted && this.jobs.every((job) => job.endedMs !== null);
  }

  /** Jobs that were to come. */
  get planned(): number {
    return this.#planned;
  }

  plan(jobs: readonly PlannedJob[]): void {
    this.#planned = jobs.length;
    for (const planned of jobs) this.#world.at(planned.atMs, () => this.#submit(planned));
  }

  #submit({ index, parts }: PlannedJob): void {
    const client = this.#names[index % this.#names.length]!;
    const { workload } = this.#scenario;
    const job: SubmittedJob = {
      ...{ index, client, submittedMs: this.#world.now, job: null, genesis: null },
      ...{ status: "asking", reason: "", endedMs: null },
    };
    this.jobs.push(job);
    this.#world.inject(client, {
      kind: "submit",
      ticket: this.jobs.length,
      draft: { ...parts, labels: [], committee: wishOf(workload) },
      known: workload.knowledge ? this.#known.get(client)! : EMPTY_WORLD,
      counter: null,
    });
    const { cancelAfterMs } = workload;
    if (cancelAfterMs !== null) this.#world.at(this.#world.now + cancelAfterMs, () => this.#cancel(job));
  }

  /** The hosts of a drawn committee that its owner bounded as newcomers; null: it bounded none. */
  newcomersIn({ client, genesis }: DrawnJob): ReadonlySet<AgentId> | null {
    const { workload } = this.#scenario;
    const known = workload.knowledge ? this.#known.get(client)! : EMPTY_WORLD;
    if (!isBounded(wishOf(workload), known)) return null;
    const standings = standingsOf(known.hosts);
    return new Set(hostsOf(genesis).filter((agent) => standings.get(agent)?.isKnown !== true));
  }

  /** What jobs taught all clients together of their agents' confidence. */
  stated(): StatedRow[] {
    const records = [...this.#known.values()].flatMap((world) => world.records);
    return totalsOf({ ...EMPTY_WORLD, records }).flatMap(({ agent, skill, stated }) => {
      const reliability = reliabilityOf(stated);
      return reliability === null ? [] : [{ agent, skill, reliability }];
    });
  }

  /** Through the first member, which passes it on. */
  #cancel({ client, job, genesis, endedMs }: SubmittedJob): void {
    if (endedMs !== null || job === null || genesis === null) return;
    this.#world.inject(client, { kind: "cancel", job, via: genesis.committee[0]!.agent });
  }

  /** What agents are told; those that are no clients may have jobs of their own. */
  onEvent(name: string, event: LocalEvent): void {
    const known = this.#known.get(name);
    if (known === undefined) return;
    if (event.kind === "drawn") this.#onDrawn(this.jobs[event.ticket - 1]!, event);
    else if (event.kind === "submitted") this.#onSubmitted(this.jobs[event.ticket - 1]!, event);
    else if (event.kind === "taught" && event.owner === (name as AgentId))
      this.#known.set(name, merge(known, event.lessons, null, { nowMs: this.#world.now, origins: event.origins }));
    else if (event.kind === "block") {
      const job = this.#byJob.get(event.job);
      if (job === undefined || job.client !== name || job.endedMs !== null) return;
      const last = event.events[event.events.length - 1] as
        | { kind: string; status?: string; reason?: string }
        | undefined;
      if (last?.kind === "completed") this.#end(job, last.status as SubmittedJob["status"], last.reason ?? "");
    }
  }

  #onDrawn(submitted: SubmittedJob, { job, genesis }: Extract<LocalEvent, { kind: "drawn" }>): void {
    this.#byJob.set(job, submitted);
    this.#events.onDrawn(Object.assign(submitted, { job, genesis }));
  }

  #onSubmitted(job: SubmittedJob, { problem, reason }: Extract<LocalEvent, { kind: "submitted" }>): void {
    if (problem === null) job.status = "running";
    else this.#end(job, "refused", reason);
  }

  #end(job: SubmittedJob, status: SubmittedJob["status"], reason: string): void {
    job.status = status;
    job.reason = reason;
    job.endedMs = this.#world.now;
    this.#events.onEnded(job);
  }
}
