/**
 * Answers questions about a job that this agent has: its genesis, blocks, commands, log or result. A question has some
 * 70 bytes and its answer up to 2 MiB, and a member that is busy answering decides nothing. So a stranger to the job gets
 * as many bytes as it can need to begin work or to follow a log. The owner and the hosts have no such limit.
 *
 * Source: protocol.md 9 (quotas).
 */

import type { Directory } from "../capability/directory.ts";
import type { AgentId, JobId } from "../core/ids.ts";
import { limits } from "../core/limits.ts";
import { ACCEPT, ignore, type Verdict } from "../wire/verdict.ts";
import { isParty } from "./checked-genesis.ts";
import type { StepContext } from "./context.ts";
import type { HostedJobs } from "./hosted-jobs.ts";

/** What a read from the store counts for, bytes: the size of the answer is not known yet. */
const READ_BYTES = limits.frameBytes / 2;

interface Account {
  bytes: number;
  atMs: number;
}

export class Answers {
  readonly #context: StepContext;
  readonly #hostedJobs: HostedJobs;
  readonly #directory: Directory;
  /** Bytes recently sent to each stranger; the one that asked longest ago first. */
  readonly #accounts = new Map<AgentId, Account>();

  constructor(context: StepContext, hostedJobs: HostedJobs, directory: Directory) {
    this.#context = context;
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
    if (job !== null) {
      const genesis = this.#hostedJobs.get(job)?.genesis;
      if (genesis === undefined) return ignore("unknown-job");
      if (isParty(this.#context, genesis, from)) return answer();
    }
    const account = this.#accountOf(from);
    if (account.bytes >= limits.answeredBytes) return ignore("asked-too-much");
    const mark = this.#context.mark();
    const verdict = answer();
    for (const effect of this.#context.effectsSince(mark)) {
      if (effect.kind === "send" && effect.to === from) account.bytes += effect.bytes.length;
      else if (effect.kind === "readRecords") account.bytes += READ_BYTES;
    }
    return verdict;
  }

  #accountOf(agent: AgentId): Account {
    const { monoMs } = this.#context.now;
    const account = this.#accounts.get(agent) ?? { bytes: 0, atMs: monoMs };
    account.bytes = Math.max(0, account.bytes - ((monoMs - account.atMs) / 1_000) * limits.answeredBytesPerSecond);
    account.atMs = monoMs;
    this.#accounts.delete(agent); // it goes to the end
    if (this.#accounts.size >= limits.clients) this.#accounts.delete(this.#accounts.keys().next().value!);
    this.#accounts.set(agent, account);
    return account;
  }
}
