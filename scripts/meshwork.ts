#!/usr/bin/env node
/**
 * The command `meshwork`: looks whether this Node can run it, then hands its arguments to the command line of node/,
 * with the simulator's commands and its pages beside it: node/ and sim/ do not know each other.
 * What follows is imported late: an older Node does not know what it imports, and would not say so in words.
 */

import nodeModule from "node:module";
import { homedir } from "node:os";
import { join } from "node:path";

const NEEDED = [22, 18] as const;

function isNewEnough(version: string): boolean {
  const [major = 0, minor = 0] = version.split(".").map(Number);
  return major > NEEDED[0] || (major === NEEDED[0] && minor >= NEEDED[1]);
}

// A reader that went away (`meshwork … | head`) is no error of ours.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code === "EPIPE") process.exit(0);
  throw error;
});

const argv = process.argv.slice(2);

/** Commands whose code is not in the bundle. */
const FROM_SOURCES = new Set(["sim", "experiment"]);
/** Commands that start agents: a bundle, which takes seconds to make, is worth it for them. */
const WITH_AGENTS = new Set(["demo", "run", "node"]);

/** The command line, from a bundle where that is quicker: `--help` and `--version` load next to nothing. */
async function commandLine(command: string | undefined) {
  const isQuick = command === undefined || command.startsWith("-") || FROM_SOURCES.has(command);
  if (!isQuick) {
    const { bundledMain } = await import("./bundle/fast-start.ts");
    const bundled = await bundledMain(WITH_AGENTS.has(command) && !argv.includes("--help") && !argv.includes("-h"));
    if (bundled !== null) {
      const main = await import(bundled).catch(() => null); // taken away in the meantime
      if (main !== null) return main as typeof import("../node/cli/main.ts");
    }
  }
  return import("../node/cli/main.ts");
}

/** What V8 made of the code is kept for the next time, with the user's other caches. */
function keepCompiled(): void {
  const { XDG_CACHE_HOME: base = "" } = process.env;
  nodeModule.enableCompileCache(join(base === "" ? join(homedir(), ".cache") : base, "meshwork", "compiled"));
}

if (argv.length === 1 && (argv[0] === "--version" || argv[0] === "-V")) {
  const { packageVersion } = await import("../node/version.ts");
  process.stdout.write(`${packageVersion()}\n`);
} else if (isNewEnough(process.versions.node)) {
  keepCompiled();
  const { runCli } = await commandLine(argv[0]);
  const platform = async () => (await import("./sim-host.ts")).simPlatform;
  process.exitCode = await runCli(argv, undefined, {
    commands: [
      {
        name: "sim",
        takes: "",
        summary: "simulate meshes: scenarios, faults, verdicts",
        load: async () => {
          const { registerSim } = await import("../sim/cli/register.ts");
          return (program, act) => registerSim(program, act, platform);
        },
      },
      {
        name: "experiment",
        takes: "[options] [name]",
        summary: "run an experiment that comes with Meshwork: figures with intervals, and plots",
        load: async () => {
          const { registerExperiment } = await import("../sim/cli/experiment.ts");
          return (program, act) => registerExperiment(program, act, platform);
        },
      },
    ],
    drawRunPage: async (facts) => (await import("./run-page.ts")).drawRunPage(facts),
  });
  const { lingerNoLonger } = await import("../node/cli/process-end.ts");
  lingerNoLonger();
} else {
  process.stderr.write(
    `meshwork: this is Node ${process.versions.node}, and ${NEEDED.join(".")} or newer is needed\n` +
      "  install it from https://nodejs.org, or run: npx -p node@24 -p meshwork meshwork --help\n",
  );
  process.exitCode = 2;
}
