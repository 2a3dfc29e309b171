/**
 * Answers that nobody asked for. An honest agent sends some: the one that asked restarted, or its connection ended, before the
 * answer came. More of them are an offence. None is read.
 */

import type { AgentId } from "../core/ids.ts";
import { limits } from "../core/limits.ts";
import { TokenBuckets } from "../core/token-buckets.ts";
import { ignore, reject, type Verdict } from "../wire/verdict.ts";

/** An answer has few frames, and nobody restarts more often than this. */
const RATE = { perSecond: 1 / 4, burst: 32, keys: limits.clients };

export class Unasked {
  readonly #rates = new TokenBuckets(RATE);

  verdict(from: AgentId, monoMs: number): Verdict {
    return this.#rates.take(from, monoMs) ? ignore("not-asked-for") : reject("not-asked-for");
  }
}
