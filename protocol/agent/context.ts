/**
 * What the parts of an agent share within one step: the time, who they are, and where effects go.
 */

import { bytesOf, EMBEDDER_NAME, embed } from "../capability/embedding.ts";
import { type Signer, statementMessage } from "../core/crypto.ts";
import type { AgentId, JobId } from "../core/ids.ts";
import type { Effect } from "../effect.ts";
import type { Input, Now } from "../input.ts";
import type { AgentConfig } from "../machine.ts";
import { BUILT_IN_SELECTORS } from "../selection/catalog.ts";
import type { Selectors } from "../selection/selector.ts";
import type { SkillAd } from "../wire/capability.ts";
import { type Command, type CommandBody, type Envelope, encodeCommand, envelopeHash } from "../wire/command.ts";
import { encodeMessage, type Message } from "../wire/message.ts";

export interface Context {
  readonly config: AgentConfig;
  readonly self: AgentId;
  readonly selectors: Selectors;
  /** Its own skills, as it advertises them. */
  readonly skills: readonly SkillAd[];
  /** Of their vectors. */
  readonly embedder: string;
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
  readonly selectors: Selectors;
  readonly skills: readonly SkillAd[];
  readonly embedder: string;
  now: Now = { monoMs: 0, wallMs: 0 };
  /** What the step is about. */
  input: Input = { kind: "tick" };
  #effects: Effect[] = [];
  #counter = 0;

  constructor(config: AgentConfig) {
    this.config = config;
    this.self = config.signer.agent;
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
    let bytes: Uint8Array | null = null;
    for (const agent of to) {
      if (agent === this.self) continue;
      bytes ??= encodeMessage(message);
      this.#effects.push({ kind: "send", to: agent, queue, bytes });
    }
  }

  nextCounter(): number {
    this.#counter = Math.max(this.#counter + 1, Math.floor(this.now.wallMs));
    return this.#counter;
  }

  /** A place among the effects of this step, for `takeBack`. */
  mark(): number {
    return this.#effects.length;
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
export function seal(config: AgentConfig, signer: Signer, job: JobId, commands: readonly Command[]): Envelope {
  const bodies = commands.map(encodeCommand);
  const hashes = bodies.map((body) => config.crypto.hash(body));
  const content = { job, author: signer.agent, hashes };
  const message = statementMessage(config.meshId, "commands", envelopeHash(config.crypto.hash, content));
  return { ...content, signature: signer.sign(message), bodies };
}

export function sealBodies(context: Context, job: JobId, bodies: readonly CommandBody[]): Envelope {
  const { config, self: author } = context;
  const commands = bodies.map((body) => ({ job, author, counter: context.nextCounter(), body }));
  return seal(config, config.signer, job, commands);
}
