/** How a node begins to listen, and what the operator is told where it cannot. */

import { multiaddr } from "@multiformats/multiaddr";
import type { Logger } from "pino";
import { MeshworkError } from "../../protocol/core/errors.ts";
import type { Listeners, MeshNode } from "./libp2p-node.ts";
import { DEFAULT_PORT, type Listen } from "./own-addresses.ts";

/** Starts libp2p, which listens on the addresses that it was made with. Rejects with `usage` where it cannot. */
export async function startListening(node: MeshNode, listen: Listen, log: Logger): Promise<void> {
  try {
    await node.start();
    if (listen !== "every-interface") return;
    const { listeners } = node.services;
    await listenOnAny(listeners, "/ip4/0.0.0.0/tcp");
    // Many machines have no IPv6.
    await listenOnAny(listeners, "/ip6/::/tcp").catch((error: unknown) => log.debug({ err: error }, "no IPv6"));
  } catch (error) {
    const where = listen === "every-interface" ? "any interface" : listen.join(", ");
    throw new MeshworkError("usage", `cannot listen on ${where}: ${explain(error)}`, "choose another");
  }
}

/** On the port that firewalls are opened for, or, if another agent of this machine has it, on a free one. */
const listenOnAny = (listeners: Listeners, base: string): Promise<void> =>
  listeners.listen([multiaddr(`${base}/${DEFAULT_PORT}`)]).catch(() => listeners.listen([multiaddr(`${base}/0`)]));

/** Of libp2p's long account with its advice to programmers, what the system said of the addresses. */
function explain(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  const refusals = [...message.matchAll(/\blisten (E[A-Z]+): ([^\n]*?)(?= at |$)/gm)].map(([, , text]) => text!.trim());
  return refusals.length === 0 ? message : [...new Set(refusals)].join("; ");
}
