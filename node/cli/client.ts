/**
 * What the commands that talk to a mesh share: a node of their own that only dials, joined to the agent of `--to`.
 */

import { MeshworkError } from "../../protocol/core/errors.ts";
import type { AgentId } from "../../protocol/core/ids.ts";
import { type Identity, loadOrMakeIdentity } from "../identity.ts";
import { createNode, type MeshworkNode } from "../node.ts";
import { COMMAND } from "../version.ts";
import { type CliContext, defaultKeyFile, interrupted } from "./context.ts";
import { probe } from "./reach.ts";

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

const noAnswer = (what: string, { to }: ClientOptions): MeshworkError =>
  new MeshworkError("unreachable", what, `check the address, or run: ${COMMAND} doctor ${to}`);

/** Another mesh, another agent, or nobody at all. */
async function explainSilence(options: ClientOptions): Promise<MeshworkError> {
  const { to, mesh } = options;
  if ((await probe(to))?.state !== "open") return noAnswer(`nobody answers at ${to}`, options);
  const who = to.includes("/p2p/") ? `no agent of mesh "${mesh}" with that id` : `no agent of mesh "${mesh}"`;
  const remedy = "compare the mesh's name (--mesh) and the /p2p/ part of the address";
  return new MeshworkError("unreachable", `something listens at ${to}, but it is ${who}`, remedy);
}

/** Runs `use` with a node joined to `--to`, and stops it. Throws `unreachable` if nobody of that mesh answers there. */
export async function withClient<T>(
  context: CliContext,
  options: ClientOptions,
  use: (client: Client) => Promise<T>,
): Promise<T> {
  // libp2p would go on trying; that nothing listens there is known at once.
  if ((await probe(options.to))?.state === "refused") throw noAnswer(`nobody listens at ${options.to}`, options);
  if (context.signal.aborted) throw interrupted();
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
    await node.until(isThere, CONNECT_MS, "connecting").catch(async (error: unknown) => {
      if (context.signal.aborted) throw interrupted();
      if (!(error instanceof MeshworkError) || error.code !== "unreachable") throw error;
      throw await explainSilence(options);
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
