/** How a node begins to listen, and what it tells the operator when it cannot. */

import { multiaddr } from "@multiformats/multiaddr";
import type { Logger } from "pino";
import { MeshworkError } from "../../protocol/core/errors.ts";
import type { Listeners, MeshNode } from "./libp2p-node.ts";
import { DEFAULT_PORT, type Listen } from "./own-addresses.ts";

/** Starts libp2p, which listens on the addresses that it was created with. Rejects with `usage` if it cannot listen. */
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
    throw new MeshworkError(
      "usage",
      `cannot listen on ${where}: ${explain(error)}`,
      "choose another address with --listen",
    );
  }
}

/** Listens on the port that firewalls are opened for, or on a free one if another agent of this machine has it. */
const listenOnAny = (listeners: Listeners, base: string): Promise<void> =>
  listeners.listen([multiaddr(`${base}/${DEFAULT_PORT}`)]).catch(() => listeners.listen([multiaddr(`${base}/0`)]));

/** Picks what the system said about the addresses out of libp2p's long message, which advises programmers. */
function explain(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  const refusals = [...message.matchAll(/\blisten (E[A-Z]+): ([^\n]*?)(?= at |$)/gm)].map(([, , text]) => text!.trim());
  return refusals.length === 0 ? message : [...new Set(refusals)].join("; ");
}
