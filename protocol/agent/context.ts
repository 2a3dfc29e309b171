/**
 * What the parts of an agent share within one step: the time, who they are, and where effects go.
 */

import { bytesOf, EMBEDDER_NAME, embed } from "../capability/embedding.ts";
import { type Signer, statementMessage } from "../core/crypto.ts";
import type { AgentId, JobId } from "../core/ids.ts";
import type { Now } from "../core/now.ts";
import type { Effect } from "../effect.ts";
import type { Input } from "../input.ts";
import type { AgentConfig } from "../machine.ts";
import { BUILT_IN_SELECTORS } from "../selection/catalog.ts";
import type { Selectors } from "../selection/selector.ts";
import type { SkillAd } from "../wire/capability.ts";
import { type Command, type CommandBody, type Envelope, encodeCommand, envelopeHash } from "../wire/command.ts";
import { DECODERS, type Decoders, encodeMessage, type Message } from "../wire/message.ts";
import { Clients, delegate, isForOwner } from "./clients.ts";

export interface Context {
  readonly config: AgentConfig;
  readonly self: AgentId;
  /** Who signs jobs and what an owner says of them. */
  readonly owner: Signer;
  /** Whether it acts for an owner and is not an agent of the mesh. */
  readonly isClient: boolean;
  /** The owner for which a connection speaks (clients.ts); of an agent, itself. */
  principalOf(connection: AgentId): AgentId;
  readonly selectors: Selectors;
  /** Its own skills, as it advertises them. */
  readonly skills: readonly SkillAd[];
  /** The embedder that made their vectors. */
  readonly embedder: string;
  readonly decoders: Decoders;
  readonly now: Now;
  emit(effect: Effect): void;
  send(to: AgentId, message: Message): void;
  /** One message to several: encoded once. */
  sendAll(to: Iterable<AgentId>, message: Message): void;
  /** Greater each time, and greater than before any restart: for commands whose order counts. */
  nextCounter(): number;
}

export class StepContext implements Context {
  readonly config: AgentConfig;
  readonly self: AgentId;
  readonly owner: Signer;
  readonly isClient: boolean;
  readonly selectors: Selectors;
  readonly skills: readonly SkillAd[];
  readonly embedder: string;
  readonly decoders: Decoders;
  readonly clients: Clients;
  now: Now = { monoMs: 0, wallMs: 0 };
  /** The input that the step handles. */
  input: Input = { kind: "tick" };
  #effects: Effect[] = [];
  #counter = 0;

  constructor(config: AgentConfig) {
    this.config = config;
    this.self = config.signer.agent;
    this.owner = config.owner ?? config.signer;
    this.isClient = config.owner !== undefined;
    this.clients = new Clients(config.crypto, config.meshId);
    this.decoders = config.decoders ?? DECODERS;
    this.selectors = config.selectors ?? BUILT_IN_SELECTORS;
    this.embedder = config.embedder ?? EMBEDDER_NAME;
    this.skills = config.skills.map((skill) => ({ ...skill, vector: skill.vector ?? bytesOf(embed(skill)) }));
  }

  emit(effect: Effect): void {
    this.#effects.push(effect);
  }

  send(to: AgentId, message: Message): void {
    this.sendAll([to], message);
  }

  sendAll(to: Iterable<AgentId>, message: Message): void {
    const queue = message.kind === "pulse" ? "pulse" : "main";
    const delegation = this.isClient && isForOwner(message) ? this.#delegation() : null;
    let bytes: Uint8Array | null = null;
    for (const agent of to) {
      if (agent === this.self) continue;
      bytes ??= encodeMessage(message);
      if (delegation !== null) this.#effects.push({ kind: "send", to: agent, queue, bytes: delegation });
      this.#effects.push({ kind: "send", to: agent, queue, bytes });
    }
  }

  /** As a client, its first word on a connection. */
  introduce(agent: AgentId): void {
    if (this.isClient) this.#effects.push({ kind: "send", to: agent, queue: "main", bytes: this.#delegation() });
  }

  #delegation(): Uint8Array {
    const { config, self: connectionKey, now } = this;
    const content = { mesh: config.meshId, connectionKey, wallMs: now.wallMs };
    return encodeMessage({ kind: "delegation", ...delegate(config.crypto, this.owner, content) });
  }

  principalOf(connection: AgentId): AgentId {
    return this.clients.principalOf(connection, this.now.wallMs);
  }

  nextCounter(): number {
    this.#counter = Math.max(this.#counter + 1, Math.floor(this.now.wallMs));
    return this.#counter;
  }

  /** A place among the effects of this step, for `takeBack`. */
  mark(): number {
    return this.#effects.length;
  }

  effectsSince(mark: number): Effect[] {
    return this.#effects.slice(mark);
  }

  /** Drops the effects since `mark`. */
  takeBack(mark: number): void {
    this.#effects.length = mark;
  }

  takeEffects(): Effect[] {
    const effects = this.#effects;
    this.#effects = [];
    return effects;
  }
}

/** Commands of this agent under one signature. */
export function signCommands(config: AgentConfig, signer: Signer, job: JobId, commands: readonly Command[]): Envelope {
  const encoded = commands.map(encodeCommand);
  const hashes = encoded.map((bytes) => config.crypto.hash(bytes));
  const content = { job, author: signer.agent, hashes };
  const message = statementMessage(config.meshId, "commands", envelopeHash(config.crypto.hash, content));
  return { ...content, signature: signer.sign(message), commands: encoded };
}

/** `signer`: this agent, or the owner for which it acts. */
export function signBodies(
  context: Context,
  job: JobId,
  bodies: readonly CommandBody[],
  signer: Signer = context.config.signer,
): Envelope {
  const author = signer.agent;
  const commands = bodies.map((body) => ({ job, author, counter: context.nextCounter(), body }));
  return signCommands(context.config, signer, job, commands);
}
