/**
 * The frames around a moment, for message diagrams: the newest are kept during a run, and put into words when
 * somebody wants to see them.
 */

import type { AgentId, Hash } from "../../protocol/core/ids.ts";
import { decodeMessage, type Message } from "../../protocol/wire/message.ts";
import type { MessageRow } from "../model/result.ts";

interface Sent {
  readonly sentMs: number;
  /** null: lost. */
  readonly arrivesMs: number | null;
  readonly from: AgentId;
  readonly to: AgentId;
  readonly bytes: Uint8Array;
}

/** How many frames the log keeps, and how many it returns for a moment: more than a diagram can show. */
const NEWEST = 400;
const NEAREST = 2_000;

export class MessageLog {
  readonly #sent: Sent[] = [];
  readonly #aroundMs: number | null;
  readonly #spanMs: number;

  /** `aroundMs`: keep what was sent within `spanMs` of that moment; null: keep the newest. */
  constructor(aroundMs: number | null, spanMs = 2_000) {
    this.#aroundMs = aroundMs;
    this.#spanMs = spanMs;
  }

  note(sentMs: number, arrivesMs: number | null, from: AgentId, to: AgentId, bytes: Uint8Array): void {
    if (this.#aroundMs !== null) {
      if (Math.abs(sentMs - this.#aroundMs) > this.#spanMs) return;
    } else if (this.#sent.length >= 2 * NEWEST) this.#sent.splice(0, NEWEST);
    this.#sent.push({ sentMs, arrivesMs, from, to, bytes });
  }

  /** In the order in which they were sent. */
  #told(): readonly Sent[] {
    const aroundMs = this.#aroundMs;
    if (aroundMs === null) return this.#sent.slice(-NEWEST);
    const distance = ({ sentMs }: Sent): number => Math.abs(sentMs - aroundMs);
    const byDistance = [...this.#sent].sort((a, b) => distance(a) - distance(b));
    return byDistance.slice(0, NEAREST).sort((a, b) => a.sentMs - b.sentMs);
  }

  rows(): MessageRow[] {
    return this.#told().map(({ sentMs, arrivesMs, from, to, bytes }) => ({
      sentMs,
      arrivedMs: arrivesMs,
      from,
      to,
      ...describeFrame(bytes),
    }));
  }
}

export function describeFrame(bytes: Uint8Array): { readonly kind: string; readonly text: string } {
  const decoded = decodeMessage(bytes);
  if (!decoded.ok) return { kind: "junk", text: decoded.code };
  return { kind: decoded.value.kind, text: textOf(decoded.value) };
}

const short = (hash: Hash | null): string => (hash === null ? "nil" : hash.slice(0, 6));

/** What a message is about, in a few words. */
function textOf(message: Message): string {
  switch (message.kind) {
    case "proposal": {
      const { height, round, block, validRoundPlus1 } = message.statement;
      const valid = validRoundPlus1 === 0 ? "" : `, valid in round ${validRoundPlus1 - 1}`;
      return `height ${height}, round ${round}: ${short(block)}${valid}`;
    }
    case "votes": {
      const [first] = message.votes;
      if (first === undefined) return "none";
      const others = message.votes.length > 1 ? `, and ${message.votes.length - 1} more` : "";
      return `${first.kind} ${first.height}/${first.round}: ${short(first.block)}${others}`;
    }
    case "envelopes":
      return `${message.envelopes.reduce((sum, envelope) => sum + envelope.commands.length, 0)} commands`;
    case "blocks": {
      const [first] = message.blocks;
      return first === undefined ? "none" : `${message.blocks.length} from height ${first.block.header.height}`;
    }
    case "notice":
      return message.items
        .map((item) => `${item.kind} ${item.task}`)
        .slice(0, 3)
        .join(", ");
    case "pulse":
      return message.positions
        .map(({ height, round }) => `${height}/${round}`)
        .slice(0, 3)
        .join(", ");
    case "haveCommands":
    case "fetchCommands":
      return `${message.hashes.length} commands`;
    default:
      return "job" in message && typeof message.job === "string" ? `job ${short(message.job)}` : "";
  }
}
