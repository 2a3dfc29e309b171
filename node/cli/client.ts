/**
 * What the commands that talk to a mesh share: a node of their own that only dials, joined to the agent of `--to`.
 */

import { MeshworkError } from "../../protocol/core/errors.ts";
import type { AgentId, JobId } from "../../protocol/core/ids.ts";
import { type Identity, loadOrMakeIdentity } from "../identity.ts";
import { createNode, type MeshworkNode } from "../node.ts";
import { COMMAND } from "../version.ts";
import { type CliContext, defaultKeyFile, interrupted } from "./context.ts";

const CONNECT_MS = 10_000;
/** Whoever waits longer than this wants to know for what, ms. */
const PATIENCE_MS = 2_000;

export interface Client {
  readonly node: MeshworkNode;
  /** The agent of `--to`. */
  readonly target: AgentId;
}

export interface ClientOptions {
  readonly to: string;
  readonly mesh: string;
  /** The owner's key; without one a new identity for this command. */
  readonly identity?: Identity;
}

/** The key of `--key`, or the user's own, made on first use. */
export function ownerIdentity(context: CliContext, keyFile: string | undefined): Identity {
  return loadOrMakeIdentity(keyFile ?? defaultKeyFile(context.io.env));
}

/** Runs `use` with a node joined to `--to`, and stops it. Throws `unreachable` if nobody of that mesh answers there. */
export async function withClient<T>(
  context: CliContext,
  options: ClientOptions,
  use: (client: Client) => Promise<T>,
): Promise<T> {
  const node = await createNode({
    mesh: options.mesh,
    name: "client",
    host: false,
    listen: [],
    join: [options.to],
    local: options.to.startsWith("/ip4/127."),
    ...(options.identity === undefined ? {} : { identity: options.identity }),
  });
  const onAbort = (): void => void node.stop();
  context.signal.addEventListener("abort", onAbort);
  const told = setTimeout(() => context.note(`connecting to ${options.to} …`), PATIENCE_MS);
  try {
    const named = /\/p2p\/([^/]+)$/.exec(options.to)?.[1] as AgentId | undefined;
    const isThere = (): boolean => (named === undefined ? node.peers().length > 0 : node.peers().includes(named));
    await node.until(isThere, CONNECT_MS, "connecting").catch((error: unknown) => {
      if (context.signal.aborted) throw interrupted();
      if (!(error instanceof MeshworkError) || error.code !== "unreachable") throw error;
      const remedy = `check the address and --mesh, or run: ${COMMAND} doctor ${options.to}`;
      throw new MeshworkError("unreachable", `no agent of mesh "${options.mesh}" answers at ${options.to}`, remedy);
    });
    clearTimeout(told);
    return await use({ node, target: named ?? node.peers()[0]! });
  } catch (error) {
    if (context.signal.aborted) throw interrupted();
    throw error;
  } finally {
    clearTimeout(told);
    context.signal.removeEventListener("abort", onAbort);
    await node.stop();
  }
}

/** A mesh's new acquaintance learns of the other agents within about this time, ms. */
const SETTLE_MS = 3_000;

/** The agent that keeps a job: the one of `--to`, or another that it knows. Throws `refused` if nobody does. */
export async function keeperOf({ node, target }: Client, job: JobId): Promise<AgentId> {
  let keeper: AgentId | null = null;
  const search = async (): Promise<boolean> => {
    keeper = await node.keeperOf(job, target);
    return keeper !== null;
  };
  await node.until(search, SETTLE_MS, "looking for the job").catch((error: unknown) => {
    if (!(error instanceof MeshworkError) || error.code !== "unreachable") throw error;
    throw new MeshworkError("refused", `no agent of this mesh keeps job ${job}`, "check the id and --mesh");
  });
  return keeper!;
}
