/**
 * Two nodes with one key receive each other's answers: a frame to that agent reaches either. So a node asks its first
 * neighbours, and occasionally a later one, whether another process uses its key. A neighbour that has another connection
 * of that key passes the question on and returns the answer: the other process's start time and a signature of the key
 * over it and the question. Nobody else can forge that, so nobody can end a node by a lie.
 *
 * Request: one byte kind, 32 bytes nonce. Answers, zero or more: 16 bytes instance, 8 bytes start (ms since 1970),
 * 64 bytes signature. Integers are big-endian.
 *
 * Leaves to the node what to do about a twin.
 */

import { randomBytes } from "node:crypto";
import type { Connection, Libp2p, Stream } from "@libp2p/interface";
import type { Logger } from "pino";
import { concat } from "uint8arrays";
import { statementMessage } from "../../protocol/core/crypto.ts";
import type { AgentId, MeshId } from "../../protocol/core/ids.ts";
import { createSigner, hasher, verifier } from "../platform/crypto.ts";
import type { Identity } from "./identity.ts";
import { networkLimits } from "./network-limits.ts";
import { instancesProtocol } from "./protocol-names.ts";
import { readToEnd } from "./streams.ts";
import { TokenBucket } from "./token-bucket.ts";

const ASK = 0;
const PROVE = 1;
const NONCE_BYTES = 32;
const REQUEST_BYTES = 1 + NONCE_BYTES;
const INSTANCE_BYTES = 16;
const SIGNED_BYTES = INSTANCE_BYTES + 8;
const PROOF_BYTES = SIGNED_BYTES + 64;
/** How many other connections of one key are asked. */
const OTHERS_MAX = 4;
/** How many neighbours are asked at once, and the time between later ones, ms. */
const FIRST_ASKED = 3;
const ASK_AGAIN_MS = 30_000;

interface InstancesOptions {
  readonly node: Libp2p;
  readonly meshId: MeshId;
  readonly identity: Identity;
  /** Another process runs with this node's key. `isFirst`: it started before this one. */
  readonly onTwin: (twin: { readonly startedMs: number; readonly isFirst: boolean }) => void;
  readonly log: Logger;
}

export class Instances {
  readonly #options: InstancesOptions;
  /** The instance and the start of this process, as its proofs sign them. */
  readonly #own: Uint8Array;
  readonly #startedMs = Date.now();
  /** Bounds the signatures and questions that others cause, overall. */
  readonly #rate = new TokenBucket(20, 100, performance.now());
  #asked = 0;
  #askedMs = 0;

  constructor(options: InstancesOptions) {
    this.#options = options;
    this.#own = new Uint8Array(SIGNED_BYTES);
    this.#own.set(randomBytes(INSTANCE_BYTES));
    new DataView(this.#own.buffer).setBigUint64(INSTANCE_BYTES, BigInt(this.#startedMs));
  }

  #message(nonce: Uint8Array, signed: Uint8Array): Uint8Array {
    return statementMessage(this.#options.meshId, "instance", hasher(concat([nonce, signed])));
  }

  // --- asking -----------------------------------------------------------------------------------------------

  /** A neighbour connected: asks it, if it is time to. Never rejects. */
  async onPresent(connection: Connection): Promise<void> {
    const nowMs = performance.now();
    if (this.#asked >= FIRST_ASKED && nowMs < this.#askedMs + ASK_AGAIN_MS) return;
    this.#asked++;
    this.#askedMs = nowMs;
    const nonce = randomBytes(NONCE_BYTES);
    try {
      const bytes = await this.#request(connection, ASK, nonce, OTHERS_MAX * PROOF_BYTES);
      for (const proof of this.#proofs(this.#options.identity.agent, nonce, bytes)) this.#judge(proof);
    } catch (error) {
      this.#options.log.debug({ err: error }, "a neighbour does not say who else has this key");
    }
  }

  #judge(proof: Uint8Array): void {
    const startedMs = Number(new DataView(proof.buffer, proof.byteOffset).getBigUint64(INSTANCE_BYTES));
    const order = startedMs - this.#startedMs || Buffer.compare(proof.subarray(0, SIGNED_BYTES), this.#own);
    if (order !== 0) this.#options.onTwin({ startedMs, isFirst: order < 0 });
  }

  /** The answers that the agent's key signed. */
  *#proofs(agent: AgentId, nonce: Uint8Array, bytes: Uint8Array): Generator<Uint8Array> {
    for (let at = 0; at + PROOF_BYTES <= bytes.length; at += PROOF_BYTES) {
      const proof = bytes.slice(at, at + PROOF_BYTES);
      const message = this.#message(nonce, proof.subarray(0, SIGNED_BYTES));
      if (verifier(agent, message, proof.subarray(SIGNED_BYTES))) yield proof;
    }
  }

  async #request(connection: Connection, kind: number, nonce: Uint8Array, bytesMax: number): Promise<Uint8Array> {
    const signal = AbortSignal.timeout(networkLimits.openTimeoutMs);
    const stream = await connection.newStream(instancesProtocol(this.#options.meshId), { signal });
    try {
      stream.send(concat([Uint8Array.of(kind), nonce]));
      await stream.close({ signal });
      const bytes = await readToEnd(stream, bytesMax, networkLimits.openTimeoutMs);
      if (bytes.length > bytesMax) throw new Error("too long");
      return bytes;
    } finally {
      stream.abort(new Error("answered"));
    }
  }

  // --- answering --------------------------------------------------------------------------------------------

  /** For `libp2p.handle`. Never rejects. */
  readonly onStream = async (stream: Stream, connection: Connection): Promise<void> => {
    try {
      if (this.#rate.waitMs(performance.now()) > 0) throw new Error("too many questions");
      this.#rate.take(1, performance.now());
      const request = await readToEnd(stream, REQUEST_BYTES, networkLimits.openTimeoutMs);
      if (request.length !== REQUEST_BYTES) throw new Error("no request");
      const nonce = request.subarray(1);
      if (request[0] === PROVE) stream.send(this.#prove(nonce));
      else for (const proof of await this.#askOthers(connection, nonce)) stream.send(proof);
      await stream.close({ signal: AbortSignal.timeout(networkLimits.openTimeoutMs) });
    } catch (error) {
      this.#options.log.debug({ err: error }, "question about a key not answered");
      stream.abort(error instanceof Error ? error : new Error(String(error)));
    }
  };

  #prove(nonce: Uint8Array): Uint8Array {
    const signature = createSigner(this.#options.identity).sign(this.#message(nonce, this.#own));
    return concat([this.#own, signature]);
  }

  /** The answers from other connections of the asker's key. */
  async #askOthers(asker: Connection, nonce: Uint8Array): Promise<Uint8Array[]> {
    const { node } = this.#options;
    const agent = asker.remotePeer.toString() as AgentId;
    const others = node
      .getConnections(asker.remotePeer)
      .filter(({ id, status }) => id !== asker.id && status === "open")
      .slice(0, OTHERS_MAX);
    const answers = await Promise.all(
      others.map((other) => this.#request(other, PROVE, nonce, PROOF_BYTES).catch(() => new Uint8Array(0))),
    );
    return answers.flatMap((bytes) => [...this.#proofs(agent, nonce, bytes)]);
  }
}
