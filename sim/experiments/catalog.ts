/** The experiments of `meshwork experiment`, by name. */

import { byzantineSelector } from "./byzantine-selector.ts";
import { coldStart } from "./cold-start.ts";
import { correlated } from "./correlated.ts";
import { cpWbft } from "./cp-wbft.ts";
import { drift } from "./drift.ts";
import type { Experiment } from "./experiment.ts";
import { hanoi } from "./hanoi.ts";
import { lyingWorkers } from "./lying-workers.ts";
import { makerTable } from "./maker-table.ts";
import { regret } from "./regret.ts";
import { sybils } from "./sybils.ts";
import { symphonyExp2, symphonyExp2Policies } from "./symphony-exp2.ts";
import { symphonyExp3 } from "./symphony-exp3.ts";

export const EXPERIMENTS: readonly Experiment[] = [
  lyingWorkers,
  byzantineSelector,
  coldStart,
  regret,
  drift,
  symphonyExp2,
  symphonyExp2Policies,
  symphonyExp3,
  makerTable,
  hanoi,
  correlated,
  cpWbft,
  sybils,
];
