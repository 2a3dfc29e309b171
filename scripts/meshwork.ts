#!/usr/bin/env node
/**
 * The command `meshwork`: looks whether this Node can run it, then hands its arguments to the command line of node/,
 * with the simulator's commands and its pages beside it: node/ and sim/ do not know each other.
 * What follows is imported late: an older Node does not know what it imports, and would not say so in words.
 */

const NEEDED = [22, 18] as const;

/** From a command's last word to the end of its process, ms. */
const LINGER_MS = 1_500;

function isNewEnough(version: string): boolean {
  const [major = 0, minor = 0] = version.split(".").map(Number);
  return major > NEEDED[0] || (major === NEEDED[0] && minor >= NEEDED[1]);
}

// A reader that went away (`meshwork … | head`) is no error of ours.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code === "EPIPE") process.exit(0);
  throw error;
});

if (isNewEnough(process.versions.node)) {
  const { runCli } = await import("../node/cli/main.ts");
  const { registerExperiment } = await import("../sim/cli/experiment.ts");
  const { registerSim } = await import("../sim/cli/register.ts");
  const platform = async () => (await import("./sim-host.ts")).simPlatform;
  process.exitCode = await runCli(process.argv.slice(2), undefined, {
    commands: [
      (program, act) => registerSim(program, act, platform),
      (program, act) => registerExperiment(program, act, platform),
    ],
    drawRunPage: async (facts) => (await import("./run-page.ts")).drawRunPage(facts),
  });
  // All is said. What still holds the process - a socket that does not close - does not hold it for long.
  setTimeout(() => process.exit(), LINGER_MS).unref();
} else {
  process.stderr.write(
    `meshwork: this is Node ${process.versions.node}, and ${NEEDED.join(".")} or newer is needed\n` +
      "  install it from https://nodejs.org, or run: npx -p node@24 -p meshwork meshwork --help\n",
  );
  process.exitCode = 2;
}
