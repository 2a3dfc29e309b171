/**
 * The arguments of a command skill, with `{input}` filled in.
 *
 * An input is data. It comes from whoever submits jobs, and must become neither an option of the program
 * (`--output=FILE`) nor a script (`sh -c "… {input}"`). A command that would allow it whatever the input is refused when
 * it is loaded; otherwise each input that would do so is refused.
 */

import { basename } from "node:path";
import { WorkProblem } from "./work-problem.ts";

const PLACE = "{input}";
/** After it, programs take arguments for operands, whatever they begin with (POSIX, utility syntax guideline 10). */
const END_OF_OPTIONS = "--";

/**
 * Programs that hand arguments on to another one, which never sees the `--` that stands before them: to that one an
 * argument that begins with a dash is an option.
 */
const WRAPPERS: ReadonlySet<string> = new Set(
  [
    "bunx bwrap cgexec chroot chronic chrt dbus-run-session doas docker eatmydata env fakeroot faketime find firejail",
    "flock ionice kubectl ltrace make nice nix nohup npm npx nsenter numactl parallel pipx pkexec pnpm podman prlimit",
    "proxychains proxychains4 runcon runuser script setarch setpriv setsid start-stop-daemon stdbuf strace su sudo",
    "systemd-run taskset time timeout torsocks unbuffer unshare uv uvx valgrind xargs yarn",
  ].flatMap((names) => names.split(" ")),
);

/** Programs that run all their operands as one line of a shell, here or elsewhere. */
const LINES: ReadonlySet<string> = new Set(["rsh", "ssh", "watch"]);

/** Shells and interpreters: they run the argument after `-c`, `-e` and the like, and hand those after it on. */
const INTERPRETER =
  /^(?:(?:r?ba|da|a|z|k|mk|lk|ok|ya|po|fi|c|tc|pw|xon)?sh|busybox|powershell|cmd|node|nodejs|deno|bun|tsx|ts-node|python|pypy|perl|raku|ruby|php|lua|luajit|julia|Rscript|tclsh|expect|osascript|nu|elvish)[\d.]*(?:\.exe)?$/;
/** Not shells, but they run what stands after `-c` by one. */
const RUNS_LINE: ReadonlySet<string> = new Set(["flock", "runuser", "script", "su"]);
const SCRIPT_OPTION = /^(?:-\w*[ceEpr]|--eval|--print|--command|-Command|\/c)$/;
const JOINED_SCRIPT = /^(?:-[ceEpr]|--eval=|--print=|--command=)./;

/** How a program whose first operand is a script takes scripts and values otherwise. */
interface Scripted {
  /** The argument after it is a script, in place of the first operand. */
  readonly script: RegExp;
  /** It holds a script itself. */
  readonly joined: RegExp;
  /** Arguments after it that are none of the operands. */
  readonly values: ReadonlyMap<string, number>;
}

const AWK: Scripted = {
  script: /^(?:-[efE]|--(?:source|file|exec))$/,
  joined: /^(?:-[efEil]|--(?:source|file|exec|include|load)=)./,
  values: new Map(["-F", "--field-separator", "-v", "--assign", "-i", "--include", "-l", "--load"].map((o) => [o, 1])),
};
const SED: Scripted = {
  script: /^(?:-[a-zE]*[ef]|--(?:expression|file))$/,
  joined: /^(?:-[a-zE]*[ef]|--(?:expression|file)=)./,
  values: new Map([["-l", 1]]),
};
const JQ: Scripted = {
  script: /^(?:-\w*f|--from-file)$/,
  joined: /^--from-file=/,
  values: new Map([
    ...["--arg", "--argjson", "--slurpfile", "--rawfile"].map((option) => [option, 2] as const),
    ...["--indent", "-L"].map((option) => [option, 1] as const),
  ]),
};
const SCRIPTED: ReadonlyMap<string, Scripted> = new Map([
  ...["awk", "gawk", "mawk", "nawk"].map((name) => [name, AWK] as const),
  ["sed", SED],
  ["gsed", SED],
  ["jq", JQ],
]);
/** Options whose value is data, whatever it is. */
const DATA_OPTIONS: ReadonlySet<string> = new Set(["-F", "--field-separator", "-v", "--assign", "--arg", "--argjson"]);

const isInterpreter = (part: string): boolean => INTERPRETER.test(basename(part));
const handsOn = (part: string): boolean => WRAPPERS.has(basename(part)) || isInterpreter(part);
const isOption = (part: string): boolean => part.startsWith("-");

/** `--` stands before the argument at `at`. */
const isOperand = (command: readonly string[], at: number): boolean => command.slice(1, at).includes(END_OF_OPTIONS);

/** Whether the argument at `at` is a script, or a part of one, of the program at `from`. */
function isScript(command: readonly string[], from: number, at: number, { script, joined, values }: Scripted): boolean {
  let hasScript = false;
  for (let i = from + 1; i < at; i++) {
    const part = command[i]!;
    const count = values.get(part) ?? 0;
    if (count > 0) {
      if (at <= i + count) return !DATA_OPTIONS.has(part);
      i += count;
    } else if (script.test(part)) {
      if (at === i + 1) return true;
      hasScript = true;
      i++;
    } else if (!isOption(part)) hasScript = true;
  }
  const part = command[at]!;
  return joined.test(part) || (!hasScript && !isOption(part));
}

/** Whether the argument at `at` says, by itself or by one before it, what is run. Errs on the safe side. */
function saysWhatRuns(command: readonly string[], at: number): boolean {
  const part = command[at]!;
  const before = command.slice(0, at);
  // Others only look for the word: `grep ssh`.
  const isProgram = (from: number): boolean => from === 0 || command.slice(0, from).some(handsOn);
  if (before.some((one, from) => isProgram(from) && LINES.has(basename(one)))) return true;
  const runsLine = before.some((one, from) => isInterpreter(one) || (isProgram(from) && RUNS_LINE.has(basename(one))));
  if (runsLine && (JOINED_SCRIPT.test(part) || SCRIPT_OPTION.test(before.at(-1)!))) return true;
  const isScripted = before.some((one, from) => {
    const scripted = SCRIPTED.get(basename(one));
    return scripted !== undefined && isProgram(from) && isScript(command, from, at, scripted);
  });
  if (isScripted) return true;
  const runner = before.findLastIndex(handsOn);
  return runner >= 0 && !isOption(part) && before.slice(runner + 1).every(isOption);
}

/** An argument of which the input is all but the dashes. */
const NAMED_OPTION = /^-+\{input\}/;

/** What makes a command unsafe for every input, and what to write instead; null if nothing does. */
export function commandProblem(command: readonly string[]): { readonly what: string; readonly remedy: string } | null {
  for (const [at, part] of command.entries()) {
    if (!part.includes(PLACE)) continue;
    if (at === 0)
      return { what: "the input would choose the program", remedy: "name the program, and give it the input" };
    if (saysWhatRuns(command, at)) {
      const what = `the input, in "${part}", would say what ${command[0]} runs`;
      return { what, remedy: "hand the input over on standard input (stdin: text)" };
    }
    if (NAMED_OPTION.test(part) && !isOperand(command, at)) {
      const what = `the input, in "${part}", would choose an option of ${command[0]}`;
      return { what, remedy: "name the option, and give it the input (--name={input})" };
    }
    if (part === PLACE && !isOperand(command, at)) {
      const what = `an input that begins with "-" would be an option of ${command[0]}`;
      return { what, remedy: `write "--" before "${PLACE}", or hand the input over on standard input (stdin: text)` };
    }
  }
  return null;
}

/** Whether an argument that begins with the input could be taken for an option. */
const couldBeOption = (command: readonly string[], at: number): boolean =>
  !isOperand(command, at) || command.slice(0, at).some(handsOn);

/**
 * The arguments as the program gets them: each stays one argument. Throws `refused` for an input that begins with a dash
 * where it could be taken for an option.
 */
export function fillCommand(command: readonly string[], input: string): string[] {
  return command.map((part, at) => {
    if (!part.includes(PLACE)) return part;
    if (part.startsWith(PLACE) && input.startsWith("-") && couldBeOption(command, at)) {
      const what = `the input begins with "-": ${command[0]} could take it for an option`;
      throw new WorkProblem("invalid-input", `${what} – hand it over on standard input (stdin: text)`);
    }
    return part.replaceAll(PLACE, () => input);
  });
}
