/**
 * A stranger at one node that comes back under another key when the node hangs up on it, as a real one would: keys cost
 * nothing. How often it does so is bounded, and each time it needs a connection.
 *
 * Leaves one identity and its connection to peer.ts.
 */

import type { Signer } from "../../protocol/core/crypto.ts";
import type { Message } from "../../protocol/wire/message.ts";
import { type Order, pause, type Target } from "./order.ts";
import { Peer } from "./peer.ts";

/** Identities that one intruder uses up at most. */
const IDENTITIES = 64;
/** After something failed it waits this long, ms. */
const AGAIN_MS = 200;

export class Intruder {
  readonly target: Target;
  readonly #order: Order;
  readonly #prepare: (peer: Peer) => Promise<void> | void;
  #peer: Peer | null = null;
  #used = 0;

  /** `prepare`: what each identity does before it connects. */
  constructor(order: Order, target: Target, prepare: (peer: Peer) => Promise<void> | void = () => undefined) {
    this.#order = order;
    this.target = target;
    this.#prepare = prepare;
  }

  /** Its present identity, connected: a fresh one where the node has hung up on the last. Rejects if all are used up. */
  async come(): Promise<Peer> {
    if (this.#peer?.isConnected === true) return this.#peer;
    await this.#peer?.stop();
    this.#peer = null;
    if (this.#used === IDENTITIES) throw new Error("all identities are used up");
    this.#used++;
    const peer = await Peer.start(this.#order.mesh);
    try {
      await this.#prepare(peer);
      await peer.connect(this.target);
    } catch (error) {
      await peer.stop();
      throw error;
    }
    this.#peer = peer;
    return peer;
  }

  /** `messagesOf`: of the identity that sends them. */
  async send(messagesOf: (signer: Signer) => readonly Message[]): Promise<void> {
    const peer = await this.come();
    await peer.send(this.target, messagesOf(peer.signer));
  }
}

/** One for each node. A node that cannot be reached at the beginning is tried again later. */
export async function intrudersFor(order: Order, prepare?: (peer: Peer) => Promise<void> | void): Promise<Intruder[]> {
  const intruders = order.targets.map((target) => new Intruder(order, target, prepare));
  await Promise.all(intruders.map((one) => one.come().catch(() => undefined)));
  return intruders;
}

/** Does `act` over and over with at least `everyMs` between two starts; a node that hangs up is no reason to stop. */
export async function keepDoing(everyMs: number, act: () => Promise<unknown>): Promise<never> {
  for (;;) {
    const startedMs = performance.now();
    await act().catch(() => pause(AGAIN_MS));
    await pause(Math.max(1, everyMs - (performance.now() - startedMs)));
  }
}
