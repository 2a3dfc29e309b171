/** `meshwork node`: one agent as a process. */

import { dirname } from "node:path";
import { InvalidArgumentError, Option } from "commander";
import { type Logger, pino } from "pino";
import { isLoopback } from "../../protocol/capability/addresses.ts";
import type { AgentId } from "../../protocol/core/ids.ts";
import { describeNews } from "../network/news.ts";
import { isOutside, joinsAnotherMachine } from "../network/own-addresses.ts";
import { createNode, type MeshworkNode } from "../node.ts";
import type { NodeStatus } from "../node-status.ts";
import { isAgentId } from "../platform/crypto.ts";
import { makeFolder } from "../platform/files/private-files.ts";
import { commandLine, DEFAULT_MESH, meshWords } from "../platform/terminal/command-line.ts";
import { type CliContext, collect, EXIT, exitOf, integer } from "../platform/terminal/context.ts";
import type { NodeLine } from "../run/local-agent.ts";
import { EMBEDDER_HELP, embedderFrom } from "../search/choose-embedder.ts";
import { builtInSkills } from "../skills/built-in.ts";
import { lyingSkills } from "../skills/lying.ts";
import { loadSkills, type SkillsFile } from "../skills/process/load-skills.ts";
import { statusWithin } from "./client.ts";
import { address, type Register, SKILLS_MEMORY_OPTION, shortName } from "./context.ts";
import { leavingWords } from "./leaving.ts";
import { limitsFrom, ownKeys } from "./limits.ts";

interface NodeCommandOptions {
  readonly mesh: string;
  readonly name?: string;
  readonly listen?: readonly string[];
  readonly join?: readonly string[];
  readonly announce?: readonly string[];
  readonly skills?: string;
  readonly allowCommands?: boolean;
  readonly skillsMemory?: number;
  readonly label?: readonly string[];
  readonly slots: number;
  readonly data?: string;
  readonly trust?: readonly AgentId[];
  readonly limits?: string;
  readonly own?: readonly AgentId[];
  /** False with `--no-host`. */
  readonly host: boolean;
  readonly trace?: string;
  readonly mdns?: boolean;
  readonly lie?: boolean;
  readonly tied?: boolean;
  readonly json?: boolean;
}

const EXAMPLES = `
Examples:
  $ meshwork node
  $ meshwork node --skills skills.mjs --data ~/agent
  $ meshwork node --listen /ip4/0.0.0.0/tcp/4001
  $ meshwork node --join /ip4/192.0.2.7/tcp/4001/p2p/12D3KooW…
  $ meshwork node --join ADDR --announce /dns4/agent.example/tcp/4001
  $ meshwork node --skills skills.mjs --skills-memory 2GiB
  $ meshwork node --listen /ip4/0.0.0.0/tcp/4001 --limits limits.yaml`;

/** An agent's id, for commander. */
function agentId(text: string): AgentId {
  if (!isAgentId(text)) throw new InvalidArgumentError("an agent's id begins with 12D3KooW");
  return text as AgentId;
}

export const registerNode: Register = (program, act) => {
  program
    .command("node")
    .description("run one agent until it is interrupted; prints the command for other machines to join it")
    .option("--mesh <name>", "the mesh to join", shortName, DEFAULT_MESH)
    .option("--name <name>", "what people call this agent (default: made of its id)", shortName)
    .option(
      "--listen <addr>",
      "listen here; may be repeated (default: /ip4/127.0.0.1/tcp/0; every interface if --join names another machine)",
      collect(address),
    )
    .option("--join <addr...>", "addresses of agents to join", collect(address))
    .option(
      "--announce <addr>",
      "advertise this address instead of those that work; may be a name (/dns4/…); may be repeated",
      collect(address),
    )
    .option("--skills <file>", "its skills: a module or YAML (default: the built-in ones)")
    .option("--allow-commands", "let skills of the skills file run commands")
    .option(...SKILLS_MEMORY_OPTION)
    .option("--label <name>", "a label that tasks may require; may be repeated", collect(shortName))
    .option("--slots <n>", "how many tasks it works on at the same time", integer(1, 1_024), 2)
    .option(
      "--data <dir>",
      "folder for key, log and blobs; restart with the same folder to continue (default: a temporary one)",
    )
    .option("--trust <owner>", "also learn from the jobs of this owner; may be repeated", collect(agentId))
    .option("--limits <file>", "what it gives to others: places, slots, money, disk, memory (default: meshwork limits)")
    .option("--no-host", "do not host jobs")
    .option("--trace <file>", "write a trace for the checkers to this file (msgpack if its name ends with .msgpack)")
    .option("--mdns", "find agents on the local network by multicast (default: if it listens beyond this machine)")
    .option("--no-mdns", "do not look for agents by multicast")
    .option("--json", "print JSON documents, one on each line: when it is ready, and when it stops")
    // Part of the demo, which says so: an agent that gives wrong answers.
    .addOption(new Option("--lie", "give wrong answers").hideHelp())
    // For local meshes: whose jobs they are for.
    .addOption(new Option("--own <owner>", "an owner that is no guest").argParser(collect(agentId)).hideHelp())
    // For local meshes: an agent ends with the command that started it.
    .addOption(new Option("--tied", "end when standard input does").hideHelp())
    .addHelpText("after", EXAMPLES)
    .addHelpText("after", EMBEDDER_HELP)
    .action(act(runNode));
};

const NO_FILE: SkillsFile = { skills: [], close: () => Promise.resolve() };

/** `who` goes with each line that is logged. */
async function skillsOf(
  context: CliContext,
  options: NodeCommandOptions,
  log: Logger,
  who: object,
): Promise<SkillsFile> {
  const { skills: file, allowCommands = false, skillsMemory } = options;
  // The author of the skills wants to see what they print, whatever the log level.
  const printed = log.child({}, { level: context.io.env.MESHWORK_LOG ?? "info" });
  const memory = skillsMemory === undefined ? {} : { memoryBytes: skillsMemory };
  const onLine = (message: string, facts = {}): void => printed.info({ ...who, ...facts }, message);
  const loading = { allowCommands, signal: context.signal, log: onLine, ...memory };
  const loaded = file === undefined ? NO_FILE : await loadSkills(file, loading);
  const names = new Set(loaded.skills.map((skill) => skill.name));
  const skills = [...loaded.skills, ...builtInSkills.filter((skill) => !names.has(skill.name))];
  return { skills: options.lie === true ? lyingSkills(skills) : skills, close: loaded.close };
}

/** The longest that an agent looks for jobs that rest on it before it stops, ms. */
const REST_MS = 500;
/** The longest that stopping may take before the process exits anyway, ms. */
const STOP_MS = 3_000;

/** Waits for `stop`, and exits the process if it hangs. */
async function stopInTime(context: CliContext, code: number, stop: Promise<unknown>): Promise<void> {
  const timer = setTimeout(() => {
    context.note(`not everything stopped within ${STOP_MS / 1_000} s`);
    process.exit(code);
  }, STOP_MS);
  await stop.finally(() => clearTimeout(timer));
}

async function runNode(context: CliContext, options: NodeCommandOptions): Promise<number> {
  if (options.trace !== undefined) makeFolder(dirname(options.trace));
  const log = pino({ level: context.io.env.MESHWORK_LOG ?? "warn" }, { write: context.io.stderr });
  const who = { agent: options.name ?? "" };
  const file = await skillsOf(context, options, log, who);
  const onUp = ({ name }: MeshworkNode): void => {
    who.agent = name;
  };
  try {
    return await runWith(context, options, { ...file, log, onUp });
  } finally {
    await file.close();
  }
}

interface AgentParts extends SkillsFile {
  readonly log: Logger;
  onUp(node: MeshworkNode): void;
}

async function runWith(context: CliContext, options: NodeCommandOptions, parts: AgentParts): Promise<number> {
  const { skills, log } = parts;
  const known = [...ownKeys(context.io.env), ...(options.own ?? [])];
  const { limits, quotas } = await limitsFrom(options.limits, known);
  const listensEverywhere = options.listen === undefined && joinsAnotherMachine(options.join ?? []);
  let fatal: Error | null = null;
  const failed = new AbortController();
  const node = await createNode({
    mesh: options.mesh,
    skills,
    embedder: embedderFrom(context.io.env),
    slots: options.slots,
    labels: options.label ?? [],
    host: options.host,
    ...{ limits, quotas, knownOwners: known },
    join: options.join ?? [],
    log,
    announce: options.announce ?? [],
    onNews: (news) => context.note(describeNews(news)),
    mdns: options.mdns ?? (listensEverywhere || (options.listen ?? []).some((text) => !isLoopback(text))),
    traceState: options.trace !== undefined,
    onFatal: (error) => {
      fatal = error;
      failed.abort();
    },
    ...(options.name === undefined ? {} : { name: options.name }),
    ...(options.listen === undefined ? {} : { listen: options.listen }),
    ...(options.data === undefined ? {} : { data: options.data }),
    ...(options.trust === undefined ? {} : { trust: options.trust }),
    ...(options.trace === undefined ? {} : { trace: options.trace }),
  });
  parts.onUp(node);
  announce(context, node, options);
  if (listensEverywhere) context.note(EVERYWHERE);
  const lonely = setTimeout(() => tellIfAlone(context, node, options), ALONE_MS);
  await new Promise<void>((resolve) => {
    if (options.tied === true) for (const end of ["close", "error"]) process.stdin.once(end, () => resolve());
    if (options.tied === true) process.stdin.resume();
    for (const signal of [context.signal, failed.signal]) {
      if (signal.aborted) resolve();
      signal.addEventListener("abort", () => resolve(), { once: true });
    }
  });
  clearTimeout(lonely);
  if (options.tied !== true && fatal === null) await tellWhatRests(context, node, options);
  const { sent } = node.stats().network;
  await stopInTime(context, fatal === null ? EXIT.ok : exitOf(fatal), Promise.all([node.stop(), parts.close()]));
  if (fatal !== null) throw fatal;
  if (context.json) say(context, { event: "stopped", name: node.name, sent });
  else context.note("stopped");
  return EXIT.ok;
}

/** Tells the operator who ends an agent which jobs depend on it. */
async function tellWhatRests(context: CliContext, node: MeshworkNode, { data }: NodeCommandOptions): Promise<void> {
  const status = await statusWithin(node, REST_MS);
  if (status === null) return;
  for (const line of leavingWords(status as unknown as NodeStatus, data !== undefined)) context.note(line);
}

/** An agent that joins an address expects to meet an agent within this time, ms. */
const ALONE_MS = 5_000;

function tellIfAlone(context: CliContext, node: MeshworkNode, options: NodeCommandOptions): void {
  if (options.join === undefined || node.peers().length > 0) return;
  context.note(`nobody of mesh "${node.mesh}" answers at ${options.join.join(", ")}; still trying`);
  context.note(`what is in the way:  ${commandLine(["doctor", options.join[0]!, ...meshWords(options.mesh)])}`);
}

const EVERYWHERE =
  "listens on every interface, because it joins another machine; --listen /ip4/127.0.0.1/tcp/0 keeps it to this one";

const say = (context: CliContext, line: NodeLine): void => context.io.stdout(`${JSON.stringify(line)}\n`);

function announce(context: CliContext, node: MeshworkNode, options: NodeCommandOptions): void {
  const addresses = node.addresses();
  if (context.json) {
    say(context, { event: "ready", agent: node.id, name: node.name, addresses });
    return;
  }
  context.print(`agent ${node.name} (${node.id}) of mesh "${node.mesh}" is up`);
  for (const listening of addresses) context.print(`  listens on ${listening}`);
  const reachable = addresses.find(isOutside) ?? addresses[0];
  if (reachable === undefined) return;
  const lead = isLoopback(reachable) ? "join it from this machine" : "join it from another machine";
  context.print(`${lead}:\n  ${commandLine(["node", ...meshWords(options.mesh), "--join", reachable])}`);
}
