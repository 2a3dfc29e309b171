/**
 * A node as a library: one agent with its network, store and skills, and what its operator does with it: submit jobs,
 * watch them, ask others, stop.
 *
 * Leaves to driver.ts how the agent is driven, to protocol/ what it decides.
 */

import { join } from "node:path";
import { type Logger, pino } from "pino";
import { createAgent } from "../protocol/agent/agent.ts";
import { isLoopback } from "../protocol/capability/addresses.ts";
import { bytesOf } from "../protocol/capability/embedding.ts";
import type { Signer } from "../protocol/core/crypto.ts";
import { MeshworkError } from "../protocol/core/errors.ts";
import type { AgentId, JobId, MeshId, TaskId } from "../protocol/core/ids.ts";
import type { LocalEvent, Standing } from "../protocol/effect.ts";
import type { Input } from "../protocol/input.ts";
import type { LedgerEvent } from "../protocol/job/event.ts";
import { reportTally } from "../protocol/job/tally-report.ts";
import type { AgentConfig } from "../protocol/machine.ts";
import { createSelectors } from "../protocol/selection/catalog.ts";
import type { Selectors } from "../protocol/selection/selector.ts";
import type { Certificate } from "../protocol/wire/certificate.ts";
import type { Value } from "../protocol/wire/value.ts";
import { BlobQuota } from "./blob-quota.ts";
import { createDriver, type Driver, type DriverStats } from "./driver.ts";
import type { ExplainedChoice } from "./explained-choices.ts";
import type { FoundAgent } from "./found-agents.ts";
import { Inquiries } from "./inquiries.ts";
import type { ParsedJob } from "./job-file/parse-job.ts";
import { KNOWLEDGE_FILE, NodeKnowledge } from "./knowledge.ts";
import { quotasOf } from "./limits/limits.ts";
import { DEFAULT_NODE_LIMITS } from "./limits/node-limits.ts";
import { logFault } from "./log-fault.ts";
import type { MeshworkNode } from "./meshwork-node.ts";
import type { ClockOffset, ClockState } from "./network/clock-findings.ts";
import { createNetwork, type Network } from "./network/network.ts";
import { joinsAnotherMachine, type Listen } from "./network/own-addresses.ts";
import type { NodeOptions } from "./node-options.ts";
import { type NodeData, openData } from "./open-data.ts";
import { createSigner, nodeCrypto } from "./platform/crypto.ts";
import { AgentTraceWriter } from "./platform/traces/trace-file.ts";
import { packageVersion } from "./platform/version.ts";
import { isRedactedCertificate } from "./redacted-jobs.ts";
import { BUILT_IN_EMBEDDER, type Embedder } from "./search/embedder.ts";
import { GrowingIndex } from "./search/growing-index.ts";
import { checkAdvertised, skillAd } from "./skills/advertise.ts";
import { createSkillRunner } from "./skills/skill-runner.ts";
import { Submissions, type SubmitOptions } from "./submissions.ts";
import type { JobEvent, JobHandle } from "./submitted-job.ts";
import { startUpkeep } from "./upkeep.ts";

export type { MeshworkNode } from "./meshwork-node.ts";
export type { NodeOptions } from "./node-options.ts";

const POLL_MS = 50;

class Node implements MeshworkNode {
  readonly id: AgentId;
  readonly owner: AgentId;
  readonly name: string;
  readonly mesh: string;
  readonly #signer: Signer;
  readonly #driver: Driver;
  readonly #network: Network;
  readonly #disk: Pick<NodeParts, "store" | "blobs" | "uses">;
  #endUpkeep: () => void = () => {};
  readonly #trace: AgentTraceWriter | null;
  readonly #listeners = new Set<(event: JobEvent) => void>();
  readonly #standings = new Set<(job: JobId, standing: Standing) => void>();
  readonly #submissions: Submissions;
  readonly #inquiries: Inquiries;
  readonly #knowledge: NodeKnowledge;
  readonly #selectors: Selectors;
  readonly #options: NodeOptions;
  readonly #log: Logger;
  readonly #onStop = new Set<(error: Error) => void>();
  #stopping: Promise<void> | null = null;

  constructor(options: NodeOptions, parts: NodeParts) {
    this.#options = options;
    this.id = parts.identity.agent;
    this.#signer = createSigner(options.owner ?? parts.identity);
    this.owner = this.#signer.agent;
    this.name = options.name ?? parts.identity.agent.slice(-6);
    this.mesh = options.mesh ?? "default";
    this.#network = parts.network;
    this.#disk = { store: parts.store, blobs: parts.blobs, uses: parts.uses };
    this.#trace = parts.trace;
    this.#log = parts.log;
    this.#knowledge = new NodeKnowledge({
      path: options.knowledge ?? (options.data === undefined ? null : join(options.data, KNOWLEDGE_FILE)),
      self: this.owner,
      ...{ trusted: new Set(options.trust ?? []), mesh: this.mesh },
    });
    this.#selectors = createSelectors(options.selectors ?? []);
    const skills = options.skills ?? [];
    const { limits = DEFAULT_NODE_LIMITS } = options;
    const known = new Set([this.id, this.owner, ...quotasOf(options).owners.known]);
    const quota = new BlobQuota({
      ...{ blobs: parts.blobs, needs: parts.store.needs, limits: limits.disk },
      isKnown: (owner) => known.has(owner),
      originOf: (agent) => parts.network.originOf(agent),
      peers: () => parts.network.peers(),
    });
    this.#driver = createDriver({
      ...{ limits, quota },
      createMachine: options.createMachine ?? createAgent,
      config: this.#agentConfig(options, parts),
      store: parts.store,
      blobs: parts.blobs,
      network: parts.network,
      skills: createSkillRunner({
        skills,
        blobs: parts.blobs,
        log: (message, facts) => this.#log.info(facts ?? {}, message),
      }),
      ...(parts.trace === null ? {} : { trace: parts.trace }),
      onEvent: (event) => this.#onEvent(event),
      onFatal: (error) => this.#onFatal(error),
      log: this.#log,
    });
    const { blobs, network } = parts;
    this.#submissions = new Submissions({
      source: this,
      quota,
      input: (input) => this.#driver.input(input),
      hosts: () => this.#inquiries.hosts(),
      status: () => this.status(),
      clock: () => this.clock(),
      world: () => this.#knowledge.world,
    });
    this.#inquiries = new Inquiries({
      self: this.id,
      embedder: parts.embedder,
      ask: (query) => this.#driver.input(query),
      onCertified: (job, bytes) => {
        if (this.#trace === null || isRedactedCertificate(bytes)) return;
        const text = Buffer.from(bytes).toString("base64");
        this.#trace.write(Date.now(), { kind: "certified", job, bytes: text });
      },
      blobs,
      network,
    });
  }

  #agentConfig(options: NodeOptions, parts: NodeParts): AgentConfig {
    const { skills = [] } = options;
    return {
      meshId: this.mesh as MeshId,
      signer: createSigner(parts.identity),
      ...(options.owner === undefined ? {} : { owner: this.#signer }),
      crypto: nodeCrypto,
      name: this.name,
      incarnation: Date.now(),
      lostVotesBeforeMs: parts.uses?.lostVotesBeforeMs,
      skills: skills.map((skill, place) => skillAd(skill, bytesOf(parts.vectors[place]!))),
      embedder: parts.embedder.name,
      skillIndex: new GrowingIndex({ warn: (message) => parts.log.warn(message) }),
      slots: options.slots ?? 2,
      labels: options.labels ?? [],
      selectors: this.#selectors,
      hosts: options.host ?? options.owner === undefined,
      shardAgents: options.shardAgents,
      addresses: [],
      quotas: quotasOf(options),
      traceState: options.traceState,
      traceChoices: parts.trace !== null,
    };
  }

  async start(): Promise<void> {
    await this.#driver.start();
    const { limits = DEFAULT_NODE_LIMITS } = this.#options;
    const input = (asked: Input): void => this.#driver.input(asked);
    this.#endUpkeep = startUpkeep({ ...this.#disk, limits: limits.disk, input, log: this.#log });
  }

  #onFatal(error: Error): void {
    this.#inquiries.end(error);
    this.#release(error);
    this.#options.onFatal?.(error);
  }

  /** The other one was here first: this node would take its answers, and it this one's. */
  onTwin({ startedMs, isFirst }: { readonly startedMs: number; readonly isFirst: boolean }): void {
    const since = new Date(startedMs).toISOString();
    this.#log.warn({ since }, "another node runs with the key of this one");
    if (!isFirst || this.#stopping !== null) return;
    const problem = `another node has run with the key of this one (${this.id}) since ${since}`;
    const remedy = "stop that one, or give this one a key of its own: another data folder";
    this.#onFatal(new MeshworkError("refused", problem, remedy));
    void this.stop();
  }

  /** Tells everybody who waits for this node that it ends. */
  #release(error: Error): void {
    for (const reject of this.#onStop) reject(error);
    this.#onStop.clear();
  }

  #onEvent(event: LocalEvent): void {
    if (event.kind === "drawn" || event.kind === "submitted") this.#submissions.onEvent(event);
    else if (event.kind === "reply") this.#inquiries.onReply(event);
    else if (event.kind === "taught") this.#onTaught(event);
    else if (event.kind === "standing") for (const listener of this.#standings) listener(event.job, event.standing);
    else if (event.kind === "diverged" || event.kind === "fault" || event.kind === "gaveUp") logFault(this.#log, event);
    else if (event.kind === "block") {
      const { job, height, timeMs, events, lost } = event;
      if (this.#listeners.size === 0) return;
      const tallies = event.tallies.map((tally) => [tally.task, reportTally(tally)] as const);
      const told = { job, height, timeMs, events: events as readonly LedgerEvent[], tallies, lost };
      for (const listener of this.#listeners) listener(told);
    }
  }

  /** Without what a job taught, the next one starts with less: no reason to end a node. */
  #onTaught(taught: Extract<LocalEvent, { kind: "taught" }>): void {
    try {
      this.#knowledge.onTaught(taught);
    } catch (error) {
      this.#log.warn({ error: error instanceof Error ? error.message : String(error) }, "knowledge was not kept");
    }
  }

  addresses(): string[] {
    return this.#network.addresses();
  }

  peers(): AgentId[] {
    return this.#network.peers();
  }

  stats(): DriverStats {
    return this.#driver.stats();
  }

  clock(): ClockState {
    return this.#network.clock();
  }

  clockOf(agent: AgentId): ClockOffset | null {
    return this.#network.clockOf(agent);
  }

  onJobEvent(listener: (event: JobEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  onStanding(listener: (job: JobId, standing: Standing) => void): () => void {
    this.#standings.add(listener);
    return () => this.#standings.delete(listener);
  }

  async until(
    condition: (node: MeshworkNode) => boolean | Promise<boolean>,
    timeoutMs: number,
    what: string,
  ): Promise<void> {
    const endMs = performance.now() + timeoutMs;
    while (!(await condition(this))) {
      if (this.#stopping !== null) throw new MeshworkError("interrupted", "the node stopped");
      if (performance.now() > endMs) throw new MeshworkError("unreachable", `${what}: not within ${timeoutMs} ms`);
      await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    }
  }

  // --- questions --------------------------------------------------------------------------------------

  status(of: AgentId = this.id): Promise<Value> {
    return this.#inquiries.status(of);
  }

  certified(job: JobId, of: AgentId = this.id): Promise<{ result: Value; certificate: Certificate }> {
    return this.#inquiries.certified(job, of);
  }

  findAgents(query: string, most = 10, of: AgentId = this.id): Promise<readonly FoundAgent[]> {
    return this.#inquiries.findAgents(query, most, of);
  }

  explanation(job: JobId, task: TaskId, of: AgentId = this.id): Promise<readonly ExplainedChoice[]> {
    return this.#inquiries.explanation(job, task, of);
  }

  hostOf(job: JobId, first: AgentId = this.id): Promise<AgentId | null> {
    return this.#inquiries.hostOf(job, first);
  }

  // --- jobs -------------------------------------------------------------------------------------------

  submit(job: ParsedJob, options: SubmitOptions = {}): Promise<JobHandle> {
    return this.#submissions.submit(job, options);
  }

  feedback(job: JobId, score: number): void {
    this.#knowledge.score(job, score, this.#selectors);
  }

  cancel(job: JobId, via?: AgentId): void {
    this.#driver.input({ kind: "cancel", job, via: via ?? null });
  }

  // --- the end ----------------------------------------------------------------------------------------

  stop(): Promise<void> {
    this.#stopping ??= this.#stop();
    return this.#stopping;
  }

  /** Rejects when this node stops; for those that wait. */
  whenStopped(): { promise: Promise<never>; forget(): void } {
    let reject: (error: Error) => void = () => undefined;
    const promise = new Promise<never>((_, rejects) => {
      reject = rejects;
    });
    promise.catch(() => undefined); // whoever waits sees it; nobody has to
    this.#onStop.add(reject);
    return { promise, forget: () => this.#onStop.delete(reject) };
  }

  async #stop(): Promise<void> {
    const stopped = new MeshworkError("interrupted", "the node stopped");
    this.#inquiries.end(stopped);
    this.#release(stopped);
    this.#endUpkeep();
    await this.#driver.stop();
    this.#disk.store.close();
    this.#trace?.close();
  }
}

interface NodeParts extends NodeData {
  readonly embedder: Embedder;
  /** The vectors of its skills, in their order. */
  readonly vectors: readonly Int8Array[];
  readonly network: Network;
  readonly trace: AgentTraceWriter | null;
  readonly log: Logger;
}

const LOOPBACK = ["/ip4/127.0.0.1/tcp/0"];

/** Starts a node. Rejects with `usage` for addresses that cannot be used, `storage` for a folder that cannot. */
export async function createNode(options: NodeOptions = {}): Promise<MeshworkNode> {
  const { skills = [], embedder = BUILT_IN_EMBEDDER, log = pino({ level: "silent" }) } = options;
  checkAdvertised(skills);
  const mesh = options.mesh ?? "default";
  const isElsewhere = joinsAnotherMachine(options.join ?? []);
  const listen: Listen = options.listen ?? (isElsewhere ? "every-interface" : LOOPBACK);
  const vectors = await embedder.embed(skills);
  let node: Node | null = null;
  const kept = openData(options, log);
  const { identity, blobs } = kept;
  try {
    const local = options.local ?? (!isElsewhere && listen !== "every-interface" && listen.every(isLoopback));
    const network = await createNetwork({
      meshId: mesh as MeshId,
      identity,
      blobs,
      listen,
      announce: options.announce ?? [],
      ...(options.onNews === undefined ? {} : { onNews: options.onNews }),
      bootstrap: options.join ?? [],
      local,
      mdns: options.mdns ?? false,
      ...(options.limits === undefined ? {} : { limits: options.limits }),
      onTwin: (twin) => node?.onTwin(twin),
      log,
    });
    const head = {
      meshId: mesh,
      agent: identity.agent,
      name: options.name ?? identity.agent.slice(-6),
      startedAt: Date.now(),
    };
    const trace =
      options.trace === undefined ? null : new AgentTraceWriter(options.trace, { ...head, version: packageVersion() });
    node = new Node(options, { ...kept, network, trace, log, embedder, vectors });
    await node.start();
    return node;
  } catch (error) {
    if (node !== null) await node.stop();
    else kept.store.close();
    throw error;
  }
}
