/**
 * Invariant 3: at the same height of the same job, every honest agent and the checkers' own replay have the same ledger
 * state, compared by the running digest of its changes, and the same commands and decisions, compared as a whole.
 */

import type { Hash } from "../../../protocol/core/ids.ts";
import { Mixer } from "../../world/mix.ts";
import { type Checker, violated } from "./checker.ts";

const PROPERTY = "3 state";

function decisionsDigest(commands: readonly Hash[], events: readonly unknown[]): string {
  const mixer = new Mixer("decisions");
  mixer.plain(commands);
  mixer.plain(events);
  return mixer.digest();
}

/** The replay's ledger must be traced. */
export function stateChecker(): Checker {
  const decisions = new Map<number, string>();
  const digests = new Map<number, Hash | "">();
  return {
    onDecided({ height, commands, events, changesDigest: digest, by }) {
      const hashes = commands.map(({ hash }) => hash);
      const decided = decisionsDigest(hashes, events);
      if ((decisions.get(height) ?? decided) !== decided)
        violated(PROPERTY, by, `height ${height}: an agent reports other commands or decisions than the block holds`);
      decisions.set(height, decided);
      const said = digests.get(height);
      if (said !== undefined && said !== digest)
        violated(PROPERTY, by, `height ${height}: ${said} there, ${digest} in the replay`);
      digests.set(height, digest);
    },
    onTrace(entry) {
      const { event } = entry;
      if (event.kind !== "applied") return;
      const said = decisionsDigest(event.commands, event.events);
      if ((decisions.get(event.height) ?? said) !== said)
        violated(PROPERTY, entry, `height ${event.height}: other commands or decisions here than elsewhere`);
      decisions.set(event.height, said);
      if (event.state === "") return;
      const known = digests.get(event.height);
      if (known === undefined) digests.set(event.height, event.state);
      else if (known !== event.state)
        violated(PROPERTY, entry, `height ${event.height}: ${event.state} here, ${known} elsewhere`);
    },
  };
}
