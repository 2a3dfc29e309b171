/** Whoever has too much to do is not given more for that: cores that are four times slower do not make a mesh say more. */

import { describe, expect, test } from "vitest";
import { underLoad } from "../../support/loaded-world.ts";

// Before, the second of these was not certified within ten minutes of virtual time: each command was sent again, with all
// hashes of its envelope, to all members, every second.
describe.each([
  { redundancy: 3, from: 1, to: 4, apart: false },
  { redundancy: 1, from: 4, to: 16, apart: false },
  { redundancy: 1, from: 1, to: 4, apart: false },
  { redundancy: 3, from: 4, to: 16, apart: true },
])(
  "redundancy $redundancy, steps of $to instead of $from, workers apart: $apart",
  ({ redundancy, from, to, apart }) => {
    test("bytes and messages a task at most double", () => {
      const tasks = 800;
      const normal = underLoad({ tasks, redundancy, slowness: from, apart });
      const slow = underLoad({ tasks, redundancy, slowness: to, apart });
      expect([normal.isCertified, slow.isCertified]).toEqual([true, true]);
      expect(slow.bytesPerTask / normal.bytesPerTask).toBeLessThanOrEqual(2);
      expect(slow.framesPerTask / normal.framesPerTask).toBeLessThanOrEqual(2);
    }, 120_000);
  },
);
