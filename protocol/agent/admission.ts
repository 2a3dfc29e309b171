/**
 * Who counts against which budget. Three classes of owners: those that this agent's operator knows, guests, and all guests
 * together. Guests are counted by the *source* of the connection that asks for something: the network that it comes from, or,
 * on one machine or a private network, where all agents may have the same, the connection itself.
 *
 * Source: protocol.md 9 (budgets).
 */

import type { AgentId } from "../core/ids.ts";
import { DEFAULT_QUOTAS, type Quotas } from "../core/quotas.ts";
import type { Acquaintance } from "../membership/acquaintances.ts";
import type { Context } from "./context.ts";

/** The source of all jobs of which another host told: who brought them there is not known here. */
export const HEARD = "heard";

/** Before the source of a neighbour that handed something on: it must not use up what the neighbour itself may send. */
const HANDED_ON = "by ";

type Seen = Pick<Acquaintance, "origin" | "hasMet">;

export class Admission {
  readonly quotas: Quotas;
  readonly #known: ReadonlySet<AgentId>;
  readonly #allowed: ReadonlySet<AgentId> | null;
  readonly #seenOf: (agent: AgentId) => Seen;
  readonly #principalOf: Context["principalOf"];

  constructor(context: Context, seenOf: (agent: AgentId) => Seen) {
    this.quotas = context.config.quotas ?? DEFAULT_QUOTAS;
    const { known, allow } = this.quotas.owners;
    this.#known = new Set([context.self, context.owner.agent, ...known]);
    this.#allowed = allow === null ? null : new Set([context.self, ...allow]);
    this.#seenOf = seenOf;
    this.#principalOf = (connection) => context.principalOf(connection);
  }

  /** Whether this agent's operator knows the owner; all others are guests. */
  isKnown(owner: AgentId): boolean {
    return this.#known.has(owner);
  }

  /** Whether this agent works for the owner at all. */
  isAllowed(owner: AgentId): boolean {
    return this.#allowed?.has(owner) ?? true;
  }

  sourceOf(connection: AgentId): string {
    return this.#seenOf(connection).origin || connection;
  }

  /** Who counts for what `from` hands on: its author's source if it was ever connected, or else one of all that `from` hands on. */
  sourceOfAuthor(author: AgentId, from: AgentId): string {
    return this.isMet(author, from) ? this.sourceOf(author) : `${HANDED_ON}${this.sourceOf(from)}`;
  }

  /** Whether the source of what this author says is known, now that `from` hands it on. */
  isMet(author: AgentId, from: AgentId): boolean {
    return author === from || this.#seenOf(author).hasMet;
  }

  /** Who counts for a job of which `from` tells. */
  sourceOfJob(owner: AgentId, from: AgentId): string {
    return this.#principalOf(from) === owner ? this.sourceOf(from) : HEARD;
  }
}
