/** At the end of a run, asks an agent that hosts a certified job for the job's certificate, and checks it. */

import { certifiedCodec } from "../../protocol/agent/certified-result.ts";
import { SLOT } from "../../protocol/agent/job-records.ts";
import type { AgentId, JobId } from "../../protocol/core/ids.ts";
import { createPrng } from "../../protocol/core/prng.ts";
import type { LocalEvent } from "../../protocol/effect.ts";
import { decode } from "../../protocol/wire/codec.ts";
import { CERTIFICATES, checkCertified } from "../parts/checkers/certificates.ts";
import { violated } from "../parts/checkers/checker.ts";
import type { World } from "../world/world.ts";
import type { JobMonitor } from "./job-monitor.ts";

const MUTATIONS = 8;
/** An agent answers for itself, as soon as its core is free. */
const ANSWER_MS = 1_000;

export class CertificateCheck {
  readonly #world: World;
  readonly #seed: number;
  #asked: AgentId | null = null;
  #reply: Uint8Array | null = null;

  constructor(world: World, seed: number) {
    this.#world = world;
    this.#seed = seed;
  }

  onEvent(name: string, event: LocalEvent): void {
    if (event.kind === "reply" && name === this.#asked) {
      this.#asked = null;
      this.#reply = event.ok ? event.bytes : null;
    }
  }

  /** It is up, and did not lose its store since. */
  #hasJob(name: AgentId, job: JobId): boolean {
    const { state, disk } = this.#world.agent(name);
    return state === "up" && disk.read(job, [SLOT.root]).length > 0;
  }

  /** Checks the certificate of a job that has ended, at any honest agent that is up and has seen its end. */
  check({ log, liveness }: JobMonitor): void {
    const { ledger } = log;
    const outcome = ledger.state.outcome.get();
    const asked = [...liveness.ended].find((agent) => this.#hasJob(agent, ledger.job));
    if (outcome?.status !== "certified" || asked === undefined) return;
    const reply = this.#ask(asked, log.ledger.job);
    if (reply === null) return violated(CERTIFICATES, asked, "a certified job has no certificate");
    const decoded = decode(certifiedCodec, reply);
    if (!decoded.ok) return violated(CERTIFICATES, asked, `the answer does not decode: ${decoded.code}`);
    const { certificate } = decoded.value;
    const bytes =
      certificate.kind === "inline" ? certificate.bytes : this.#world.agent(asked).blobs.get(certificate.hash);
    if (bytes === undefined) return violated(CERTIFICATES, asked, "the blob of the certificate is not there");
    const facts = { job: ledger.job, owner: ledger.genesis.owner, answer: outcome.answer };
    const prng = createPrng(`mutations/${this.#seed}`);
    checkCertified(this.#world.crypto, bytes, facts, prng, MUTATIONS);
  }

  #ask(to: AgentId, job: JobMonitor["submitted"]["job"]): Uint8Array | null {
    this.#asked = to;
    this.#reply = null;
    this.#world.inject(to, { kind: "ask", id: 0, to, query: { kind: "certificate", job } });
    this.#world.run(() => this.#asked === null, { withinMs: ANSWER_MS });
    return this.#reply;
  }
}
