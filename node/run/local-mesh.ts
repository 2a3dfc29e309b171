/**
 * A mesh on this machine: agents as processes of the command line's own `node` command, and how they are watched,
 * paused, killed and ended. Everything binds to 127.0.0.1.
 *
 * Leaves to the caller what the mesh is for.
 */

import { type ChildProcess, spawn } from "node:child_process";
import { createWriteStream, type WriteStream } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { z } from "zod";
import { MeshworkError } from "../../protocol/core/errors.ts";
import type { AgentId } from "../../protocol/core/ids.ts";
import { programFile } from "../own-files.ts";
import { makeFolder } from "../store/files.ts";

export interface LocalAgentOptions {
  readonly name: string;
  /** Wrong outputs for every task: a simulated liar. */
  readonly lies: boolean;
}

export interface LocalMeshOptions {
  readonly mesh: string;
  /** Gets a folder `agents/<name>` for each agent: key, log, blobs, trace. */
  readonly folder: string;
  readonly agents: readonly LocalAgentOptions[];
  /** More arguments of `meshwork node` for each agent. */
  readonly args: readonly string[];
  /** An agent ended that nobody ended. */
  readonly onLost: (agent: LocalAgent, how: string) => void;
  readonly signal: AbortSignal;
}

export interface LocalAgent {
  readonly name: string;
  readonly lies: boolean;
  readonly id: AgentId;
  readonly address: string;
  readonly pid: number;
  readonly traceFile: string;
  /** What it counted, told when it ended in good order. */
  readonly stats: AgentProcessStats | null;
}

/** Sent by this agent; bytes of both kinds. */
export interface AgentProcessStats {
  readonly gossip: number;
  readonly direct: number;
  readonly bytes: number;
}

/** The lines that `meshwork node --json` prints. */
export type NodeLine =
  | { readonly event: "ready"; readonly agent: AgentId; readonly name: string; readonly addresses: readonly string[] }
  | { readonly event: "stopped"; readonly sent: AgentProcessStats };

const counted = z.number();
const reportSchema = z.discriminatedUnion("event", [
  z.looseObject({ event: z.literal("ready"), agent: z.string(), name: z.string(), addresses: z.array(z.string()) }),
  z.looseObject({ event: z.literal("stopped"), sent: z.object({ gossip: counted, direct: counted, bytes: counted }) }),
]);

/** What an agent reports; null: something else wrote to its standard output, which ends nothing. */
export function readLine(text: string): NodeLine | null {
  try {
    const parsed = reportSchema.safeParse(JSON.parse(text));
    return parsed.success ? (parsed.data as NodeLine) : null;
  } catch {
    return null;
  }
}

export interface LocalMesh {
  readonly agents: readonly LocalAgent[];
  /** SIGSTOP and SIGCONT. */
  pause(name: string): void;
  resume(name: string): void;
  /** SIGKILL: it is gone at once, with what it had not written. */
  kill(name: string): Promise<void>;
  /** Ends all agents in good order, and those that do not end by force. Never rejects. */
  stop(): Promise<void>;
}

/** An agent that is not up by then is not coming, ms: a cold start under load takes a few seconds. */
const READY_MS = 30_000;
const STOP_MS = 5_000;

class AgentProcess implements LocalAgent {
  readonly name: string;
  readonly lies: boolean;
  readonly traceFile: string;
  readonly process: ChildProcess;
  readonly #log: WriteStream;
  readonly ended: Promise<string>;
  id = "" as AgentId;
  address = "";
  stats: AgentProcessStats | null = null;
  isExpectedToEnd = false;

  constructor(options: LocalMeshOptions, agent: LocalAgentOptions, joinAddress: string | null) {
    this.name = agent.name;
    this.lies = agent.lies;
    const data = join(options.folder, "agents", agent.name);
    makeFolder(data);
    this.traceFile = join(data, "trace.jsonl");
    const args = [
      "node",
      "--json",
      "--mesh",
      options.mesh,
      "--name",
      agent.name,
      "--data",
      data,
      "--trace",
      this.traceFile,
    ];
    if (agent.lies) args.push("--lie");
    if (joinAddress !== null) args.push("--join", joinAddress);
    // Its own process group: Ctrl-C reaches this process only, which then ends the agents in order.
    this.process = spawn(process.execPath, [programFile("agent-main"), ...args, ...options.args], {
      stdio: ["ignore", "pipe", "pipe"],
      detached: true,
    });
    this.#log = createWriteStream(join(data, "log.txt"));
    // A log that cannot be written, on a full disk, is not worth a run.
    this.#log.on("error", () => {});
    this.process.stderr?.on("data", (chunk: Buffer) => this.#log.write(chunk));
    this.process.once("close", () => this.#log.end());
    this.ended = new Promise((resolve) => {
      this.process.once("error", (error) => resolve(error.message));
      this.process.once("exit", (code, signal) => resolve(signal ?? `exit code ${code}`));
    });
  }

  get pid(): number {
    return this.process.pid ?? -1;
  }

  /** Resolves when it says that it is up. */
  ready(): Promise<void> {
    return new Promise((resolve, reject) => {
      const refuse = (how: string): void => {
        const log = join(this.traceFile, "..", "log.txt");
        reject(new MeshworkError("unreachable", `agent ${this.name} did not start (${how})`, `see ${log}`));
      };
      const timer = setTimeout(() => refuse(`not within ${READY_MS / 1_000} s`), READY_MS);
      void this.ended.then((how) => {
        clearTimeout(timer);
        refuse(how);
      });
      createInterface({ input: this.process.stdout! }).on("line", (text) => {
        const line = readLine(text);
        if (line === null) this.#log.write(`${text}\n`);
        else if (line.event === "stopped") this.stats = line.sent;
        else {
          clearTimeout(timer);
          this.id = line.agent;
          this.address = line.addresses[0] ?? "";
          resolve();
        }
      });
    });
  }

  signal(name: NodeJS.Signals): void {
    if (this.process.exitCode === null && this.process.signalCode === null) this.process.kill(name);
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

/** Starts the agents: one first, the others join it. Rejects with `unreachable` if one does not come up. */
export async function startLocalMesh(options: LocalMeshOptions): Promise<LocalMesh> {
  const agents: AgentProcess[] = [];
  const stop = async (): Promise<void> => {
    await Promise.all(agents.map((agent) => agent.end()));
  };
  const launch = (agent: LocalAgentOptions, address: string | null): Promise<void> => {
    const started = new AgentProcess(options, agent, address);
    agents.push(started);
    void started.ended.then((how) => {
      if (!started.isExpectedToEnd) options.onLost(started, how);
    });
    return started.ready();
  };
  const onExit = (): void => {
    for (const agent of agents) agent.signal("SIGKILL"); // whatever ends this process takes its agents along
  };
  process.on("exit", onExit);
  try {
    const [first, ...others] = options.agents;
    await launch(first!, null);
    await Promise.all(others.map((agent) => launch(agent, agents[0]!.address)));
    if (options.signal.aborted) throw new MeshworkError("interrupted", "interrupted");
  } catch (error) {
    await stop();
    throw error;
  }
  const find = (name: string): AgentProcess => agents.find((agent) => agent.name === name)!;
  return {
    agents,
    pause: (name) => find(name).signal("SIGSTOP"),
    resume: (name) => find(name).signal("SIGCONT"),
    async kill(name) {
      const agent = find(name);
      agent.isExpectedToEnd = true;
      agent.signal("SIGKILL");
      await agent.ended;
    },
    async stop() {
      await stop();
      process.off("exit", onExit);
    },
  };
}
