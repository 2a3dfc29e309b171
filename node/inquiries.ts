/**
 * What a node asks other agents on behalf of its operator: how they stand, who hosts a job, its certified answer.
 */

import type { z } from "zod";
import { certifiedCodec } from "../protocol/agent/certified-result.ts";
import { bytesOf } from "../protocol/capability/embedding.ts";
import { bestFirst } from "../protocol/capability/search.ts";
import { MeshworkError } from "../protocol/core/errors.ts";
import type { AgentId, Hash, JobId, TaskId } from "../protocol/core/ids.ts";
import { limits } from "../protocol/core/limits.ts";
import type { LocalEvent } from "../protocol/effect.ts";
import type { Input } from "../protocol/input.ts";
import { hashOfOutputs, verify } from "../protocol/job/certificate.ts";
import type { LedgerEvent } from "../protocol/job/event.ts";
import { type Certificate, decodeCertificate } from "../protocol/wire/certificate.ts";
import { decode } from "../protocol/wire/codec.ts";
import { type Data, dataHash } from "../protocol/wire/genesis.ts";
import type { Query } from "../protocol/wire/message.ts";
import { decodePart, type Parcel } from "../protocol/wire/parcel.ts";
import { decodeValue, type Value } from "../protocol/wire/value.ts";
import { type ExplainedChoice, explainedSchema } from "./explained-choices.ts";
import { contactsSchema, type FoundAgent, foundAgentsSchema } from "./found-agents.ts";
import type { Network } from "./network/network.ts";
import { hasher, nodeCrypto } from "./platform/crypto.ts";
import type { Embedder } from "./search/embedder.ts";
import type { BlobStore } from "./store/blob-store.ts";

/** Longest wait for another agent's answer, ms. */
const ASK_MS = 10_000;
/** Wait for one of many agents that are asked the same, ms: some may be gone, and two are asked in each shard. */
const ASK_CONTACT_MS = 3_000;
/** Agents that are asked for a job at the same time. */
const SEARCH_WIDTH = 16;

/** The largest result, bytes, without its blobs: what a ledger holds of inline outputs, and references to all others. */
const RESULT_BYTES_MAX = limits.heldBytes + 64 * limits.mapItems;

interface InquiryParts {
  readonly self: AgentId;
  /** Makes vectors of questions in words. */
  readonly embedder: Embedder;
  /** This node's own agent has a job's certificate, with its result. Of others, neither is believed. */
  onCertified(job: JobId, bytes: Uint8Array): void;
  ask(input: Extract<Input, { kind: "ask" }>): void;
  readonly blobs: BlobStore;
  readonly network: Network;
}

/** A caller that waits for another agent's answer. */
interface Waiting {
  answer(bytes: Uint8Array | null): void;
  fail(error: Error): void;
}

/** Whether a status is one of that job: anybody may answer anything. */
function isAbout(job: JobId, bytes: Uint8Array): boolean {
  const decoded = decodeValue(bytes);
  return decoded.ok && (decoded.value as { readonly job?: unknown } | null)?.job === job;
}

/** What somebody else says, held against its schema. Throws `refused`, with `problem`. */
function read<T>(schema: z.ZodType<T>, bytes: Uint8Array | null, problem: string): T {
  const decoded = bytes === null ? null : decodeValue(bytes);
  const parsed = decoded?.ok === true ? schema.safeParse(decoded.value) : null;
  if (parsed?.success !== true) throw new MeshworkError("refused", problem);
  return parsed.data;
}

const notCertified = (of: AgentId, job: JobId, why: string): MeshworkError =>
  new MeshworkError("refused", `what ${of} gives for job ${job} is not certified: ${why}`);

/** By their hashes: otherwise a liar could name any amount of data, and all of it would be fetched. */
function areCertified(event: LedgerEvent, items: readonly Data[]): boolean {
  if (event.kind !== "completed" || event.status !== "certified") return false;
  const hashes = items.map((data) => dataHash(hasher, data));
  return hashOfOutputs(nodeCrypto, event.shape, hashes) === event.answer;
}

export class Inquiries {
  readonly #parts: InquiryParts;
  readonly #waiting = new Map<number, Waiting>();
  #nextId = 1;

  constructor(parts: InquiryParts) {
    this.#parts = parts;
  }

  onReply({ id, ok, bytes }: Extract<LocalEvent, { kind: "reply" }>): void {
    this.#waiting.get(id)?.answer(ok ? bytes : null);
  }

  /** Tells all that wait for an answer that none comes. */
  end(error: Error): void {
    for (const waiting of this.#waiting.values()) waiting.fail(error);
  }

  async #ask(to: AgentId, query: Query, waitMs = ASK_MS): Promise<Uint8Array | null> {
    const id = this.#nextId++;
    let timer: NodeJS.Timeout | undefined;
    try {
      return await new Promise<Uint8Array | null>((answer, fail) => {
        this.#waiting.set(id, { answer, fail });
        timer = setTimeout(() => fail(new MeshworkError("unreachable", `${to} does not answer`)), waitMs);
        this.#parts.ask({ kind: "ask", id, to, query });
      });
    } finally {
      clearTimeout(timer);
      this.#waiting.delete(id);
    }
  }

  async status(of: AgentId): Promise<Value> {
    const bytes = await this.#ask(of, { kind: "status", job: null });
    const decoded = bytes === null ? null : decodeValue(bytes);
    if (decoded === null || !decoded.ok) throw new MeshworkError("refused", `${of} does not tell its status`);
    return decoded.value;
  }

  /** Agents that host jobs, as far as this node knows, in the order of their ids. */
  async hosts(): Promise<AgentId[]> {
    const bytes = await this.#ask(this.#parts.self, { kind: "hosts" });
    const decoded = bytes === null ? null : decodeValue(bytes);
    return decoded?.ok === true ? (decoded.value as readonly AgentId[] as AgentId[]) : [];
  }

  async hostOf(job: JobId, first: AgentId): Promise<AgentId | null> {
    const isHost = (agent: AgentId): Promise<boolean> =>
      this.#ask(agent, { kind: "status", job }).then(
        (bytes) => bytes !== null && isAbout(job, bytes),
        () => false,
      );
    if (await isHost(first)) return first;
    const others = (await this.hosts()).filter((agent) => agent !== first);
    for (let i = 0; i < others.length; i += SEARCH_WIDTH) {
      const asked = others.slice(i, i + SEARCH_WIDTH);
      const answers = await Promise.all(asked.map(isHost));
      const found = asked[answers.indexOf(true)];
      if (found !== undefined) return found;
    }
    return null;
  }

  /**
   * Agents with skills like `query`, best first. In a mesh that is split into shards, of those shards that answer.
   * Throws `refused` where `of` has another embedder.
   */
  async findAgents(query: string, most: number, of: AgentId): Promise<readonly FoundAgent[]> {
    const [vector] = await this.#parts.embedder.embed([query]);
    const near = await this.#findNear(vector!, most, of);
    const bytes = await this.#ask(of, { kind: "shards" });
    const contacts = bytes === null ? [] : read(contactsSchema, bytes, `${of} names no agents of other shards`);
    const elsewhere = contacts.map(({ agent, addresses }) => {
      this.#parts.network.suggest(agent as AgentId, addresses);
      return this.#findNear(vector!, most, agent as AgentId, ASK_CONTACT_MS).catch(() => []);
    });
    // If several tell of the same agent, the word of the nearest counts.
    const all = [near, ...(await Promise.all(elsewhere))].flat().reverse();
    const found = new Map(all.map((one) => [one.agent, one]));
    return bestFirst([...found.values()], (one) => one).slice(0, most);
  }

  /** Searches among the agents that `of` knows. */
  async #findNear(vector: Int8Array, most: number, of: AgentId, waitMs = ASK_MS): Promise<readonly FoundAgent[]> {
    const { embedder } = this.#parts;
    const bytes = await this.#ask(of, { kind: "agents", embedder: embedder.name, like: bytesOf(vector), most }, waitMs);
    const found = read(foundAgentsSchema, bytes, `${of} does not tell which agents it knows`);
    if (typeof found !== "string") return found;
    const what = `the mesh compares skills by ${found}, this command by ${embedder.name}`;
    throw new MeshworkError(
      "refused",
      what,
      "set MESHWORK_EMBEDDINGS_URL and MESHWORK_EMBEDDINGS_MODEL as its nodes do",
    );
  }

  /** Why workers of a task were chosen, choice by choice; empty if `of` does not remember. */
  async explanation(job: JobId, task: TaskId, of: AgentId): Promise<readonly ExplainedChoice[]> {
    const bytes = await this.#ask(of, { kind: "explanation", job, task });
    return bytes === null ? [] : read(explainedSchema, bytes, `${of} gives no explanation that can be read`);
  }

  /** The result of a job with its certificate, part by part; nothing more is fetched for one that does not hold. */
  async certified(job: JobId, of: AgentId): Promise<{ result: Value; certificate: Certificate }> {
    const bytes = await this.#ask(of, { kind: "certificate", job });
    const decoded = bytes === null ? null : decode(certifiedCodec, bytes);
    if (decoded === null || !decoded.ok)
      throw new MeshworkError("refused", `${of} has no certified result of job ${job}`);
    const { shape, outputs } = decoded.value;
    const encoded = await this.#open(decoded.value.certificate, of);
    const opened = decodeCertificate(encoded);
    if (!opened.ok) throw notCertified(of, job, `the certificate does not decode (${opened.code})`);
    const certificate = opened.value;
    const held = verify(nodeCrypto, certificate, { job });
    if (!held.ok) throw notCertified(of, job, held.message);
    if (of === this.#parts.self) this.#parts.onCertified(job, encoded);
    const holders = [...new Set([of, ...certificate.commit.map((vote) => vote.voter)])];
    const values: Value[] = [];
    const items = await this.#list(job, outputs, of);
    if (!areCertified(held.event, items)) throw notCertified(of, job, "its outputs are not those of the certificate");
    for (const data of items) values.push(await this.#read(data, holders));
    const result = shape === "list" ? values : (values[0] ?? null);
    const checked = verify(nodeCrypto, certificate, { job, result });
    if (!checked.ok) throw notCertified(of, job, checked.message);
    return { result, certificate };
  }

  /** The agent that answers may lie: no more is fetched than a result can have. */
  async #list(job: JobId, parcels: readonly Parcel[], of: AgentId): Promise<readonly Data[]> {
    const bytes = parcels.reduce(
      (sum, parcel) => sum + (parcel.kind === "inline" ? parcel.bytes.length : parcel.bytes),
      0,
    );
    if (bytes > RESULT_BYTES_MAX) throw notCertified(of, job, "it is larger than a result can be");
    const items: Data[] = [];
    for (const parcel of parcels) {
      const part = decodePart(await this.#open(parcel, of));
      if (!part.ok) throw notCertified(of, job, `an output does not decode (${part.code})`);
      for (const item of part.value) items.push(item);
      if (items.length > limits.mapItems) throw notCertified(of, job, "it has more items than a result can have");
    }
    return items;
  }

  async #open(parcel: Parcel, of: AgentId): Promise<Uint8Array> {
    return parcel.kind === "inline" ? parcel.bytes : this.#fetch(parcel.hash, parcel.bytes, [of]);
  }

  async #read(data: Data, holders: readonly AgentId[]): Promise<Value> {
    const bytes = data.kind === "inline" ? data.bytes : await this.#fetch(data.hash, data.bytes, holders);
    const decoded = decodeValue(bytes);
    if (!decoded.ok) throw new MeshworkError("refused", `an output does not decode (${decoded.code})`);
    return decoded.value;
  }

  async #fetch(hash: Hash, bytes: number, holders: readonly AgentId[]): Promise<Uint8Array> {
    const { blobs, network } = this.#parts;
    if (!(await blobs.has(hash)) && !(await network.fetchBlob(hash, bytes, holders, ""))) {
      throw new MeshworkError("unreachable", `nobody gives the blob ${hash}`);
    }
    const content = await blobs.get(hash);
    // One that is here is not fetched: whoever says that it is small would have it read again and again.
    if (content.length !== bytes) throw new MeshworkError("refused", `the blob ${hash} has not ${bytes} bytes`);
    return content;
  }
}
