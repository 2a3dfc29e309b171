/**
 * Why a task has its answer, or has none: who said what, how much each word was worth, and which awards brought nothing.
 * Follows from the log like the events, and is not hashed. For people: the ledger itself does not need it.
 *
 * Source: protocol.md 7.
 */

import { flagOf } from "../answer/flags.ts";
import { logOddsOf } from "../answer/log-odds.ts";
import type { TallyDecision, TaskTally } from "./counted.ts";
import { answerText, ruleText } from "./tallying.ts";

/** Bytes of an answer that a report shows. */
const ANSWER_BYTES = 160;

/** Plain data, for traces, summaries and whoever asks. Shares are numbers from 0 to 1. */
export interface TallyReport {
  readonly attempt: number;
  readonly decision: TallyDecision;
  readonly rule: string;
  readonly comparator: string;
  /** The probability that goes with the lead of the answer, or of the likeliest one. */
  readonly posterior: number;
  /** How clear it was: (its results - the next answer's) / all results; null if there is no answer. */
  readonly margin: number | null;
  /** Different answers, the one of the most workers first. */
  readonly groups: readonly {
    readonly hash: string;
    /** As JSON, cut short; null if the log has only its hash, or reports may not tell it. */
    readonly answer: string | null;
    readonly results: number;
    /** The sum of its results' weights. */
    readonly weight: number;
    /** It is the answer, or the one that is checked. */
    readonly isChosen: boolean;
    /** Verifiers found it wrong. */
    readonly isRefuted: boolean;
  }[];
  /** In the order of the awards; who was silent comes last. */
  readonly results: readonly ResultReport[];
}

export interface ResultReport {
  readonly worker: string;
  /** null: it was silent. */
  readonly hash: string | null;
  readonly answer: string | null;
  /** Place of its group; null if it agrees with none. */
  readonly group: number | null;
  /** What its worker said of itself, what that is worth by its record, and the log-odds that this adds to its answer. */
  readonly stated: number | null;
  readonly calibrated: number | null;
  readonly weight: number | null;
  readonly isNewcomer: boolean;
  readonly isLate: boolean;
  /** Why it was discarded: the flag that it raised, or `unreadable` for the comparator. */
  readonly discarded: string | null;
}

const share = (ppm: number): number => ppm / 1_000_000;

const SILENT = {
  ...{ hash: null, answer: null, group: null, stated: null, calibrated: null, weight: null },
  ...{ isNewcomer: false, isLate: false, discarded: null },
};

/** Several parts of an agent report the same tally. */
const made = new WeakMap<TaskTally, TallyReport>();

export function reportTally(tally: TaskTally): TallyReport {
  const before = made.get(tally);
  if (before !== undefined) return before;
  const report = makeReport(tally);
  made.set(tally, report);
  return report;
}

function makeReport(tally: TaskTally): TallyReport {
  const { attempt, decision, policy, counted, silent, isRedacted } = tally;
  const { outcome, given, workers } = counted;
  const { groups } = outcome;
  const textOf = (position: number): string | null =>
    isRedacted ? null : answerText(given[position]!.output, ANSWER_BYTES);
  const weightOf = (position: number): number => logOddsOf(given[position]!.calibratedPpm) / 1_000;
  const chosen = outcome.kind === "more" ? null : outcome.answer;
  return {
    ...{ attempt, decision, rule: ruleText(policy.accept), comparator: policy.compare.kind },
    posterior: share(outcome.posteriorPpm),
    margin: outcome.kind === "more" ? null : outcome.margin,
    groups: groups.map(({ members, representative }) => {
      const isChosen = chosen !== null && members.includes(chosen);
      const shown = isChosen ? chosen : representative;
      return {
        ...{ hash: given[shown]!.output.hash, answer: textOf(shown), results: members.length },
        weight: members.reduce((sum, member) => sum + weightOf(member), 0),
        ...{ isChosen, isRefuted: !isChosen && members.every((member) => given[member]!.isRefuted) },
      };
    }),
    results: [
      ...given.map(({ output, isNewcomer, isLate, statedPpm, calibratedPpm }, position): ResultReport => {
        const group = groups.findIndex(({ members }) => members.includes(position));
        const isDiscarded = outcome.unreadable.includes(position);
        return {
          ...{ worker: workers[position]!, hash: output.hash, answer: textOf(position) },
          group: group < 0 ? null : group,
          ...{ stated: share(statedPpm), calibrated: share(calibratedPpm), weight: weightOf(position) },
          ...{ isNewcomer, isLate, discarded: isDiscarded ? (flagOf(policy, output) ?? "unreadable") : null },
        };
      }),
      ...silent.map((worker) => ({ worker, ...SILENT })),
    ],
  };
}
