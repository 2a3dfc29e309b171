/**
 * The real command line as processes, for tests of the whole: started with this process's own Node, ended by id.
 */

import { type ChildProcess, spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import type { NodeLine } from "../../node/run/local-agent.ts";

const SCRIPT = fileURLToPath(new URL("../../scripts/meshwork.ts", import.meta.url));

export interface Ran {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

const started = new Set<ChildProcess>();

/** `within`: a command that runs the rest of its arguments, such as one that enters a network namespace. */
export function launch(
  args: readonly string[],
  env: NodeJS.ProcessEnv = {},
  within: readonly string[] = [],
): ChildProcess {
  const [command, ...rest] = [...within, process.execPath, SCRIPT, ...args];
  const child = spawn(command!, rest, {
    stdio: ["ignore", "pipe", "pipe"],
    env: { ...process.env, ...env },
  });
  started.add(child);
  child.once("exit", () => started.delete(child));
  return child;
}

/** Ends whatever a test left running. */
export function endAll(): void {
  for (const child of started) child.kill("SIGKILL");
}

export interface RunOptions {
  readonly env?: NodeJS.ProcessEnv;
  /** Ctrl-C once standard error matches. */
  readonly interruptAt?: RegExp;
  readonly within?: readonly string[];
}

/** Runs a command to its end. */
export function meshwork(args: readonly string[], { env = {}, interruptAt, within }: RunOptions = {}): Promise<Ran> {
  const child = launch(args, env, within);
  let out = "";
  let err = "";
  let isInterrupted = false;
  child.stdout!.on("data", (chunk) => (out += chunk));
  child.stderr!.on("data", (chunk) => {
    err += chunk;
    if (isInterrupted || interruptAt?.test(err) !== true) return;
    isInterrupted = true;
    child.kill("SIGINT");
  });
  return new Promise((resolve) => child.once("close", (code) => resolve({ code, out, err })));
}

export interface RunningNode {
  readonly id: string;
  readonly name: string;
  readonly address: string;
  readonly process: ChildProcess;
  /** What it wrote to standard error. */
  log(): string;
  signal(name: NodeJS.Signals): void;
  ended(): Promise<number | null>;
}

/** `meshwork node --json …`, once it is up. */
export async function startNode(
  name: string,
  args: readonly string[],
  env: NodeJS.ProcessEnv = {},
): Promise<RunningNode> {
  const child = launch(["node", "--json", "--name", name, ...args], env);
  let err = "";
  child.stderr!.on("data", (chunk) => (err += chunk));
  const closed = new Promise<number | null>((resolve) => child.once("close", resolve));
  const ready = await new Promise<Extract<NodeLine, { event: "ready" }>>((resolve, reject) => {
    void closed.then((code) => reject(new Error(`node ${name} ended with ${code}: ${err}`)));
    createInterface({ input: child.stdout! }).on("line", (text) => {
      const line = JSON.parse(text) as NodeLine;
      if (line.event === "ready") resolve(line);
    });
  });
  return {
    id: ready.agent,
    name,
    address: ready.addresses[0]!,
    process: child,
    log: () => err,
    signal: (signal) => void child.kill(signal),
    ended: () => closed,
  };
}

/** `meshwork node …` as a person runs it, with what it prints. */
export interface PrintingNode {
  /** The address in the line that another machine runs to join it. */
  readonly address: string;
  readonly id: string;
  /** All that it printed. */
  said(): string;
  signal(name: NodeJS.Signals): void;
  ended(): Promise<number | null>;
}

/** `meshwork node …` without `--json`, once it printed the line to join it. */
export async function startPrinting(args: readonly string[], options: RunOptions = {}): Promise<PrintingNode> {
  const child = launch(["node", ...args], options.env, options.within);
  let said = "";
  const closed = new Promise<number | null>((resolve) => child.once("close", resolve));
  const address = await new Promise<string>((resolve, reject) => {
    void closed.then((code) => reject(new Error(`the node ended with ${code}: ${said}`)));
    for (const stream of [child.stdout!, child.stderr!])
      stream.on("data", (chunk) => {
        said += chunk;
        const found = /--join (\S+)\n/.exec(said);
        if (found !== null) resolve(found[1]!);
      });
  });
  return {
    address,
    id: /\/p2p\/(\S+)$/.exec(address)![1]!,
    said: () => said,
    signal: (signal) => void child.kill(signal),
    ended: () => closed,
  };
}
