/**
 * Clients: connections that act for an owner without being an agent of the mesh. This agent as a client introduces
 * itself; as an agent it remembers for whom each connection speaks.
 *
 * Leaves to the parts of an agent what an owner may do: submit, cancel, follow.
 * Source: protocol.md 2 (clients).
 */

import { type Crypto, type Signer, statementMessage } from "../core/crypto.ts";
import type { AgentId, MeshId } from "../core/ids.ts";
import { limits } from "../core/limits.ts";
import { type Delegation, delegationHash } from "../wire/delegation.ts";
import { ACCEPT, ignore, reject, type Verdict } from "../wire/verdict.ts";

/** How long a delegation may be taken up, ms: clocks of owner and agents may differ by hours. */
export const DELEGATION_MS = 24 * 3_600_000;

/** What a client says first on each connection. */
export function delegate(
  crypto: Crypto,
  owner: Signer,
  content: { readonly mesh: MeshId; readonly connectionKey: AgentId; readonly wallMs: number },
): Delegation {
  const { mesh, connectionKey, wallMs } = content;
  const notAfterMs = Math.max(0, Math.floor(wallMs)) + DELEGATION_MS;
  const unsigned = { mesh, owner: owner.agent, connectionKey, role: "client", notAfterMs } as const;
  const message = statementMessage(mesh, "delegation", delegationHash(crypto.hash, unsigned));
  return { ...unsigned, signature: owner.sign(message) };
}

/** For whom the connections of this agent speak. */
export class Clients {
  readonly #crypto: Crypto;
  readonly #mesh: MeshId;
  /** By connection key; the oldest first. */
  readonly #owners = new Map<AgentId, AgentId>();

  constructor(crypto: Crypto, mesh: MeshId) {
    this.#crypto = crypto;
    this.#mesh = mesh;
  }

  get size(): number {
    return this.#owners.size;
  }

  onDelegation(from: AgentId, wallMs: number, delegation: Delegation): Verdict {
    const { mesh, owner, connectionKey, notAfterMs, signature } = delegation;
    if (mesh !== this.#mesh || connectionKey !== from) return reject("foreign-delegation");
    if (wallMs > notAfterMs) return ignore("delegation-expired");
    const message = statementMessage(mesh, "delegation", delegationHash(this.#crypto.hash, delegation));
    if (!this.#crypto.verify(owner, message, signature)) return reject("bad-signature");
    if (this.#owners.size >= limits.clients) this.#owners.delete(this.#owners.keys().next().value!);
    this.#owners.delete(from);
    this.#owners.set(from, owner);
    return ACCEPT;
  }

  onDisconnected(connection: AgentId): void {
    this.#owners.delete(connection);
  }

  /** The owner for which a connection speaks; of one that was not delegated, itself. */
  principalOf(connection: AgentId): AgentId {
    return this.#owners.get(connection) ?? connection;
  }
}
