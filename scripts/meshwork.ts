#!/usr/bin/env node
/** The command `meshwork`: hands its arguments to the command line of node/. */

import { runCli } from "../node/cli/main.ts";

// A reader that went away (`meshwork … | head`) is no error of ours.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code === "EPIPE") process.exit(0);
  throw error;
});

process.exitCode = await runCli(process.argv.slice(2));
