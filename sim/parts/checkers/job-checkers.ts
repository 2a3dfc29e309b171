/**
 * The checkers of one job, together: every run, simulated or recorded, must pass them.
 */

import type { AgentId } from "../../../protocol/core/ids.ts";
import type { Genesis } from "../../../protocol/wire/genesis.ts";
import { agreementChecker } from "./agreement.ts";
import { answersChecker } from "./answers.ts";
import { awardsChecker } from "./awards.ts";
import { budgetChecker } from "./budget.ts";
import type { Checker } from "./checker.ts";
import { locksChecker } from "./locks.ts";
import { powersChecker } from "./powers.ts";
import { quietChecker } from "./quiet.ts";
import { sealsChecker } from "./seals.ts";
import { signingChecker } from "./signing.ts";
import { stateChecker } from "./state.ts";
import { tasksChecker } from "./tasks.ts";
import { validityChecker } from "./validity.ts";
import { verifiedChecker } from "./verified.ts";

export interface JobCheckOptions {
  /** The job's genesis, once it is known. */
  readonly genesis: () => Genesis | null;
  /** Whether to compare states, which costs every agent a digest of what each block changed. */
  readonly thorough: boolean;
  /** Whether the run has no faults or liars, so that every block contains commands or was due. */
  readonly calm: boolean;
  /** Hosts that its owner bounded as newcomers when it drew them; null: none, or nobody knows. */
  readonly newcomers?: ReadonlySet<AgentId> | null;
}

export const jobCheckers = ({ genesis, thorough, calm, newcomers = null }: JobCheckOptions): Checker[] => [
  agreementChecker(),
  validityChecker(),
  signingChecker(),
  locksChecker(),
  answersChecker(),
  budgetChecker(genesis),
  awardsChecker(),
  sealsChecker(genesis),
  verifiedChecker(),
  powersChecker(newcomers),
  quietChecker({ strict: calm }),
  ...(thorough ? [stateChecker(), tasksChecker()] : []),
];
