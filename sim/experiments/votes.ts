/**
 * Votes without a mesh: answers that are drawn, through the same pure rules that the ledger decides by, asked for batch by
 * batch as the ledger asks. For experiments of millions of votes.
 */

import type { Output } from "../../protocol/answer/grouping.ts";
import { type Given, tally } from "../../protocol/answer/rules.ts";
import { assert } from "../../protocol/core/assert.ts";
import { NO_FLAGS, type Policy } from "../../protocol/wire/genesis.ts";

/** What an agent answers; the answers of two agents are the same if their texts are. */
export interface Vote {
  readonly answer: string;
  readonly isNewcomer?: boolean;
  readonly statedPpm?: number;
  readonly calibratedPpm?: number;
}

/** Only hashes are compared, so the text stands for the hash of an output. */
const outputOf = (answer: string): Output => {
  const hash = answer as Output["hash"];
  return { hash, data: { kind: "blob", hash, bytes: 1 } };
};

const givenOf = ({ answer, isNewcomer = false, statedPpm = 0, calibratedPpm = 0 }: Vote): Given => ({
  output: outputOf(answer),
  isNewcomer,
  isLate: false,
  isRefuted: false,
  statedPpm,
  calibratedPpm,
});

type VotingPolicy = Pick<Policy, "accept" | "redundancy" | "redundancyMax">;

/** What the votes are decided to be; null: undecided. `silent`: results that count and say nothing. */
export function decided(accept: Policy["accept"], votes: readonly Vote[], silent = 0): string | null {
  const outcome = tally({ accept, compare: { kind: "exact" }, flags: NO_FLAGS }, votes.map(givenOf), silent);
  return outcome.kind === "accepted" ? votes[outcome.answer]!.answer : null;
}

interface Poll {
  /** null: undecided with as many results as the policy allows. */
  readonly answer: string | null;
  readonly results: number;
}

/** `next`: the vote of one more agent; null: a result that is discarded; undefined: there is nobody else. */
export function poll({ accept, redundancy, redundancyMax }: VotingPolicy, next: () => Vote | null | undefined): Poll {
  const votes: Vote[] = [];
  let silent = 0;
  for (let owed = redundancy; ; ) {
    for (; owed > 0; owed--) {
      const vote = next();
      if (vote === undefined) return { answer: decided(accept, votes, silent), results: votes.length + silent };
      if (vote === null) silent++;
      else votes.push(vote);
    }
    const outcome = tally({ accept, compare: { kind: "exact" }, flags: NO_FLAGS }, votes.map(givenOf), silent);
    const results = votes.length + silent;
    if (outcome.kind === "accepted") return { answer: votes[outcome.answer]!.answer, results };
    assert(outcome.kind === "more", "votes are counted, and checked by nobody");
    if (results + outcome.results > redundancyMax) return { answer: null, results };
    owed = outcome.results;
  }
}
