/**
 * Clients: connections that act for an owner without being an agent of the mesh. As a client, this agent names the
 * owner in each message whose receiver must know it. As an agent, it remembers which owner each connection key speaks for.
 *
 * Nothing depends on the state of a connection, which its two ends see differently: whatever an agent forgot, for example in
 * a restart, the client repeats before it matters.
 *
 * Leaves to the parts of an agent what an owner may do: submit and follow.
 * Source: protocol.md 2 (clients).
 */

import { type Crypto, type Signer, statementMessage } from "../core/crypto.ts";
import type { AgentId, MeshId } from "../core/ids.ts";
import { limits } from "../core/limits.ts";
import type { Now } from "../core/now.ts";
import { TokenBuckets } from "../core/token-buckets.ts";
import { type Delegation, delegationHash } from "../wire/delegation.ts";
import type { Message } from "../wire/message.ts";
import { ACCEPT, ignore, reject, type Verdict } from "../wire/verdict.ts";

/** How long a delegation is valid, ms: clocks of owner and agents may differ by hours. */
const DELEGATION_MS = 24 * 3_600_000;

/** Delegations of one connection, each of which takes a signature check: one comes with each message that needs it. */
const RATE = { perSecond: 50, burst: 512, keys: limits.clients };

/** Whether the receiver of the message must know for which owner the sender speaks. */
export const isForOwner = ({ kind }: Message): boolean =>
  kind === "probe" || kind === "invite" || kind === "start" || kind === "follow";

/** The delegation that a client sends before those messages. */
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

interface Spoken {
  readonly owner: AgentId;
  readonly notAfterMs: number;
}

/** Which owners the connections of this agent speak for. */
export class Clients {
  readonly #crypto: Crypto;
  readonly #mesh: MeshId;
  /** By connection key; the one that said it longest ago comes first. */
  readonly #owners = new Map<AgentId, Spoken>();
  readonly #rates = new TokenBuckets(RATE);

  constructor(crypto: Crypto, mesh: MeshId) {
    this.#crypto = crypto;
    this.#mesh = mesh;
  }

  onDelegation(from: AgentId, { monoMs, wallMs }: Now, delegation: Delegation): Verdict {
    const { mesh, owner, connectionKey, notAfterMs, signature } = delegation;
    if (mesh !== this.#mesh || connectionKey !== from) return reject("foreign-delegation");
    if (wallMs > notAfterMs) return ignore("delegation-expired");
    if (!this.#rates.take(from, monoMs)) return ignore("too-many");
    const message = statementMessage(mesh, "delegation", delegationHash(this.#crypto.hash, delegation));
    if (!this.#crypto.verify(owner, message, signature)) return reject("bad-signature");
    this.#owners.delete(from); // it goes to the end
    if (this.#owners.size >= limits.clients) this.#owners.delete(this.#owners.keys().next().value!);
    this.#owners.set(from, { owner, notAfterMs });
    return ACCEPT;
  }

  /** The owner for which a connection speaks; of one that was not delegated, itself. */
  principalOf(connection: AgentId, wallMs: number): AgentId {
    const spoken = this.#owners.get(connection);
    return spoken === undefined || wallMs > spoken.notAfterMs ? connection : spoken.owner;
  }
}
