/**
 * Adversaries that lie in messages: a strategy sees each message that the honest machine would send, and says what is
 * sent instead. Decodes and encodes for them, puts several together, and makes one honest now and then.
 *
 * Leaves to votes.ts, proposals.ts, service.ts and frames.ts what the strategies do.
 */

import type { AgentId } from "../../../protocol/core/ids.ts";
import type { Now } from "../../../protocol/core/now.ts";
import type { Effect } from "../../../protocol/effect.ts";
import type { Input } from "../../../protocol/input.ts";
import { decodeMessage, encodeMessage, type Message } from "../../../protocol/wire/message.ts";
import type { WrapMachine } from "../../world/options.ts";
import { type AdversaryTools, withAdversary } from "./adversary.ts";

export interface StrategyTools extends AdversaryTools {
  readonly now: Now;
}

/** A message that is on its way out. */
interface OutgoingMessage {
  readonly to: AgentId;
  readonly message: Message;
}

/** A frame beside what the machine says: bytes as they are, also such as no message has. */
export interface OutgoingFrame {
  readonly to: AgentId;
  readonly bytes: Uint8Array;
}

export interface Strategy {
  /** What is sent instead of one message: itself, nothing, or others. `null`: unchanged (and not encoded again). */
  onSend?(tools: StrategyTools, outgoing: OutgoingMessage): readonly OutgoingMessage[] | null;
  /** Sees what the honest machine is given; false keeps it from it. */
  onInput?(tools: StrategyTools, input: Input): boolean;
  /** Sees its other effects, in order. */
  onEffect?(tools: StrategyTools, effect: Effect): void;
  /** What leaves beside a frame that the honest machine sent, after it. */
  onFrame?(tools: StrategyTools, frame: OutgoingFrame): readonly OutgoingFrame[];
}

/** Tries `create` anew at each start. */
export function withStrategy(create: (tools: AdversaryTools) => Strategy): WrapMachine {
  return withAdversary((tools) => {
    const strategy = create(tools);

    function replace(at: StrategyTools, effect: Extract<Effect, { kind: "send" }>, out: Effect[]): void {
      const decoded = strategy.onSend === undefined ? null : decodeMessage(effect.bytes);
      const instead = decoded?.ok === true ? strategy.onSend!(at, { to: effect.to, message: decoded.value }) : null;
      if (instead === null) out.push(effect);
      else for (const { to, message } of instead) out.push({ ...effect, to, bytes: encodeMessage(message) });
      for (const frame of strategy.onFrame?.(at, effect) ?? []) out.push({ ...effect, ...frame });
    }

    return {
      onInput: (now, input) => (strategy.onInput?.({ ...tools, now }, input) === false ? [] : [input]),
      onEffects(now, effects) {
        const at = { ...tools, now };
        const out: Effect[] = [];
        for (const effect of effects) {
          if (effect.kind === "send") replace(at, effect, out);
          else {
            strategy.onEffect?.(at, effect);
            out.push(effect);
          }
        }
        return out;
      },
    };
  });
}

/** Does each of these, in order: what one lets through goes to the next. */
export function together(strategies: readonly Strategy[]): Strategy {
  return {
    onInput: (tools, input) => strategies.every((strategy) => strategy.onInput?.(tools, input) !== false),
    onEffect: (tools, effect) => {
      for (const strategy of strategies) strategy.onEffect?.(tools, effect);
    },
    onSend(tools, outgoing) {
      let all: readonly OutgoingMessage[] = [outgoing];
      for (const strategy of strategies) all = all.flatMap((one) => strategy.onSend?.(tools, one) ?? [one]);
      return all.length === 1 && all[0] === outgoing ? null : all;
    },
    onFrame: (tools, frame) => strategies.flatMap((strategy) => strategy.onFrame?.(tools, frame) ?? []),
  };
}

/** Follows `strategy` in phases of `periodMs`, and is honest in between: what is long broken is noticed and left out. */
export function sometimes(strategy: Strategy, periodMs: number): Strategy {
  const isOn = ({ now }: StrategyTools): boolean => Math.floor(now.monoMs / periodMs) % 2 === 0;
  return {
    ...strategy,
    onSend: (tools, outgoing) => (isOn(tools) ? (strategy.onSend?.(tools, outgoing) ?? null) : null),
    onFrame: (tools, frame) => (isOn(tools) ? (strategy.onFrame?.(tools, frame) ?? []) : []),
  };
}

/** Tells `note` of each message that `strategy` changed, held back or added to. */
export function noted(strategy: Strategy, note: () => void): Strategy {
  return {
    ...strategy,
    onSend(tools, outgoing) {
      const instead = strategy.onSend?.(tools, outgoing) ?? null;
      if (instead !== null && (instead.length !== 1 || instead[0] !== outgoing)) note();
      return instead;
    },
    onInput(tools, input) {
      const passes = strategy.onInput?.(tools, input) !== false;
      if (!passes) note();
      return passes;
    },
    onFrame(tools, frame) {
      const added = strategy.onFrame?.(tools, frame) ?? [];
      if (added.length > 0) note();
      return added;
    },
  };
}
