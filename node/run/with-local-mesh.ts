/**
 * A local mesh around a piece of work: agents as processes, and in this process the owner, which submits and watches.
 * Whatever happens, everything is ended, and the traces are joined.
 */

import { randomBytes } from "node:crypto";
import { join } from "node:path";
import { MeshworkError } from "../../protocol/core/errors.ts";
import { makeIdentity } from "../network/identity.ts";
import { createNode, type MeshworkNode } from "../node.ts";
import { OWNER_TRACE } from "../platform/runs.ts";
import { interrupted } from "../platform/terminal/context.ts";
import { type ProgressLine, progressLine } from "../platform/terminal/progress-line.ts";
import { counted } from "../platform/terminal/terminal-text.ts";
import { embedderFrom } from "../search/choose-embedder.ts";
import type { AgentProcessStats, LocalAgent, LocalAgentOptions } from "./local-agent.ts";
import { type LocalMesh, startLocalMesh } from "./local-mesh.ts";
import type { RunFolder } from "./run-folder.ts";
import type { RunContext } from "./run-page.ts";
import type { RunSummary } from "./summary.ts";

interface LocalMeshRun {
  readonly context: RunContext;
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

/** All agents know each other after a round of gossip. If an agent met nobody new for this long, it never will, ms. */
const STILL_MS = 60_000;

/** Makes one trace of all agents', which takes a while after a long run; only once. */
export type JoinTraces = (onHeight?: (height: number) => void) => Promise<void>;

/** What is left of a piece of work once its mesh has ended: by then, the messages of all agents are counted. */
interface Finish {
  /** What came out, in a few words: said while the agents stop. */
  readonly words: string;
  /** Resolves with the exit code. */
  finish(joinTraces: JoinTraces): Promise<number>;
}

/** Resolves with the exit code. */
export async function withLocalMesh(run: LocalMeshRun, work: (running: Running) => Promise<Finish>): Promise<number> {
  const { context, folder, agents, perProcess, args, startedAt } = run;
  const identity = makeIdentity();
  const meshId = `local-${randomBytes(6).toString("hex")}`;
  let tellLost: OnLost = ({ name }, how) => context.note(`agent ${name} ended (${how})`);
  const onLost: OnLost = (agent, how) => tellLost(agent, how);
  // A turn later: the live view has given the terminal back by then.
  const onAbort = (): void => void setImmediate(() => context.note("stopping …"));
  context.signal.addEventListener("abort", onAbort, { once: true });
  const progress = progressLine(context);
  const onUp = (count: number): void => progress.show(`${count} of ${counted(agents.length, "agent")} up`);
  onUp(0);
  const mesh = await startLocalMesh({
    ...{ mesh: meshId, folder: folder.path, agents, perProcess, onLost, signal: context.signal },
    // All of it is for this owner.
    args: [...args, "--own", identity.agent],
    onUp,
  }).catch((error: unknown) => {
    progress.end();
    throw error;
  });
  let owner: MeshworkNode | null = null;
  let left: Finish | null = null;
  const ownerTrace = join(folder.path, "agents", OWNER_TRACE);
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
      identity,
      name: "owner",
      embedder: embedderFrom(context.io.env),
      host: false,
      join: addresses,
      trace: ownerTrace,
      traceState: true,
    });
    await meet(context, owner, mesh, progress);
    progress.end();
    left = await work({
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
    await stopAll(run, { owner, mesh, words: left?.words ?? "" });
    context.signal.removeEventListener("abort", onAbort);
    if (left === null) await joinTraces();
  }
  const code = await left.finish(joinTraces);
  // The result is written: a trace that cannot be is not worth its exit code.
  await joinTraces().catch((error: unknown) => context.note(`meshwork: the traces were not joined: ${String(error)}`));
  return code;
}

/** What all of them sent; agents that were killed report nothing. */
function sentBy(owner: MeshworkNode, mesh: LocalMesh): RunSummary["messages"] {
  const told = mesh.agents.map((agent) => agent.stats).filter((stats) => stats !== null);
  const all = [owner.stats().network.sent, ...told];
  const sum = (pick: (stats: AgentProcessStats) => number): number =>
    all.reduce((total, stats) => total + pick(stats), 0);
  return {
    gossip: sum((stats) => stats.gossip),
    direct: sum((stats) => stats.direct),
    bytes: sum((stats) => stats.bytes),
    by: `${sendersOf(told.length, mesh.agents.length)} and this command`,
  };
}

function sendersOf(told: number, all: number): string {
  if (told < all) return `${told} of ${counted(all, "agent")}`;
  return all === 1 ? "its agent" : `all ${all} agents`;
}

/** Says what came out, and how far the agents are with their end. */
async function stopAll(
  { context, agents }: LocalMeshRun,
  { owner, mesh, words }: { readonly owner: MeshworkNode | null; readonly mesh: LocalMesh; readonly words: string },
): Promise<void> {
  const known = words === "" ? "" : `${words}; `;
  const text = `${known}stopping ${counted(agents.length, "agent")} …`;
  const progress = progressLine(context);
  const isLive = context.io.terminal?.isTTY === true;
  if (!context.signal.aborted && !isLive) context.note(text);
  if (!context.signal.aborted) progress.show(text);
  await owner?.stop();
  await mesh.stop((ended) => progress.show(`${known}${ended} of ${counted(agents.length, "agent")} stopped`));
  progress.end();
}

/** With this share of the agents a job starts without the others, which may still come. */
const ENOUGH_PART = 2 / 3;

/** Waits until the owner knows every agent, and each of them has met it; or enough of them, where no more come. */
async function meet(context: RunContext, owner: MeshworkNode, mesh: LocalMesh, progress: ProgressLine): Promise<void> {
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
      progress.show(`${met} of ${counted(mesh.agents.length, "agent")} met`);
    }
  } catch (error) {
    if (!(error instanceof MeshworkError) || error.code !== "unreachable") throw error;
    progress.end();
    const missing = mesh.agents.filter((agent) => !known.has(agent.id)).map(({ name }) => name);
    if (met >= mesh.agents.length * ENOUGH_PART) {
      context.note(`${missing.join(", ")} did not join in ${STILL_MS / 1_000} s; continuing without them`);
      return;
    }
    const what = `${met} of ${mesh.agents.length} agents found each other; no more joined for ${STILL_MS / 1_000} s`;
    throw new MeshworkError("unreachable", what, "run: meshwork doctor");
  }
}
