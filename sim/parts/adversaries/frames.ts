/**
 * Frames that no honest agent would send: frames with a bit changed, old frames, votes and commands in others' names. Nobody
 * may accept them, and they may harm nobody.
 */

import type { AgentId } from "../../../protocol/core/ids.ts";
import type { Message } from "../../../protocol/wire/message.ts";
import type { OutgoingFrame, Strategy } from "./strategy.ts";

/** One in so many frames is followed by a bad one: the true ones are to get through. */
const ODDS = 1 / 8;
/** Frames that a replayer remembers. */
const REMEMBERED = 64;

/** Sends one of its frames again with a bit flipped. */
export const garbles = (): Strategy => ({
  onFrame({ prng }, { to, bytes }) {
    if (!prng.chance(ODDS)) return [];
    const garbled = bytes.slice();
    garbled[prng.below(garbled.length)]! ^= 1 << prng.below(8);
    return [{ to, bytes: garbled }];
  },
});

/** Sends frames of earlier rounds, heights and tasks again, to anybody. */
export function replays(): Strategy {
  const remembered: OutgoingFrame[] = [];
  return {
    onFrame({ prng }, frame) {
      if (remembered.length < REMEMBERED) remembered.push(frame);
      else if (prng.chance(ODDS)) remembered[prng.below(REMEMBERED)] = frame;
      return prng.chance(ODDS) ? [{ to: frame.to, bytes: prng.pick(remembered).bytes }] : [];
    },
  };
}

/** `message` as if `victim` had said it, with the signature that its sender has: its own. */
function inTheNameOf(victim: AgentId, message: Message): Message | null {
  if (message.kind === "votes") return { ...message, votes: message.votes.map((vote) => ({ ...vote, voter: victim })) };
  if (message.kind === "envelopes") {
    return { ...message, envelopes: message.envelopes.map((envelope) => ({ ...envelope, author: victim })) };
  }
  return message.kind === "proposal" ? { ...message, statement: { ...message.statement, proposer: victim } } : null;
}

/** Says everything of its own once more in the name of whom it talks to, or of somebody else that it knows. */
export function forges(): Strategy {
  const known: AgentId[] = [];
  return {
    onSend({ prng }, { to, message }) {
      if (!known.includes(to)) known.push(to);
      const forged = inTheNameOf(prng.pick(known), message);
      if (forged === null || !prng.chance(ODDS)) return null;
      return [
        { to, message },
        { to, message: forged },
      ];
    },
  };
}
