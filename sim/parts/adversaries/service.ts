/**
 * How members fail those who rely on them: they give nothing, forward nothing, tell workers lies, and say that they
 * stand where they do not.
 */

import type { Block } from "../../../protocol/wire/consensus.ts";
import type { Message } from "../../../protocol/wire/message.ts";
import type { Strategy } from "./strategy.ts";

/** Gives nobody what it asks for. */
export const withholds = (): Strategy => ({
  onSend: (_, { message }) => (message.kind === "body" || message.kind === "blocks" ? [] : null),
});

/** The header says what a block holds, and its hash covers the header only: here is another list under it. */
const shortened = (block: Block): Block => ({ ...block, commands: block.commands.slice(0, -1) });

function withShortened(message: Message): Message | null {
  if (message.kind === "proposal" || message.kind === "body") return { ...message, block: shortened(message.block) };
  if (message.kind !== "blocks") return null;
  return {
    ...message,
    blocks: message.blocks.map((committed) => ({ ...committed, block: shortened(committed.block) })),
  };
}

/** Gives blocks with the right headers and commits, and other commands than they hold. */
export const altersBodies = (): Strategy => ({
  onSend({ prng }, { to, message }) {
    const altered = prng.chance(0.5) ? withShortened(message) : null;
    return altered === null ? null : [{ to, message: altered }];
  },
});

/** Forwards no commands of others, and offers and results of its own to few. */
export const hidesCommands = (): Strategy => ({
  onSend: ({ config }, { message }) =>
    message.kind === "envelopes" && message.envelopes.some((envelope) => envelope.author !== config.signer.agent)
      ? []
      : null,
});

/** Tells workers of awards that nobody gave, and that awards are over which are not. */
export const liesToWorkers = (): Strategy => ({
  onSend(_, { to, message }) {
    if (message.kind !== "notice") return null;
    const items = message.items.map((item) =>
      item.kind === "award"
        ? { kind: "closed" as const, task: item.task, attempt: item.attempt, serial: item.serial }
        : item,
    );
    return [{ to, message: { ...message, items } }];
  },
});

/** Its pulses say that it stands far ahead, or far behind. */
export const liesAboutPosition = (): Strategy => ({
  onSend({ prng }, { to, message }) {
    if (message.kind !== "pulse") return null;
    const ahead = prng.chance(0.5);
    const positions = message.positions.map((position) => ({
      ...position,
      height:
        position.height === 0 ? 0 : ahead ? position.height + 1 + prng.below(50) : Math.max(1, position.height - 1),
      round: ahead ? 0 : position.round,
    }));
    return [{ to, message: { ...message, positions } }];
  },
});
