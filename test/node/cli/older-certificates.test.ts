/** Certificates of earlier rules: files that earlier versions wrote are verified like new ones. */

import { join } from "node:path";
import { expect, test } from "vitest";
import { runInProcess } from "../../support/in-process-cli.ts";

/** Written by `meshwork run` when `rulesVersion` was 1: a majority of three answers to one task. */
const folder = join(import.meta.dirname, "../../fixtures/rules-1");
const certificate = join(folder, "certificate.json");
const other = join(import.meta.dirname, "../../../package.json");

test("a certificate of rules 1 verifies, with its result and with no other", async () => {
  const verified = await runInProcess(["verify", certificate, "--result", join(folder, "result.json")], {});
  expect(verified.code).toBe(0);
  expect(verified.out).toContain("the certificate is valid: the job has this result");
  const refused = await runInProcess(["verify", certificate, "--result", other], {});
  expect(refused.code).toBe(1);
});
