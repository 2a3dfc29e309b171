/**
 * A local mesh around a piece of work: agents as processes, and in this process the owner, which submits and watches.
 * Whatever happens, everything is ended, and the traces are joined.
 */

import { randomBytes } from "node:crypto";
import { join } from "node:path";
import { MeshworkError } from "../../protocol/core/errors.ts";
import { type CliContext, interrupted } from "../cli/context.ts";
import type { RunSummary } from "../cli/summary.ts";
import { createNode, type MeshworkNode } from "../node.ts";
import { embedderFrom } from "../search/embedder.ts";
import { COMMAND } from "../version.ts";
import { type LocalAgent, type LocalAgentOptions, type LocalMesh, startLocalMesh } from "./local-mesh.ts";
import type { RunFolder } from "./run-folder.ts";
import { type StartProgress, startProgress } from "./start-progress.ts";

export interface LocalMeshRun {
  readonly context: CliContext;
  readonly folder: RunFolder;
  readonly agents: readonly LocalAgentOptions[];
  /** Agents that share a process. */
  readonly perProcess: number;
  /** More arguments of `meshwork node`. */
  readonly args: readonly string[];
  readonly startedAt: number;
}

export type OnLost = (agent: Pick<LocalAgent, "name" | "id">, how: string) => void;

export interface Running {
  readonly mesh: LocalMesh;
  readonly owner: MeshworkNode;
  /** From now on `listener` hears of each agent that ended by itself. */
  onLost(listener: OnLost): void;
  /** What all of them sent, without agents that were killed: those report nothing. Ask when the mesh has ended. */
  messages(): Promise<RunSummary["messages"]>;
}

/** All agents know each other after a round of gossip. If nobody more is met for so long, nobody will be, ms. */
const STILL_MS = 60_000;

/**
 * What is to be done once the mesh has ended: its messages are counted by then. `joinTraces` makes one trace of all
 * agents', which takes a while after a long run. Returns the exit code.
 */
export type Finish = (joinTraces: JoinTraces) => Promise<number>;
export type JoinTraces = (onHeight?: (height: number) => void) => Promise<void>;

export async function withLocalMesh(run: LocalMeshRun, work: (running: Running) => Promise<Finish>): Promise<number> {
  const { context, folder, agents, perProcess, args, startedAt } = run;
  const meshId = `local-${randomBytes(6).toString("hex")}`;
  let tellLost: OnLost = ({ name }, how) => context.note(`agent ${name} ended (${how})`);
  const onLost: OnLost = (agent, how) => tellLost(agent, how);
  // A turn later: the live view has given the terminal back by then.
  const onAbort = (): void => void setImmediate(() => context.note("stopping …"));
  context.signal.addEventListener("abort", onAbort, { once: true });
  const progress = startProgress(context, agents.length);
  progress.show(0, "agents are up");
  const mesh = await startLocalMesh({
    ...{ mesh: meshId, folder: folder.path, agents, perProcess, args, onLost, signal: context.signal },
    onUp: (count) => progress.show(count, "agents are up"),
  }).catch((error: unknown) => {
    progress.end();
    throw error;
  });
  let owner: MeshworkNode | null = null;
  let finish: Finish | null = null;
  const ownerTrace = join(folder.path, "agents", "owner.jsonl");
  let joined: Promise<void> | null = null;
  const joinTraces: JoinTraces = (onHeight) => {
    const files = [ownerTrace, ...mesh.agents.map((agent) => agent.traceFile)];
    joined ??= folder.writeTrace(files, { meshId, startedAt }, onHeight);
    return joined;
  };
  try {
    const addresses = mesh.agents.map((agent) => agent.address);
    owner = await createNode({
      mesh: meshId,
      name: "owner",
      embedder: embedderFrom(context.io.env),
      host: false,
      join: addresses,
      trace: ownerTrace,
      traceState: true,
    });
    await meet(context, owner, mesh, progress);
    progress.end();
    finish = await work({
      ...{ mesh, owner },
      onLost: (listener) => {
        tellLost = listener;
      },
      messages: () => Promise.resolve(sentBy(owner!, mesh)),
    });
  } catch (error) {
    if (context.signal.aborted) throw interrupted();
    throw error;
  } finally {
    progress.end();
    if (!context.signal.aborted)
      context.note(`stopping ${agents.length} ${agents.length === 1 ? "agent" : "agents"} …`);
    await owner?.stop();
    await mesh.stop();
    context.signal.removeEventListener("abort", onAbort);
    if (finish === null) await joinTraces();
  }
  try {
    return await finish(joinTraces);
  } finally {
    await joinTraces();
  }
}

/** Agents that were killed report nothing. */
function sentBy(owner: MeshworkNode, mesh: LocalMesh): RunSummary["messages"] {
  const reported = mesh.agents.map((agent) => agent.stats).filter((stats) => stats !== null);
  const all = [owner.stats().network.sent, ...reported];
  const sum = (pick: (stats: RunSummary["messages"]) => number): number =>
    all.reduce((total, stats) => total + pick(stats), 0);
  return {
    gossip: sum((stats) => stats.gossip),
    direct: sum((stats) => stats.direct),
    bytes: sum((stats) => stats.bytes),
  };
}

/** With this share of the agents a job starts without the others, which may still come. */
const ENOUGH_PART = 2 / 3;

/** Waits until the owner knows every agent, and each of them has met it; or enough of them, where no more come. */
async function meet(context: CliContext, owner: MeshworkNode, mesh: LocalMesh, progress: StartProgress): Promise<void> {
  let met = 0;
  let known: ReadonlySet<string> = new Set();
  const isMore = async (): Promise<boolean> => {
    if (context.signal.aborted) throw interrupted();
    const { agents } = (await owner.status()) as unknown as { readonly agents: readonly { readonly agent: string }[] };
    known = new Set(agents.map((agent) => agent.agent));
    const before = met;
    met = mesh.agents.filter((agent) => known.has(agent.id)).length;
    return met > before;
  };
  try {
    while (met < mesh.agents.length) {
      await owner.until(isMore, STILL_MS, "the agents meeting");
      progress.show(met, "agents have met");
    }
  } catch (error) {
    if (!(error instanceof MeshworkError) || error.code !== "unreachable") throw error;
    progress.end();
    const missing = mesh.agents.filter((agent) => !known.has(agent.id)).map(({ name }) => name);
    if (met >= mesh.agents.length * ENOUGH_PART) {
      context.note(`${missing.join(", ")} did not join in ${STILL_MS / 1_000} s; going on without waiting for more`);
      return;
    }
    const what = `${met} of ${mesh.agents.length} agents found each other; no more joined for ${STILL_MS / 1_000} s`;
    throw new MeshworkError("unreachable", what, `run: ${COMMAND} doctor`);
  }
}
