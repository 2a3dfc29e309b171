/**
 * Questions between operators' nodes: what a node knows, and the certificates of the jobs that it hosts. Each question has
 * a number, and only the agent that was asked can answer it.
 */

import type { Directory } from "../capability/directory.ts";
import { vectorOf } from "../capability/embedding.ts";
import { SkillSearch } from "../capability/search.ts";
import type { AgentId, JobId } from "../core/ids.ts";
import { limits } from "../core/limits.ts";
import type { Input } from "../input.ts";
import type { Acquaintances } from "../membership/acquaintances.ts";
import { EMBEDDING_BYTES } from "../wire/genesis.ts";
import type { Message, Query } from "../wire/message.ts";
import { encodeValue, type Value } from "../wire/value.ts";
import { ACCEPT, ignore, type Verdict } from "../wire/verdict.ts";
import { encodeCertified } from "./certified-result.ts";
import { needsOf } from "./checked-genesis.ts";
import type { Containment } from "./containment.ts";
import type { StepContext } from "./context.ts";
import { ANY_TASK } from "./explanations.ts";
import type { HostedJob } from "./hosted-job.ts";
import type { HostedJobs } from "./hosted-jobs.ts";
import { describeAgent, describeDiverged, describeJob } from "./status.ts";

interface Answer {
  readonly ok: boolean;
  readonly bytes: Uint8Array;
}

/** The largest answer to another agent, bytes: it leaves room in the frame. */
const REPLY_BYTES = limits.frameBytes / 2;
/** How many entries a status shows of each long list: the first number with which it fits a frame. */
const SHOWN: readonly number[] = [Number.MAX_SAFE_INTEGER, 1_000, 100, 10, 0];

const NO: Answer = { ok: false, bytes: new Uint8Array(0) };

interface QuestionSources {
  readonly hostedJobs: HostedJobs;
  readonly diverged: Containment;
  readonly directory: Directory;
  /** Share of its slots in use, parts per million. */
  loadPpm(): number;
  readonly acquaintances: Acquaintances;
  /** Agents that this one's owner may draw into a committee. */
  drawable(): AgentId[];
  /** Answers unless the asker recently got too much (answers.ts). */
  within(from: AgentId, job: JobId | null, answer: () => Verdict): Verdict;
}

export class Questions {
  readonly #context: StepContext;
  readonly #sources: QuestionSources;
  readonly #search: SkillSearch;
  /** Answers with results whose parts are blobs in this agent's store. */
  readonly #inParts = new WeakMap<HostedJob, Uint8Array>();
  /** Whom it asked, by the question's number. */
  readonly #asked = new Map<number, AgentId>();

  constructor(context: StepContext, sources: QuestionSources) {
    this.#context = context;
    this.#sources = sources;
    this.#search = new SkillSearch(sources.directory, context.config.skillIndex);
  }

  ask({ id, to, query }: Extract<Input, { kind: "ask" }>): void {
    if (to === this.#context.self) {
      this.#context.emit({
        kind: "event",
        event: { kind: "reply", id, ...this.#answer(query, Number.POSITIVE_INFINITY) },
      });
      return;
    }
    if (this.#asked.size >= limits.openQuestions) this.#asked.delete(this.#asked.keys().next().value!);
    this.#asked.set(id, to);
    this.#context.send(to, { kind: "query", id, query });
  }

  /** An asker that recently got too much is refused: the refusal has fewer bytes than its question. */
  onQuery(from: AgentId, { id, query }: Extract<Message, { kind: "query" }>): Verdict {
    const send = ({ ok, bytes }: Answer): Verdict => {
      const isSendable = bytes.length <= REPLY_BYTES;
      this.#context.send(from, { kind: "reply", id, ok: ok && isSendable, bytes: isSendable ? bytes : NO.bytes });
      return ACCEPT;
    };
    const job = "job" in query ? query.job : null;
    const verdict = this.#sources.within(from, job, () => send(this.#answer(query, REPLY_BYTES)));
    return verdict.verdict === "accept" ? verdict : send(NO);
  }

  onReply(from: AgentId, { id, ok, bytes }: Extract<Message, { kind: "reply" }>): Verdict {
    if (this.#asked.get(id) !== from) return ignore("not-asked");
    this.#asked.delete(id);
    this.#context.emit({ kind: "event", event: { kind: "reply", id, ok, bytes } });
    return ACCEPT;
  }

  #answerAgents({ embedder, like, most }: Extract<Query, { kind: "agents" }>): Answer {
    if (embedder !== this.#context.embedder) return { ok: true, bytes: encodeValue(this.#context.embedder) };
    if (like.length !== EMBEDDING_BYTES) return NO;
    const found = this.#search.find(this.#context.now.wallMs, vectorOf(like), most);
    const agents = found.map(({ vcv, skill, similarity }) => ({
      agent: vcv.agent,
      name: vcv.name,
      skill: skill.name,
      description: skill.description,
      similarity,
      price: skill.price,
      expectedMs: skill.expectedMs,
      slots: vcv.slots,
      labels: [...vcv.labels],
    }));
    return { ok: true, bytes: encodeValue(agents) };
  }

  readonly #nameOf = (agent: string): string => this.#sources.directory.get(agent as AgentId)?.name ?? "";

  /** Answers a question about a job that this agent keeps. */
  #answerOf(hosted: HostedJob, query: Query, bytesMax: number): Answer {
    if (query.kind === "explanation") {
      const explained = query.task === ANY_TASK ? hosted.explanations.list() : hosted.explanations.of(query.task);
      return explained === null ? NO : { ok: true, bytes: encodeValue(explained) };
    }
    if (query.kind === "certificate") {
      const certified = this.#certified(hosted);
      return certified === null ? NO : { ok: true, bytes: certified };
    }
    return fitting(bytesMax, (most) => describeJob(hosted, this.#nameOf, most));
  }

  /** A certified result never changes, so one whose parts are stored as blobs is encoded once, however often it is asked for. */
  #certified(hosted: HostedJob): Uint8Array | null {
    const known = this.#inParts.get(hosted);
    if (known !== undefined) return known;
    const certified = encodeCertified(hosted, this.#context.config.crypto.hash);
    for (const bytes of certified?.blobs ?? [])
      this.#context.emit({ kind: "storeBlob", bytes, needs: needsOf(hosted) });
    if (certified !== null && certified.blobs.length > 0) this.#inParts.set(hosted, certified.bytes);
    return certified?.bytes ?? null;
  }

  #answer(query: Query, bytesMax: number): Answer {
    const { hostedJobs, directory, drawable } = this.#sources;
    if (query.kind === "hosts") return { ok: true, bytes: encodeValue(drawable()) };
    if (query.kind === "agents") return this.#answerAgents(query);
    if (query.kind === "shards") {
      const contacts = directory.contacts().map(({ agent, addresses }) => ({ agent, addresses: [...addresses] }));
      return { ok: true, bytes: encodeValue(contacts) };
    }
    const { job } = query;
    if (job !== null) return hostedJobs.enter(job, NO, (hosted) => this.#answerOf(hosted, query, bytesMax));
    return fitting(bytesMax, (most) => this.#status(most));
  }

  #status(most: number): Value {
    const { hostedJobs, directory, acquaintances, diverged } = this.#sources;
    const { config, self, now } = this.#context;
    const agents = directory.list(now.wallMs);
    return {
      agent: self,
      name: config.name,
      meshId: config.meshId,
      load: this.#sources.loadPpm(),
      meshAgents: directory.meshAgents,
      wallMs: Math.floor(now.wallMs),
      reach: { ...acquaintances.own },
      clock: acquaintances.clock.detail,
      agents: agents.slice(0, most).map((vcv) => describeAgent(vcv, self, acquaintances.of(vcv.agent), now.monoMs)),
      leftOut: { agents: Math.max(0, agents.length - most) },
      jobs: hostedJobs.ask((hosted) => describeJob(hosted, this.#nameOf, most)),
      diverged: describeDiverged(diverged.list(), most),
    };
  }
}

/** A status with as many details as fit `bytesMax` bytes. */
function fitting(bytesMax: number, describe: (most: number) => Value): Answer {
  for (const most of SHOWN) {
    const bytes = encodeValue(describe(most));
    if (bytes.length <= bytesMax) return { ok: true, bytes };
  }
  return NO;
}
