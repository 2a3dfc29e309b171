/** What a peer may send at once: another key gives nobody another burst. */

import { expect, test } from "vitest";
import { networkLimits } from "../../../node/network/network-limits.ts";
import { createPeerRates } from "../../../node/network/peer-rates.ts";

/** Messages until a peer that sends 560 a second has offended often enough to be refused. */
function untilRefused(isSuspect: boolean): number {
  const { gossip } = createPeerRates(0, isSuspect);
  let offences = 0;
  let sent = 0;
  for (; offences < networkLimits.offences; sent++) {
    const nowMs = (sent * 1_000) / 560;
    if (gossip.waitMs(nowMs) > networkLimits.gossipDelayMsMax) offences++;
    else gossip.take(1, nowMs);
  }
  return sent;
}

test("whoever comes back from the same network after it was refused is refused again at once", () => {
  expect(untilRefused(false)).toBeGreaterThan(networkLimits.gossipBurst);
  expect(untilRefused(true)).toBeLessThan(100);
});
