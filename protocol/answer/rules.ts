/**
 * Acceptance rules: from the results of a task to its answer, or to "ask more agents", or to "no answer can come of
 * this". The rules are pure: every member computes the same from the same log.
 *
 * Source: protocol.md 7.
 */

import { unreachable } from "../core/assert.ts";
import type { Comparator, Rule } from "../wire/genesis.ts";
import { type Group, groupOutputs, type Output } from "./comparator.ts";
import { isOutweighed } from "./weights.ts";

export type Tally =
  /**
   * `answer`: position of the output that is the answer; `supporters`: of those equal to it; `margin`: how clear it was,
   * (the winner's results - the next answer's) / all results, 0..1; `isOutweighed`: by number only, and newcomers made
   * the difference (see weights.ts).
   */
  | {
      readonly kind: "accepted";
      readonly answer: number;
      readonly supporters: readonly number[];
      readonly margin: number;
      readonly isOutweighed: boolean;
    }
  /** The fewest further results that could decide. */
  | { readonly kind: "more"; readonly results: number };

/**
 * @param outputs what workers gave, in the log's order
 * @param silent results that never came although they were sealed: they count as answers that agree with nobody
 * @param newcomers of each output, whether its worker has no record for the skill
 */
export function tally(
  rule: Rule,
  comparator: Comparator,
  outputs: readonly Output[],
  silent: number,
  newcomers: readonly boolean[],
): Tally {
  const groups = groupOutputs(comparator, outputs);
  const best: Group | undefined = groups[0];
  const votes = best?.members.length ?? 0;
  const total = outputs.length + silent;
  const next = groups[1]?.members.length ?? Math.min(1, silent);
  const accept = (group: Group): Tally => ({
    kind: "accepted",
    answer: group.representative,
    supporters: group.members,
    margin: (group.members.length - next) / total,
    isOutweighed: isOutweighed(rule, groups, newcomers),
  });
  switch (rule.kind) {
    case "first":
      return best === undefined ? { kind: "more", results: 1 } : accept(best);
    case "majority":
      if (best !== undefined && 2 * votes > total) return accept(best);
      return { kind: "more", results: total - 2 * votes + 1 }; // m more for the best: votes + m > (total + m) / 2
    case "quorum":
      if (best !== undefined && votes >= rule.q && votes > (groups[1]?.members.length ?? 0)) return accept(best);
      return { kind: "more", results: Math.max(1, rule.q - votes) };
    default:
      return unreachable(rule);
  }
}
