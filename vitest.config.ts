/**
 * How `npm test` runs: every `*.test.ts` below test/ but those of `npm run test:long` (vitest.long.config.ts), in three projects.
 *
 *   npx vitest run test/protocol/job              the tests of a folder, or of a file
 *   npx vitest run test/protocol/job -t "leases"  those of them whose names contain a text
 */

import { join } from "node:path";
import { defineConfig } from "vitest/config";

// Processes that tests start read what Node compiled before: a program of ours then starts in half the time.
process.env.NODE_COMPILE_CACHE ??= join(import.meta.dirname, ".build/compile-cache");

/** For tests that start no process, do not change the folder and handle no signal: one process runs file after file. */
const PURE = ["attacks", "paper", "property", "protocol", "sim"].map((folder) => `test/${folder}/**/*.test.ts`);
/** For tests of programs, which start from a bundle of the sources that is made before. */
const PROGRAMS = ["browser", "e2e", "golden", "namespaces"].map((folder) => `test/${folder}/**/*.test.ts`);
const LONG = ["test/**/*.long.test.ts"];

export const shared = {
  // Processes, not threads: tests start nodes, change folders and look at signals.
  pool: "forks",
  // V8's bookkeeping of protected code pages fails now and then where worker threads end, on processors with protection
  // keys ("Check failed: jit_page.has_value()"): the process of a test died of it.
  execArgv: ["--no-memory-protection-keys"],
  // Deadlines of waits inside the tests are shorter; this one is for a test that hangs.
  testTimeout: 60_000,
  hookTimeout: 60_000,
} as const;

/** Without a terminal the default reporter says nothing while a file runs. */
export const reporters = process.stdout.isTTY ? ["default"] : ["default", "./scripts/test-progress.ts"];

export default defineConfig({
  test: {
    // Files that start whole meshes get in each other's way on a small machine.
    maxWorkers: 2,
    reporters,
    projects: [
      { test: { ...shared, name: "pure", include: PURE, exclude: LONG, isolate: false } },
      {
        test: {
          ...shared,
          name: "nodes",
          include: ["test/**/*.test.ts"],
          exclude: [...PURE, ...PROGRAMS, ...LONG, "**/node_modules/**"],
        },
      },
      {
        test: {
          ...shared,
          name: "programs",
          include: PROGRAMS,
          exclude: LONG,
          globalSetup: ["test/support/make-bundle.ts"],
        },
      },
    ],
  },
});
