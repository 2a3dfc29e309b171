/**
 * One process of a local mesh with one agent or several: its start, what it reports, and its end.
 *
 * Leaves to local-mesh.ts how many start at the same time, and what the mesh is for.
 */

import { type ChildProcess, spawn } from "node:child_process";
import { createWriteStream, type WriteStream } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { z } from "zod";
import { MeshworkError } from "../../protocol/core/errors.ts";
import type { AgentId } from "../../protocol/core/ids.ts";
import { makeFolder, PRIVATE_FILE, PRIVATE_FOLDER } from "../platform/files/private-files.ts";
import { programFile } from "../platform/own-files.ts";
import { cpuMs } from "../platform/process-vitals.ts";
import { AGENT_TRACE } from "../platform/runs.ts";
import type { AgentProcessStats, LocalAgent, LocalAgentOptions, LocalMeshOptions, NodeLine } from "./local-agent.ts";

/** A starting process that takes no CPU time and prints nothing for this long has failed, ms. */
const STILL_MS = 30_000;
/** A start that takes longer has failed even if it makes progress: it takes seconds on a quiet machine, ms. */
const START_MS = 300_000;
const LOOK_MS = 100;
const STOP_MS = 5_000;

const counted = z.number();
const reportSchema = z.discriminatedUnion("event", [
  z.looseObject({ event: z.literal("ready"), agent: z.string(), name: z.string(), addresses: z.array(z.string()) }),
  z.looseObject({
    event: z.literal("stopped"),
    name: z.string(),
    sent: z.object({ gossip: counted, direct: counted, bytes: counted }),
  }),
]);

/** What an agent reports; null if something else wrote to its standard output, which is harmless. */
export function readLine(text: string): NodeLine | null {
  try {
    const parsed = reportSchema.safeParse(JSON.parse(text));
    return parsed.success ? (parsed.data as NodeLine) : null;
  } catch {
    return null;
  }
}

class Agent implements LocalAgent {
  readonly name: string;
  readonly lies: boolean;
  readonly traceFile: string;
  readonly process: AgentProcess;
  id = "" as AgentId;
  address = "";
  stats: AgentProcessStats | null = null;
  isUp = false;

  constructor(process: AgentProcess, folder: string, { name, lies }: LocalAgentOptions) {
    this.process = process;
    this.name = name;
    this.lies = lies;
    this.traceFile = join(folder, AGENT_TRACE);
  }

  get pid(): number {
    return this.process.pid;
  }

  get isAlone(): boolean {
    return this.process.agents.length === 1;
  }
}

export class AgentProcess {
  readonly agents: readonly Agent[];
  readonly ended: Promise<string>;
  readonly #child: ChildProcess;
  readonly #log: WriteStream;
  readonly #logFile: string;
  readonly #onUp: () => void;
  #lastLine = "";
  #heardMs = performance.now();
  isExpectedToEnd = false;

  /** `onUp` is called for each of its agents. */
  constructor(
    options: LocalMeshOptions,
    agents: readonly LocalAgentOptions[],
    address: string | null,
    onUp: () => void,
  ) {
    const folders = agents.map((agent) => join(options.folder, "agents", agent.name));
    for (const folder of folders) makeFolder(folder, PRIVATE_FOLDER);
    this.agents = agents.map((agent, i) => new Agent(this, folders[i]!, agent));
    this.#onUp = onUp;
    const argv = this.agents.flatMap((agent, i) => [
      ...(i === 0 ? [] : ["---"]),
      ...["node", "--json", "--tied", "--mesh", options.mesh, "--name", agent.name],
      ...["--data", folders[i]!, "--trace", agent.traceFile],
      ...(agent.lies ? ["--lie"] : []),
      ...(address === null ? [] : ["--join", address]),
      ...options.args,
      ...(agents[i]!.args ?? []),
    ]);
    // It has its own process group, so Ctrl-C reaches only this process, which then ends the agents in order. Standard
    // input ties the agents to this process: they end when it does, for whatever reason.
    this.#child = spawn(process.execPath, [programFile("agent-main"), ...argv], {
      stdio: ["pipe", "pipe", "pipe"],
      detached: true,
    });
    this.#logFile = join(folders[0]!, "log.txt");
    this.#log = createWriteStream(this.#logFile, { mode: PRIVATE_FILE });
    // A log that cannot be written, as on a full disk, is no reason to end a run.
    this.#log.on("error", () => {});
    this.#child.stdin!.on("error", () => {});
    this.#child.stderr!.on("data", (chunk: Buffer) => this.#onLog(chunk.toString()));
    createInterface({ input: this.#child.stdout! }).on("line", (text) => this.#onLine(text));
    this.#child.once("close", () => this.#log.end());
    this.ended = new Promise((resolve) => {
      this.#child.once("error", (error) => resolve(error.message));
      this.#child.once("exit", (code, signal) => resolve(signal ?? `exit code ${code}`));
    });
  }

  get pid(): number {
    return this.#child.pid ?? -1;
  }

  #onLog(text: string): void {
    this.#log.write(text);
    this.#lastLine = text.trimEnd().split("\n").at(-1) || this.#lastLine;
    this.#heardMs = performance.now();
  }

  #onLine(text: string): void {
    const line = readLine(text);
    const agent = this.agents.find(({ name }) => name === line?.name);
    if (line === null || agent === undefined) {
      this.#onLog(`${text}\n`);
      return;
    }
    this.#heardMs = performance.now();
    if (line.event === "stopped") {
      agent.stats = line.sent;
      return;
    }
    agent.id = line.agent;
    agent.address = line.addresses[0] ?? "";
    agent.isUp = true;
    this.#onUp();
  }

  /** Resolves when all its agents are up; rejects with `unreachable` when the process ends or makes no progress. */
  async ready(): Promise<void> {
    const startedMs = performance.now();
    let cpu = 0;
    let end: string | null = null;
    void this.ended.then((how) => {
      end = how;
    });
    while (this.agents.some(({ isUp }) => !isUp)) {
      if (end !== null) throw this.#refusal(end);
      const now = performance.now();
      const taken = cpuMs(this.pid) ?? 0;
      if (taken > cpu) this.#heardMs = now;
      cpu = taken;
      if (now - this.#heardMs > STILL_MS) throw this.#refusal(`no progress for ${STILL_MS / 1_000} s`);
      if (now - startedMs > START_MS) throw this.#refusal(`not up after ${START_MS / 1_000} s`);
      await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
    }
  }

  #refusal(how: string): MeshworkError {
    const missing = this.agents.filter(({ isUp }) => !isUp).map(({ name }) => name);
    const said = this.#lastLine === "" ? "it said nothing" : `it said last: ${this.#lastLine}`;
    const who = missing.length === 1 ? `agent ${missing[0]}` : `agents ${missing.join(", ")}`;
    return new MeshworkError("unreachable", `${who} did not start (${how}); ${said}`, `see ${this.#logFile}`);
  }

  signal(name: NodeJS.Signals): void {
    if (this.#child.exitCode === null && this.#child.signalCode === null) this.#child.kill(name);
  }

  async end(): Promise<void> {
    this.isExpectedToEnd = true;
    this.signal("SIGCONT");
    this.signal("SIGTERM");
    const timer = setTimeout(() => this.signal("SIGKILL"), STOP_MS);
    await this.ended;
    clearTimeout(timer);
  }
}
