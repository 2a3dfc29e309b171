/**
 * A Byzantine agent: an honest machine in a wrapper that sees all its inputs and effects, and drops, alters, doubles,
 * delays or adds what it sends, signed by its own signer (it has no other).
 *
 * Leaves what it does to its strategy; strategies.ts has the ones that this project searches with.
 */

import type { AgentId } from "../../../protocol/core/ids.ts";
import type { Prng } from "../../../protocol/core/prng.ts";
import type { Effect } from "../../../protocol/effect.ts";
import type { Input, Now } from "../../../protocol/input.ts";
import type { AgentConfig, CreateMachine, Machine } from "../../../protocol/machine.ts";
import { decodeMessage, encodeMessage, type Message } from "../../../protocol/wire/message.ts";

/** What a strategy may use. */
export interface AdversaryTools {
  readonly config: AgentConfig;
  readonly lots: Prng;
  readonly now: Now;
}

/** A frame that the honest machine would send. */
export interface OutgoingFrame {
  readonly to: AgentId;
  readonly message: Message;
}

export interface Strategy {
  /** What is sent instead of one frame: itself, nothing, or others. `null`: unchanged (and not encoded again). */
  onSend(tools: AdversaryTools, frame: OutgoingFrame): readonly OutgoingFrame[] | null;
  /** Sees what the honest machine is given; false keeps it from it. */
  onInput?(tools: AdversaryTools, input: Input): boolean;
  /** Sees its other effects, in order. */
  onEffect?(tools: AdversaryTools, effect: Effect): void;
}

class Adversary implements Machine {
  readonly #honest: Machine;
  readonly #strategy: Strategy;
  readonly #config: AgentConfig;
  readonly #lots: Prng;

  constructor(honest: Machine, strategy: Strategy, config: AgentConfig, lots: Prng) {
    this.#honest = honest;
    this.#strategy = strategy;
    this.#config = config;
    this.#lots = lots;
  }

  step(now: Now, input: Input): readonly Effect[] {
    const tools = { config: this.#config, lots: this.#lots, now };
    if (this.#strategy.onInput?.(tools, input) === false) return [];
    const effects: Effect[] = [];
    for (const effect of this.#honest.step(now, input)) {
      if (effect.kind !== "send") {
        this.#strategy.onEffect?.(tools, effect);
        effects.push(effect);
        continue;
      }
      const decoded = decodeMessage(effect.bytes);
      const instead = decoded.ok ? this.#strategy.onSend(tools, { to: effect.to, message: decoded.value }) : null;
      if (instead === null) effects.push(effect);
      else
        for (const { to, message } of instead)
          effects.push({ kind: "send", to, queue: effect.queue, bytes: encodeMessage(message) });
    }
    return effects;
  }
}

/** A strategy a life: what it remembers is lost in a crash, like everything else. */
export function createAdversary(
  createMachine: CreateMachine,
  createStrategy: () => Strategy,
  lots: Prng,
): CreateMachine {
  return (config, records) => new Adversary(createMachine(config, records), createStrategy(), config, lots);
}
