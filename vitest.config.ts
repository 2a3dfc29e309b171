/** How the tests run: every `*.test.ts` below test/, each file in a process of its own. */

import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
    exclude: ["**/node_modules/**", "**/dist/**", "**/.build/**"],
    // Processes, not threads: tests start nodes, change folders and look at signals.
    pool: "forks",
    // V8's bookkeeping of protected code pages fails now and then where worker threads end, on processors with protection
    // keys ("Check failed: jit_page.has_value()"): the process of a test died of it.
    execArgv: ["--no-memory-protection-keys"],
    // Files that start whole meshes get in each other's way on a small machine.
    maxWorkers: 2,
    reporters: ["default"],
    // Deadlines of waits inside the tests are shorter; this one is for a test that hangs.
    testTimeout: 60_000,
    hookTimeout: 60_000,
  },
});
