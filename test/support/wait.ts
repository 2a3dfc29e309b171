/** Waiting for a condition with a deadline: the only kind of waiting that tests do. */

import { setTimeout } from "node:timers/promises";

/** `everyMs`: where asking costs other processes work. Resolves when `condition` holds. Rejects when it does not within `timeoutMs`, or when it throws. */
export async function waitFor(
  condition: () => boolean | Promise<boolean>,
  { timeoutMs = 10_000, everyMs = 5 }: { readonly timeoutMs?: number; readonly everyMs?: number } = {},
): Promise<void> {
  const deadline = performance.now() + timeoutMs;
  while (!(await condition())) {
    if (performance.now() > deadline) throw new Error(`not so within ${timeoutMs} ms: ${condition}`);
    await setTimeout(everyMs);
  }
}
