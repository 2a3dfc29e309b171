/**
 * A mesh on this machine: it starts, pauses, kills and ends agents as processes of the command line's own `node` command.
 * Everything binds to 127.0.0.1.
 *
 * As many processes start at the same time as there are cores: a start takes little but CPU time, so more at once would
 * only delay each of them.
 *
 * Leaves to agent-process.ts one process, and to the caller what the mesh is for.
 */

import { availableParallelism } from "node:os";
import { MeshworkError } from "../../protocol/core/errors.ts";
import type { AgentId } from "../../protocol/core/ids.ts";
import { AgentProcess } from "./agent-process.ts";

export interface LocalAgentOptions {
  readonly name: string;
  /** Wrong outputs for every task: a simulated liar. */
  readonly lies: boolean;
  /** A process of its own, whatever `perProcess` says. */
  readonly isAlone?: boolean;
}

export interface LocalMeshOptions {
  readonly mesh: string;
  /** Gets a folder `agents/<name>` for each agent: key, log, blobs, trace. Agents of one process have one log. */
  readonly folder: string;
  readonly agents: readonly LocalAgentOptions[];
  /** Agents that share a process. */
  readonly perProcess: number;
  /** More arguments of `meshwork node` for each agent. */
  readonly args: readonly string[];
  /** Called with how many agents are up. */
  readonly onUp: (count: number) => void;
  /** An agent ended by itself. */
  readonly onLost: (agent: LocalAgent, how: string) => void;
  readonly signal: AbortSignal;
}

export interface LocalAgent {
  readonly name: string;
  readonly lies: boolean;
  readonly id: AgentId;
  readonly address: string;
  readonly pid: number;
  /** Whether it is the only agent in its process, so that it can be paused and killed on its own. */
  readonly isAlone: boolean;
  readonly traceFile: string;
  /** What it counted; null unless it ended in good order. */
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
  | { readonly event: "stopped"; readonly name: string; readonly sent: AgentProcessStats };

export interface LocalMesh {
  readonly agents: readonly LocalAgent[];
  /** SIGSTOP and SIGCONT to its process. */
  pause(name: string): void;
  resume(name: string): void;
  /** SIGKILL to its process: it is gone at once, and what it had not written is lost. */
  kill(name: string): Promise<void>;
  /** Ends all agents in good order, and those that do not end by force. Never rejects. `onEnded`: how many have ended. */
  stop(onEnded?: (count: number) => void): Promise<void>;
}

/** Agents by process: those that stand alone, and the others in groups. */
function grouped({ agents, perProcess }: LocalMeshOptions): (readonly LocalAgentOptions[])[] {
  const together = agents.filter(({ isAlone }) => isAlone !== true);
  const groups = agents.filter(({ isAlone }) => isAlone === true).map((agent) => [agent]);
  for (let i = 0; i < together.length; i += perProcess) groups.push(together.slice(i, i + perProcess));
  return groups;
}

/** Starts the agents: one process first, the others join it. Rejects with `unreachable` if one does not come up. */
export async function startLocalMesh(options: LocalMeshOptions): Promise<LocalMesh> {
  const processes: AgentProcess[] = [];
  let up = 0;
  const stop = async (onEnded: (count: number) => void = () => {}): Promise<void> => {
    let ended = 0;
    const endOne = async (started: AgentProcess): Promise<void> => {
      await started.end();
      ended += started.agents.length;
      onEnded(ended);
    };
    await Promise.all(processes.map(endOne));
  };
  const launch = (agents: readonly LocalAgentOptions[]): Promise<void> => {
    if (options.signal.aborted) throw new MeshworkError("interrupted", "interrupted");
    const joined = processes[0]?.agents[0]?.address ?? null;
    const started = new AgentProcess(options, agents, joined, () => options.onUp(++up));
    processes.push(started);
    void started.ended.then((how) => {
      if (!started.isExpectedToEnd) for (const agent of started.agents) options.onLost(agent, how);
    });
    return started.ready();
  };
  const onExit = (): void => {
    for (const started of processes) started.signal("SIGKILL"); // whatever ends this process takes its agents along
  };
  process.on("exit", onExit);
  const onAbort = new Promise<never>((_, reject) => {
    const abort = (): void => reject(new MeshworkError("interrupted", "interrupted"));
    options.signal.addEventListener("abort", abort, { once: true });
  });
  onAbort.catch(() => undefined);
  const [first, ...groups] = grouped(options);
  try {
    await Promise.race([launch(first!), onAbort]);
    const startAll = async (): Promise<void> => {
      for (let group = groups.shift(); group !== undefined; group = groups.shift()) await launch(group);
    };
    const starting = Array.from({ length: availableParallelism() }, startAll);
    await Promise.race([Promise.all(starting), onAbort]);
    if (options.signal.aborted) throw new MeshworkError("interrupted", "interrupted");
  } catch (error) {
    groups.length = 0; // no more of them
    await stop();
    process.off("exit", onExit);
    throw error;
  }
  const agents = processes.flatMap((started) => started.agents);
  const find = (name: string): AgentProcess => agents.find((agent) => agent.name === name)!.process;
  return {
    agents,
    pause: (name) => find(name).signal("SIGSTOP"),
    resume: (name) => find(name).signal("SIGCONT"),
    async kill(name) {
      const killed = find(name);
      killed.isExpectedToEnd = true;
      killed.signal("SIGKILL");
      await killed.ended;
    },
    async stop(onEnded) {
      await stop(onEnded);
      process.off("exit", onExit);
    },
  };
}
