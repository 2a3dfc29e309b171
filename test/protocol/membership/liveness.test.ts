/** Who seems alive: pulses, connections, and the two together. */

import { expect, test } from "vitest";
import type { AgentId } from "../../../protocol/core/ids.ts";
import { Liveness, PULSE_MS } from "../../../protocol/membership/liveness.ts";

const A = "a" as AgentId;

/** The first whole second of silence after which `agent` is suspected, ms. */
function suspectedAfter(liveness: Liveness, sinceMs: number): number {
  for (let afterMs = 0; afterMs <= 60_000; afterMs += 100) if (liveness.isSuspect(A, sinceMs + afterMs)) return afterMs;
  return Number.POSITIVE_INFINITY;
}

test("silence is noticed within five seconds, and sooner where the connection went as well", () => {
  const [silent, gone] = [new Liveness(), new Liveness()];
  for (const liveness of [silent, gone]) for (let at = 0; at <= 20 * PULSE_MS; at += PULSE_MS) liveness.onPulse(A, at);
  gone.onConnection(A, false);
  expect(suspectedAfter(silent, 20_000)).toBeGreaterThan(3_000);
  expect(suspectedAfter(silent, 20_000)).toBeLessThan(5_000);
  expect(suspectedAfter(gone, 20_000)).toBeLessThan(2_000);
});

test("somebody whose connection ended before anything was expected of it has no more time than the others", () => {
  const liveness = new Liveness();
  liveness.onConnection(A, true);
  liveness.onConnection(A, false);
  liveness.watch(A, 10_000); // its offer came by way of another
  expect(suspectedAfter(liveness, 10_000)).toBeLessThan(2_000);
  const back = new Liveness();
  back.onConnection(A, false);
  back.onConnection(A, true);
  back.watch(A, 10_000);
  expect(suspectedAfter(back, 10_000)).toBeGreaterThan(3_000);
});

test("somebody new, of whom no connection is known, has the time of a silent one", () => {
  const liveness = new Liveness();
  liveness.watch(A, 0);
  expect(suspectedAfter(liveness, 0)).toBeGreaterThan(3_000);
});
