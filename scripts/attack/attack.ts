/** An attack of a stranger on an open mesh, as a script that another process runs. */

import type { Order } from "./order.ts";

/** What one process sends, and how much of it, is bounded by the script and by `order.seconds`. */
export interface Attack {
  readonly name: string;
  /** What the stranger does, in a line. */
  readonly does: string;
  /** What it worked with, where it worked: shown beside the result. */
  readonly aims: string;
  /** Resolves when the attack is in force; what it started goes on until the process ends. */
  start(order: Order): Promise<void>;
  /** How long that may take, ms. Default: a minute. */
  readonly startsWithinMs?: number;
}
