/** The experiments of `meshwork experiment`, by name. */

import { byzantineSelector } from "./byzantine-selector.ts";
import type { Experiment } from "./experiment.ts";
import { lyingWorkers } from "./lying-workers.ts";
import { symphonyExp2, symphonyExp2Policies } from "./symphony-exp2.ts";
import { symphonyExp3 } from "./symphony-exp3.ts";

export const EXPERIMENTS: readonly Experiment[] = [
  lyingWorkers,
  byzantineSelector,
  symphonyExp2,
  symphonyExp2Policies,
  symphonyExp3,
];
