/**
 * The arguments of a command skill, with `{input}` filled in.
 *
 * An input is data. It comes from whoever submits jobs, and must become neither an option of the program
 * (`--output=FILE`) nor a script (`sh -c "… {input}"`). Where the command as written would let it, the command is refused
 * when it is loaded; where it depends on the input, the input is.
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
const WRAPPERS: ReadonlySet<string> = new Set([
  ...["chroot", "chrt", "doas", "env", "flock", "ionice", "nice", "nohup", "npm", "npx", "nsenter", "parallel"],
  ...[
    "prlimit",
    "runuser",
    "setpriv",
    "setsid",
    "stdbuf",
    "su",
    "sudo",
    "taskset",
    "time",
    "timeout",
    "unshare",
    "xargs",
  ],
]);

/** Shells and interpreters: they run the argument after `-c`, `-e` and the like, and hand those after it on. */
const INTERPRETER =
  /^(?:(?:ba|da|a|z|k|mk|fi|c|tc|pw)?sh|busybox|powershell|cmd|node|nodejs|deno|bun|python|pypy|perl|ruby|php|lua|tclsh|osascript)[\d.]*(?:\.exe)?$/;
const SCRIPT_OPTION = /^(?:-\w*[ceEpr]|--eval|--print|--command|-Command|\/c)$/;
const JOINED_SCRIPT = /^(?:-[ceEpr]|--eval=|--print=|--command=)./;
/** Programs whose first operand is a script. */
const SCRIPTED: ReadonlySet<string> = new Set(["awk", "gawk", "mawk", "nawk", "sed", "jq"]);

const isInterpreter = (part: string): boolean => INTERPRETER.test(basename(part));
const handsOn = (part: string): boolean => WRAPPERS.has(basename(part)) || isInterpreter(part);
const isOption = (part: string): boolean => part.startsWith("-");

/** `--` stands before the argument at `at`. */
const isOperand = (command: readonly string[], at: number): boolean => command.slice(1, at).includes(END_OF_OPTIONS);

/** Whether the argument at `at` says, by itself or by one before it, what is run. Errs on the safe side. */
function saysWhatRuns(command: readonly string[], at: number): boolean {
  const part = command[at]!;
  const before = command.slice(0, at);
  if (before.some(isInterpreter) && (JOINED_SCRIPT.test(part) || SCRIPT_OPTION.test(before.at(-1)!))) return true;
  const runner = before.findLastIndex((one) => handsOn(one) || SCRIPTED.has(basename(one)));
  return runner >= 0 && !isOption(part) && before.slice(runner + 1).every(isOption);
}

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
      throw new WorkProblem("refused", `${what} – hand it over on standard input (stdin: text)`);
    }
    return part.replaceAll(PLACE, () => input);
  });
}
