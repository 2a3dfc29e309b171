/**
 * Answers questions about a job that this agent has: its genesis, blocks, commands, log or result. A question has some
 * 70 bytes and its answer up to 2 MiB, and a member that is busy answering decides nothing. So strangers to the job get,
 * by source, as many bytes as one can need to begin work or to follow a log. The owner and the hosts get far more if the owner is
 * a guest, who may name anybody as a host, and all that they want if this agent's operator knows the owner.
 *
 * Source: protocol.md 9 (quotas).
 */

import type { Directory } from "../capability/directory.ts";
import type { AgentId, JobId } from "../core/ids.ts";
import { limits } from "../core/limits.ts";
import { TokenBuckets } from "../core/token-buckets.ts";
import { ACCEPT, ignore, type Verdict } from "../wire/verdict.ts";
import type { Admission } from "./admission.ts";
import { isParty } from "./checked-genesis.ts";
import type { StepContext } from "./context.ts";
import type { HostedJobs } from "./hosted-jobs.ts";

/** What a read from the store counts for, bytes: the size of the answer is not known yet. */
const READ_BYTES = limits.frameBytes / 2;

/** What a question itself counts for, bytes: answering some of them takes a walk over the directory. */
const QUESTION_BYTES = 16 * 1_024;
const RATE = { perSecond: limits.answeredBytesPerSecond, burst: limits.answeredBytes, keys: limits.clients };
/** For the owner and the hosts of a guest's job: a host that is far behind reads hundreds of blocks a second. */
const PARTY_RATE = { ...RATE, perSecond: 8 * RATE.perSecond, burst: 16 * RATE.burst };

export class Answers {
  readonly #context: StepContext;
  readonly #admission: Admission;
  readonly #hostedJobs: HostedJobs;
  readonly #directory: Directory;
  readonly #strangers = new TokenBuckets(RATE);
  readonly #parties = new TokenBuckets(PARTY_RATE);

  constructor(context: StepContext, admission: Admission, hostedJobs: HostedJobs, directory: Directory) {
    this.#context = context;
    this.#admission = admission;
    this.#hostedJobs = hostedJobs;
    this.#directory = directory;
  }

  genesis(from: AgentId, job: JobId): Verdict {
    return this.within(from, job, () =>
      this.#hostedJobs.enter<Verdict>(job, ignore("unknown-job"), (hosted) => {
        const vcvs = this.#directory.place.depth === 0 ? [] : this.#directory.vectorsOf(hosted.readers());
        this.#context.send(from, { kind: "genesis", genesis: hosted.signed, vcvs });
        hosted.archive.sendCommittees(from);
        return ACCEPT;
      }),
    );
  }

  /** Answers a question about a job, or about none, unless the asker recently got too much. */
  within(from: AgentId, job: JobId | null, answer: () => Verdict): Verdict {
    let rates = this.#strangers;
    if (job !== null) {
      const genesis = this.#hostedJobs.get(job)?.genesis;
      if (genesis === undefined) return ignore("unknown-job");
      const isOfParty = isParty(this.#context, genesis, from);
      if (isOfParty && this.#admission.isKnown(genesis.owner)) return answer();
      if (isOfParty) rates = this.#parties;
    }
    const source = this.#admission.sourceOf(from);
    const { monoMs } = this.#context.now;
    if (!rates.take(source, monoMs, QUESTION_BYTES)) return ignore("asked-too-much");
    const mark = this.#context.mark();
    const verdict = answer();
    let bytes = 0;
    for (const effect of this.#context.effectsSince(mark)) {
      if (effect.kind === "send" && effect.to === from) bytes += effect.bytes.length;
      else if (effect.kind === "readRecords") bytes += READ_BYTES;
    }
    rates.spend(source, monoMs, bytes);
    return verdict;
  }
}
