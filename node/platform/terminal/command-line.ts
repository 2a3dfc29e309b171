/**
 * Printed commands: how the command line is called from where the user is, with its words quoted for a shell.
 * All code that prints a command uses this, so that the command works when it is pasted.
 *
 * Texts in the sources (help, remedies, templates) write `meshwork run JOB.yaml`; `asCalledHere` names the command
 * before they are shown.
 */

import { existsSync, realpathSync } from "node:fs";
import { basename, delimiter, dirname, join, relative, resolve, sep } from "node:path";
import { IS_CHECKOUT, PACKAGE_ROOT } from "../own-files.ts";

/** A word as a shell takes it back. */
export const quoteArgument = (word: string): string =>
  /^[\w@%+:,./-][\w@%+=:,./-]*$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;

/** What a command line is started by. */
interface Call {
  readonly env: NodeJS.ProcessEnv;
  /** The absolute path of the script that Node runs; "" without a script. */
  readonly script: string;
  /** Node as it was typed. */
  readonly argv0: string;
  readonly cwd: string;
  readonly root: string;
  readonly isCheckout: boolean;
}

/** The scripts of package.json that are this command line. */
const NPM_SCRIPTS = new Set(["meshwork", "start"]);

/** npm looks for a package from the current folder upwards. */
function npmRun({ cwd, root }: Call): string {
  let at = cwd;
  while (!existsSync(join(at, "package.json")) && dirname(at) !== at) at = dirname(at);
  return `npm ${at === root ? "" : `--prefix ${quoteArgument(root)} `}run -s meshwork --`;
}

const shorter = (path: string, cwd: string): string => {
  const here = relative(cwd, path);
  return here.startsWith("..") || here.length >= path.length - 1 ? path : here;
};

function isInPath(folder: string, { PATH = "" }: NodeJS.ProcessEnv): boolean {
  return PATH.split(delimiter).some((entry) => entry !== "" && resolve(entry) === folder);
}

const isOurs = (script: string, root: string): boolean =>
  [join(root, "scripts/meshwork.ts"), join(root, "dist/scripts/meshwork.js")].includes(script);

/** As the user called it; where that cannot be seen (an agent's process, a library), as it can be called. */
export function commandOf(call: Call): string {
  const { env, script, argv0, cwd, root, isCheckout } = call;
  const isNpx = env.npm_lifecycle_event === "npx";
  if (isOurs(script, root)) {
    const isNpmScript =
      NPM_SCRIPTS.has(env.npm_lifecycle_event ?? "") && env.npm_package_json === join(root, "package.json");
    if (isNpmScript) return npmRun(call);
    const node = argv0.includes(sep) ? shorter(resolve(cwd, argv0), cwd) : argv0;
    return `${isNpx ? "npx " : ""}${quoteArgument(node)} ${quoteArgument(shorter(script, cwd))}`;
  }
  if (basename(script) === "meshwork") {
    if (isNpx) return "npx meshwork";
    if (isInPath(dirname(script), env)) return "meshwork";
    const path = shorter(script, cwd);
    return quoteArgument(path.includes(sep) ? path : `./${path}`);
  }
  return isCheckout ? npmRun(call) : "meshwork";
}

function scriptOf(path: string | undefined): string {
  if (path === undefined) return "";
  // A link in a folder of programs is the user's name for it; our own file may be reached by links to folders.
  if (basename(path) === "meshwork") return path;
  try {
    return realpathSync(path);
  } catch {
    return path;
  }
}

export const COMMAND = commandOf({
  env: process.env,
  script: scriptOf(process.argv[1]),
  argv0: process.argv0,
  cwd: process.cwd(),
  root: PACKAGE_ROOT,
  isCheckout: IS_CHECKOUT,
});

/** A command as it is printed, to be pasted. */
export const commandLine = (words: readonly string[]): string => [COMMAND, ...words.map(quoteArgument)].join(" ");

export const DEFAULT_MESH = "default";

/** The words that name a mesh, where it is not the one that commands assume. */
export const meshWords = (mesh: string): readonly string[] => (mesh === DEFAULT_MESH ? [] : ["--mesh", mesh]);

/** Every command of the program, those of sim/ too. A test compares it with what the program knows. */
const NAMES =
  "demo|run|plan|verify|node|submit|result|status|cancel|doctor|init|agents|explain|record|feedback|skills|knowledge|limits|data|schema|sim|experiment|help";
const CALLS = new RegExp(`(?<![\\w./-]|npx )meshwork (?=(?:${NAMES})\\b|--help|--version|\\[options\\])`, "g");

/** A text of ours with its commands as they are called here. */
export const asCalledHere = (text: string, command = COMMAND): string => text.replace(CALLS, () => `${command} `);
