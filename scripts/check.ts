/**
 * `npm run check`: types, lint and format, the rules of the house. Runs all of them, prints each with its time,
 * and ends with 1 if any failed. What CI runs before the tests.
 */

import { spawnSync } from "node:child_process";
import { join } from "node:path";

const root = join(import.meta.dirname, "..");
const bin = (name: string): string => join(root, "node_modules/.bin", name);

const STEPS: readonly { readonly name: string; readonly command: string; readonly args: readonly string[] }[] = [
  { name: "types", command: bin("tsc"), args: ["-b"] },
  { name: "lint and format", command: bin("biome"), args: ["check", "--error-on-warnings", "--max-diagnostics=200"] },
  { name: "tidy", command: process.execPath, args: ["scripts/tidy.ts"] },
];

const failed: string[] = [];
for (const { name, command, args } of STEPS) {
  const startMs = performance.now();
  const { status, error } = spawnSync(command, args, { cwd: root, stdio: "inherit" });
  const seconds = ((performance.now() - startMs) / 1000).toFixed(1);
  if (error !== undefined) process.stderr.write(`${name}: ${error.message}; run \`npm ci\`\n`);
  if (status !== 0) failed.push(name);
  process.stdout.write(`${status === 0 ? "ok  " : "FAIL"} ${name} (${seconds} s)\n`);
}
if (failed.length > 0) process.stdout.write(`check failed: ${failed.join(", ")}\n`);
process.exitCode = failed.length === 0 ? 0 : 1;
