/**
 * The same scenario and seed give the same digest on every machine, under every version of Node that is supported. The
 * digests change with the protocol and with what is drawn: then `npm test -- --update` writes the new ones, and the reviewer sees it.
 */

import { execFile } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { describe, expect, test } from "vitest";

const PROGRAM = join(import.meta.dirname, "../support/golden-runs.ts");
const GOLDEN = join(import.meta.dirname, "digests.json");
const OTHERS = join(import.meta.dirname, "../node-versions/node_modules");

/** In a process of its own: past the test runner's transforms. */
async function digestsUnder(node: string): Promise<{ readonly version: string; readonly text: string }> {
  const { stdout } = await promisify(execFile)(node, [PROGRAM]);
  const { version, digests } = JSON.parse(stdout) as { version: string; digests: object };
  return { version, text: `${JSON.stringify(digests, null, 2)}\n` };
}

describe("golden digests", () => {
  test("under this Node", { timeout: 180_000 }, async () => {
    const { text } = await digestsUnder(process.execPath);
    await expect(text).toMatchFileSnapshot(GOLDEN);
  });

  for (const major of [22, 26]) {
    const node = join(OTHERS, `node${major}/bin/node`);
    const isThere = existsSync(node);
    const name = `under Node ${major}${isThere ? "" : " (not installed: npm ci --prefix test/node-versions)"}`;
    test.skipIf(!isThere)(name, { timeout: 180_000 }, async () => {
      const { version, text } = await digestsUnder(node);
      expect(version).toMatch(new RegExp(`^v${major}\\.`));
      expect(text).toBe(readFileSync(GOLDEN, "utf8"));
    });
  }
});
