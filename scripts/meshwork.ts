#!/usr/bin/env node
/**
 * The command `meshwork`: looks whether this Node can run it, then hands its arguments to the command line of node/,
 * with the simulator's commands and its pages beside it: node/ and sim/ do not know each other.
 * What follows is imported late: an older Node does not know what it imports, and would not say so in words.
 */

import { existsSync } from "node:fs";
import nodeModule from "node:module";
import { homedir } from "node:os";
import { join } from "node:path";
import { PACKAGE_ROOT } from "../node/platform/own-files.ts";
import { guardStreams, writeTo } from "../node/platform/terminal/standard-streams.ts";

const NEEDED = [22, 18] as const;

function isNewEnough(version: string): boolean {
  const [major = 0, minor = 0] = version.split(".").map(Number);
  return major > NEEDED[0] || (major === NEEDED[0] && minor >= NEEDED[1]);
}

guardStreams();
returnToCaller();

/** npm starts scripts in the package's folder, and paths that the user types are relative to where the user is. */
function returnToCaller(): void {
  const { npm_lifecycle_event: script, INIT_CWD: caller = "" } = process.env;
  if ((script !== "meshwork" && script !== "start") || caller === "" || process.cwd() !== PACKAGE_ROOT) return;
  if (existsSync(caller)) process.chdir(caller);
}

const argv = process.argv.slice(2);

/** Commands whose code is not in the bundle. */
const FROM_SOURCES = new Set(["sim", "experiment"]);
/** Commands that start agents: a bundle, which takes seconds to make, is worth it for them. */
const WITH_AGENTS = new Set(["demo", "run", "node"]);

/** A person who waits wants to know what for. */
function sayBundling(): void {
  if (process.stderr.isTTY) writeTo("stderr", "making a bundle of the sources, as once after each change …\n");
}

/** The command line, from a bundle where that is quicker: `--help` and `--version` load next to nothing. */
async function commandLine(command: string | undefined) {
  const isQuick = command === undefined || command.startsWith("-") || FROM_SOURCES.has(command);
  if (!isQuick) {
    const { bundledMain } = await import("./bundle/fast-start.ts");
    const mayMake = WITH_AGENTS.has(command) && !argv.includes("--help") && !argv.includes("-h");
    const bundled = await bundledMain(mayMake ? sayBundling : null);
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
  const { packageVersion } = await import("../node/platform/version.ts");
  writeTo("stdout", `${packageVersion()}\n`);
} else if (isNewEnough(process.versions.node)) {
  keepCompiled();
  const { runCli } = await commandLine(argv[0]);
  const host = async () => (await import("./sim-host.ts")).simHost;
  process.exitCode = await runCli(argv, undefined, {
    commands: [
      {
        name: "sim",
        takes: "",
        summary: "simulate meshes: scenarios, faults, verdicts",
        load: async () => {
          const { registerSim } = await import("../sim/cli/register.ts");
          return (program, act) => registerSim(program, act, host);
        },
      },
      {
        name: "experiment",
        takes: "[options] [name]",
        summary: "run an experiment that comes with Meshwork: figures with intervals, and plots",
        load: async () => {
          const { registerExperiment } = await import("../sim/cli/experiment.ts");
          return (program, act) => registerExperiment(program, act, host);
        },
      },
    ],
    drawRunPage: async (facts) => (await import("./run-page.ts")).drawRunPage(facts),
  });
  const { lingerNoLonger } = await import("../node/cli/process-end.ts");
  lingerNoLonger();
} else {
  writeTo(
    "stderr",
    `meshwork: this is Node ${process.versions.node}, and ${NEEDED.join(".")} or newer is needed\n` +
      "  install it from https://nodejs.org, or run: npx -p node@24 -p meshwork meshwork --help\n",
  );
  process.exitCode = 2;
}
