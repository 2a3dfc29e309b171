/** The driver that ARCHITECTURE.md names does what it says. */

import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, test } from "vitest";

test("the smallest driver runs a job to its certified end, and ends", async () => {
  const program = join(import.meta.dirname, "../../docs/examples/smallest-driver.ts");
  const { stdout } = await promisify(execFile)(process.execPath, [program]);
  const last = JSON.parse(stdout.trim().split("\n").at(-1)!.replace(/^\d+ /, "")) as object;
  expect(last).toMatchObject({ kind: "completed", status: "certified", node: "answer" });
});
