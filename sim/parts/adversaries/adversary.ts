/**
 * An adversary: an agent machine with somebody between it and the world, who sees its inputs and its effects and may
 * drop, change, delay and add to both. It holds its own signer, and those of its coalition; no others exist for it.
 *
 * Leaves to strategy.ts how members lie in messages, to workers.ts what workers do. The driver's contract holds for it
 * too: effects leave in order.
 */

import type { Now } from "../../../protocol/core/now.ts";
import type { Effect } from "../../../protocol/effect.ts";
import type { Input } from "../../../protocol/input.ts";
import type { AgentConfig, Machine } from "../../../protocol/machine.ts";
import type { WrapMachine, WrapTools } from "../../world/options.ts";

/** An effect that leaves later. */
export interface Delayed {
  readonly afterMs: number;
  readonly effect: Effect;
}

export interface Adversary {
  /** What the honest machine is given instead of `input`. Default: `input`. */
  onInput?(now: Now, input: Input): readonly Input[];
  /**
   * What leaves instead of `effects`, which answer `input`. The machine's `wake` is not among them: it is kept. A
   * `tick` comes when a delayed effect is due, or when the adversary itself asks for one with a `wake`.
   */
  onEffects?(now: Now, effects: readonly Effect[], input: Input): readonly (Effect | Delayed)[];
}

export interface AdversaryTools extends WrapTools {
  readonly config: AgentConfig;
}
/** Called at each start: what an adversary remembers is lost in a crash, like everything else. */
export type CreateAdversary = (tools: AdversaryTools) => Adversary;

const NEVER = Number.POSITIVE_INFINITY;

interface Waiting {
  readonly atMonoMs: number;
  readonly effect: Effect;
}

class AdversaryMachine implements Machine {
  readonly #honest: Machine;
  readonly #adversary: Adversary;
  /** Sorted by time; among equals, by when they were asked for. */
  readonly #waiting: Waiting[] = [];
  /** When the honest machine, the adversary, and the two together want to be woken. */
  #honestWakeMs = NEVER;
  #ownWakeMs = NEVER;
  #askedMs = NEVER;

  constructor(honest: Machine, adversary: Adversary) {
    this.#honest = honest;
    this.#adversary = adversary;
  }

  step(now: Now, input: Input): readonly Effect[] {
    const leaving: Effect[] = [];
    while (this.#waiting.length > 0 && this.#waiting[0]!.atMonoMs <= now.monoMs) {
      leaving.push(this.#waiting.shift()!.effect);
    }
    if (input.kind === "tick") {
      this.#askedMs = NEVER;
      if (this.#honestWakeMs <= now.monoMs) this.#honestWakeMs = NEVER;
      if (this.#ownWakeMs <= now.monoMs) this.#ownWakeMs = NEVER;
    }
    for (const seen of this.#adversary.onInput?.(now, input) ?? [input]) {
      const effects: Effect[] = [];
      for (const effect of this.#honest.step(now, seen)) {
        if (effect.kind === "wake") this.#honestWakeMs = effect.atMonoMs;
        else effects.push(effect);
      }
      for (const item of this.#adversary.onEffects?.(now, effects, seen) ?? effects) {
        if ("afterMs" in item) this.#wait(now.monoMs + item.afterMs, item.effect);
        else if (item.kind === "wake") this.#ownWakeMs = item.atMonoMs;
        else leaving.push(item);
      }
    }
    const wakeMs = Math.min(this.#honestWakeMs, this.#ownWakeMs, this.#waiting[0]?.atMonoMs ?? NEVER);
    if (wakeMs !== this.#askedMs) leaving.push({ kind: "wake", atMonoMs: wakeMs });
    this.#askedMs = wakeMs;
    return leaving;
  }

  #wait(atMonoMs: number, effect: Effect): void {
    const index = this.#waiting.findIndex((other) => other.atMonoMs > atMonoMs);
    this.#waiting.splice(index < 0 ? this.#waiting.length : index, 0, { atMonoMs, effect });
  }
}

/** Puts an adversary around whatever machine an agent has. */
export const withAdversary =
  (adversary: CreateAdversary): WrapMachine =>
  (create, tools) =>
  (config, records) =>
    new AdversaryMachine(create(config, records), adversary({ ...tools, config }));
