/**
 * Invariant 3: equal (job, height) means an equal digest of the whole ledger state, on every honest agent and in the
 * checkers' own replay.
 */

import type { Hash } from "../../protocol/core/ids.ts";
import { type Checker, violated } from "./checker.ts";

const PROPERTY = "3 state";

export function stateChecker(): Checker {
  const digests = new Map<number, Hash | "">();
  return {
    onDecided({ height, ledger, by }) {
      const { digest } = ledger;
      const said = digests.get(height);
      if (said !== undefined && said !== digest)
        violated(PROPERTY, by, `height ${height}: ${said} there, ${digest} in the replay`);
      digests.set(height, digest);
    },
    onTrace(entry) {
      const { event } = entry;
      if (event.kind !== "applied" || event.state === "") return;
      const known = digests.get(event.height);
      if (known === undefined) digests.set(event.height, event.state);
      else if (known !== event.state)
        violated(PROPERTY, entry, `height ${event.height}: ${event.state} here, ${known} elsewhere`);
    },
  };
}
