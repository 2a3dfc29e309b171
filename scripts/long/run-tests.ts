/**
 * Runs test files as a part of `npm run test:long`, and ends with a line `{"counts":{…},"failures":[…]}`.
 *
 *   node scripts/long/run-tests.ts [--all-runs] FILE…
 *
 * `--all-runs`: files of `npm test`, with all runs of their properties (test/support/runs.ts) in place of a fifth.
 */

import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { temporaryFolder } from "../../node/platform/files/temporary-folder.ts";
import { countTests, failuresOf } from "./count-tests.ts";

const root = join(import.meta.dirname, "../..");
const { values, positionals } = parseArgs({
  options: { "all-runs": { type: "boolean", default: false } },
  allowPositionals: true,
});
const temporary = temporaryFolder("meshwork-long");
const folder = temporary.path;
const results = join(folder, "results.json");
const reporters = ["default", "./scripts/test-progress.ts", "json"].map((name) => `--reporter=${name}`);
const { status } = spawnSync(
  process.execPath,
  [
    join(root, "node_modules/vitest/vitest.mjs"),
    ...["run", "--config", values["all-runs"] ? "vitest.config.ts" : "vitest.long.config.ts"],
    ...[...reporters, `--outputFile.json=${results}`, ...positionals],
  ],
  { cwd: root, stdio: "inherit", env: { ...process.env, ...(values["all-runs"] && { MESHWORK_ALL_RUNS: "1" }) } },
);
const counts = countTests(results);
const failures = failuresOf(results);
temporary.remove();
process.stdout.write(`${JSON.stringify({ counts, failures })}\n`);
process.exitCode = status === 0 && counts.failed === 0 && counts.passed > 0 ? 0 : 1;
