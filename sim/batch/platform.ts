/** What the simulator needs from the program that contains it. */

import type { Calibrate } from "../load/service-costs.ts";
import type { SimHost } from "../model/host.ts";

/** Put together by scripts/sim-host.ts. */
export interface SimPlatform {
  readonly host: SimHost;
  /** The module that exports this as `simPlatform`: worker threads load it. */
  readonly hostUrl: string;
  readonly version: string;
  /** A command as it is called from here, to be pasted: `sim`, `run`, … as a shell takes them. */
  readonly commandLine: (words: readonly string[]) => string;
  /** Measures this machine with real nodes; absent where there are none. */
  readonly loadCalibrate?: () => Promise<Calibrate>;
}
