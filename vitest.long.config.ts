/** The tests of `npm run test:long`, `*.long.test.ts`: what takes long, and rarely finds what the others do not. */

import { defineConfig } from "vitest/config";
import { reporters, shared } from "./vitest.config.ts";

export default defineConfig({
  test: {
    ...shared,
    testTimeout: 300_000,
    include: ["test/**/*.long.test.ts"],
    maxWorkers: 2,
    reporters,
    globalSetup: ["test/support/make-bundle.ts"],
  },
});
