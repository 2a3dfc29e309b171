/** Why a job decides nothing, in words. */

import type { Standing, StandingKind } from "../../protocol/effect.ts";

/** How many silent members are named; the rest are counted. */
const NAMED = 6;

const clockTime = (wallMs: number): string => new Date(wallMs).toTimeString().slice(0, 8);

function named(silent: readonly string[], nameOf: (agent: string) => string): string {
  const names = silent.slice(0, NAMED).map(nameOf);
  if (silent.length > NAMED) names.push(`${silent.length - NAMED} more`);
  return names.join(", ");
}

const WORDS: { readonly [kind in StandingKind]: (since: string, members: string, count: number) => string } = {
  going: () => "",
  unreachable: (since, members) =>
    `no member of the committee has been reachable since ${since} (${members}); the job may be continuing without this node`,
  "no-quorum": (since, members, count) =>
    `the job has been stuck since ${since}: ${count} of its members ${count === 1 ? "is" : "are"} silent (${members}), and the others do not form a quorum`,
  overdue: (since) => `the job has been stuck since ${since}: a deadline passed, but its members decide nothing`,
};

/** "" while the job continues. */
export const standingWords = ({ kind, sinceMs, silent }: Standing, nameOf: (agent: string) => string): string =>
  WORDS[kind](clockTime(sinceMs), named(silent, nameOf), silent.length);
