/**
 * A test that cannot fail is a bug: with a rule of the protocol broken on a copy, the searches notice within a few seeds;
 * unbroken, the same seeds pass. Here those that a few seeds find; all of them: `npm run test:long -- --part mutants`.
 */

import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, test } from "vitest";

const SCRIPT = join(import.meta.dirname, "../../scripts/mutants.ts");

// In a process of its own: the copies are loaded as Node loads them, past the test runner's transforms.
test("known bugs put back are noticed", async () => {
  const { stdout } = await promisify(execFile)(process.execPath, [SCRIPT, "--quick", "--seeds", "60"]);
  expect(stdout).not.toContain("NOT NOTICED");
  const { counts } = JSON.parse(stdout.trim().split("\n").at(-1)!) as { counts: object };
  expect(counts).toMatchObject({ mutants: 5, noticed: 5 });
});
