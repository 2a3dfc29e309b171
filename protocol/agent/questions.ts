/**
 * Questions between operators' nodes: what a node knows, and certificates of the jobs that it keeps. Asked by number;
 * only whoever was asked can answer.
 */

import type { Directory } from "../capability/directory.ts";
import type { AgentId, JobId } from "../core/ids.ts";
import { limits } from "../core/limits.ts";
import type { Input } from "../input.ts";
import { defaultCommitteeSize } from "../job/committee-draw.ts";
import type { Message, Query } from "../wire/message.ts";
import { encodeValue } from "../wire/value.ts";
import { ACCEPT, ignore, type Verdict } from "../wire/verdict.ts";
import type { StepContext } from "./context.ts";
import type { JobHost } from "./job-host.ts";
import { describeAgent, describeJob, encodeCertified } from "./status.ts";

interface Answer {
  readonly ok: boolean;
  readonly bytes: Uint8Array;
}

const NO: Answer = { ok: false, bytes: new Uint8Array(0) };

export interface QuestionSources {
  readonly hosts: ReadonlyMap<JobId, JobHost>;
  readonly directory: Directory;
  /** Share of its slots in use, parts per million. */
  loadPpm(): number;
  /** Whether an agent lately did not answer this one. */
  isAbsent(agent: AgentId): boolean;
}

export class Questions {
  readonly #context: StepContext;
  readonly #sources: QuestionSources;
  /** Whom it asked, by the question's number. */
  readonly #asked = new Map<number, AgentId>();

  constructor(context: StepContext, sources: QuestionSources) {
    this.#context = context;
    this.#sources = sources;
  }

  ask({ id, to, query }: Extract<Input, { kind: "ask" }>): void {
    if (to === this.#context.self) {
      this.#context.emit({ kind: "event", event: { kind: "reply", id, ...this.#answer(query) } });
      return;
    }
    if (this.#asked.size >= limits.openQuestions) this.#asked.delete(this.#asked.keys().next().value!);
    this.#asked.set(id, to);
    this.#context.send(to, { kind: "query", id, query });
  }

  onQuery(from: AgentId, { id, query }: Extract<Message, { kind: "query" }>): Verdict {
    const { ok, bytes } = this.#answer(query);
    const isSendable = bytes.length <= limits.frameBytes / 2;
    this.#context.send(from, { kind: "reply", id, ok: ok && isSendable, bytes: isSendable ? bytes : NO.bytes });
    return ACCEPT;
  }

  onReply(from: AgentId, { id, ok, bytes }: Extract<Message, { kind: "reply" }>): Verdict {
    if (this.#asked.get(id) !== from) return ignore("not-asked");
    this.#asked.delete(id);
    this.#context.emit({ kind: "event", event: { kind: "reply", id, ok, bytes } });
    return ACCEPT;
  }

  #answer(query: Query): Answer {
    const { hosts, directory } = this.#sources;
    const { config, self, now } = this.#context;
    if (query.kind === "hosts") {
      const all = directory.list(now.wallMs).filter((vcv) => vcv.hosts);
      const present = all.filter((vcv) => !this.#sources.isAbsent(vcv.agent));
      // Who seems away is left out, but not so that a committee becomes smaller, and with it what it tolerates.
      const isEnough = defaultCommitteeSize(present.length) === defaultCommitteeSize(all.length);
      const keepers = isEnough ? present : all;
      return { ok: true, bytes: encodeValue(keepers.map((vcv) => vcv.agent)) };
    }
    const host = query.job === null ? undefined : hosts.get(query.job);
    if (query.kind === "certificate") {
      const certified = host === undefined ? null : encodeCertified(host, config.crypto.hash);
      if (certified === null) return NO;
      for (const bytes of certified.blobs) this.#context.emit({ kind: "storeBlob", bytes });
      return { ok: true, bytes: certified.bytes };
    }
    const nameOf = (agent: string): string => directory.get(agent as AgentId)?.name ?? "";
    if (query.job !== null)
      return host === undefined ? NO : { ok: true, bytes: encodeValue(describeJob(host, nameOf)) };
    const status = {
      agent: self,
      name: config.name,
      meshId: config.meshId,
      load: this.#sources.loadPpm(),
      agents: directory.list(now.wallMs).map(describeAgent),
      jobs: [...hosts.values()].map((kept) => describeJob(kept, nameOf)),
    };
    return { ok: true, bytes: encodeValue(status) };
  }
}
