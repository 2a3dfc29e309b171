/** A flood of valid gossip: no honest node that hands it on offends its neighbour, and other sources are still heard. */

import { expect, test } from "vitest";
import { GossipRates } from "../../../node/network/gossip-rates.ts";
import { networkLimits } from "../../../node/network/network-limits.ts";
import { createPeerRates } from "../../../node/network/peer-rates.ts";

/** Some seconds in which `floods` sources send `perMs` messages each millisecond: when one was taken in, and of whom. */
function flood(floods: number, perMs: number, seconds: number): { readonly atMs: number; readonly source: string }[] {
  const rates = new GossipRates(0);
  const taken: { atMs: number; source: string }[] = [];
  for (let atMs = 0; atMs < seconds * 1_000; atMs++) {
    const sources = Array.from({ length: floods }, (_, i) => `flood${i}`).flatMap((source) =>
      Array.from({ length: perMs }, () => source),
    );
    if (atMs % 100 === 0) sources.push("honest");
    for (const source of sources)
      if (rates.take({ source, isGuest: source !== "honest" }, atMs)) taken.push({ atMs, source });
  }
  return taken;
}

test("what a node hands on is no flood for its neighbour, however many flood it", () => {
  for (const floods of [1, 3, 50]) {
    const { gossip } = createPeerRates(0);
    for (const { atMs } of flood(floods, 5, 30)) {
      expect(gossip.waitMs(atMs)).toBeLessThanOrEqual(networkLimits.gossipDelayMsMax);
      gossip.take(1, atMs);
    }
  }
});

test("a source that floods does not keep others from being heard", () => {
  const heard = flood(3, 5, 30).filter(({ source }) => source === "honest");
  expect(heard.length).toBe(300); // all of them
  expect(flood(3, 5, 30).length).toBeLessThan(30 * networkLimits.gossipTakenPerSecond + networkLimits.gossipTakenBurst);
});

test("whoever is alone may have half of the room at once", () => {
  expect(flood(1, 1, 1).length).toBeGreaterThan(networkLimits.gossipTakenBurst / 2);
});
