/**
 * A mesh on this machine: it starts, pauses, kills and ends agents as processes of the command line's own `node` command.
 * Everything binds to 127.0.0.1.
 *
 * As many processes start at the same time as there are cores: a start takes mostly CPU time, so starting more at once
 * would only delay each of them.
 *
 * Leaves to agent-process.ts one process, and to the caller what the mesh is for.
 */

import { availableParallelism } from "node:os";
import { MeshworkError } from "../../protocol/core/errors.ts";
import { AgentProcess } from "./agent-process.ts";
import type { LocalAgent, LocalAgentOptions, LocalMeshOptions } from "./local-agent.ts";

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
  const launch = (launched: readonly LocalAgentOptions[]): Promise<void> => {
    if (options.signal.aborted) throw new MeshworkError("interrupted", "interrupted");
    const joined = processes[0]?.agents[0]?.address ?? null;
    const started = new AgentProcess(options, launched, joined, () => options.onUp(++up));
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
