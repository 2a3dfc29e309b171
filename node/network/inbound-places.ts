/**
 * Places for connections that others open. Whoever has not proved who it is has one only until somebody else wants it: of
 * one address, or, when all are taken, of the network that takes most. So sockets that say nothing keep nobody out. Open
 * connections count by network, and some places are kept for the connections that this node opens itself.
 *
 * Private networks and this machine are exempt from what counts by address and network: no stranger gets there.
 */

import type { MultiaddrConnection } from "@libp2p/interface";
import { originOf } from "../../protocol/capability/addresses.ts";
import type { NodeLimits } from "../limits/node-limits.ts";
import { networkLimits } from "./network-limits.ts";
import { TokenBucket } from "./token-bucket.ts";

/** What this file needs of a connection that is being opened. */
type Incoming = Pick<MultiaddrConnection, "remoteAddr" | "abort" | "addEventListener">;

interface Place {
  readonly connection: Incoming;
  /** The network, "" for an exempt one. */
  readonly origin: string;
  /** The machine: one address, or a customer's whole network under IPv6. */
  readonly host: string;
  isOpen: boolean;
}

/** Addresses whose rate is remembered. */
const RATES = 4_096;

/** The key that most of `places` have, with how many. */
function mostOf(places: readonly Place[], keyOf: (place: Place) => string): { readonly key: string; count: number } {
  const counts = new Map<string, number>();
  let most = { key: "", count: 0 };
  for (const place of places) {
    const key = keyOf(place);
    const count = (counts.get(key) ?? 0) + 1;
    counts.set(key, count);
    if (count > most.count) most = { key, count };
  }
  return most;
}

export class InboundPlaces {
  readonly #limits: NodeLimits["connections"];
  /** In the order in which they came. */
  readonly #places = new Map<Incoming, Place>();
  readonly #rates = new Map<string, TokenBucket>();
  /** Sockets that are refused and do not know it yet. */
  #kept = 0;

  constructor(limits: NodeLimits["connections"]) {
    this.#limits = limits;
  }

  #of(isOpen: boolean): Place[] {
    return [...this.#places.values()].filter((place) => place.isOpen === isOpen);
  }

  /** A socket was opened. False: it comes too soon after others of its machine. */
  onSocket(connection: Incoming, nowMs: number): boolean {
    const address = connection.remoteAddr.toString();
    const origin = originOf(address);
    const host = address.startsWith("/ip4/") ? address.split("/")[2]! : origin;
    if (origin !== "" && !this.#isInTime(host, nowMs)) return false;
    const pending = this.#of(false);
    const ofHost = pending.filter((place) => place.host === host);
    if (origin !== "" && ofHost.length >= this.#limits.pendingPerAddress) this.#close(ofHost[0]!);
    else if (pending.length >= this.#limits.pending) {
      const { key } = mostOf(pending, (place) => place.origin);
      this.#close(pending.find((place) => place.origin === key)!);
    }
    this.#places.set(connection, { connection, origin, host, isOpen: false });
    connection.addEventListener("close", () => this.#places.delete(connection));
    return true;
  }

  /**
   * Resolves when the other end hangs up, or after the time that one has to prove whose it is. Whoever is refused at once comes
   * again at once: it waits as long as the others, as far as there is room to let it.
   */
  keepWaiting(connection: Incoming): Promise<void> {
    if (this.#kept >= networkLimits.keptWaiting) return Promise.resolve();
    this.#kept++;
    return new Promise((resolve) => {
      const timer = setTimeout(() => end(), this.#limits.upgradeMs);
      let end = (): void => {
        end = () => {};
        clearTimeout(timer);
        this.#kept--;
        resolve();
      };
      connection.addEventListener("close", () => end());
    });
  }

  #isInTime(host: string, nowMs: number): boolean {
    const { connectionsPerSecond, connectionsBurst } = networkLimits;
    const rate = this.#rates.get(host) ?? new TokenBucket(connectionsPerSecond, connectionsBurst, nowMs);
    this.#rates.delete(host); // it goes to the end
    this.#rates.set(host, rate);
    if (this.#rates.size > RATES) this.#rates.delete(this.#rates.keys().next().value!);
    if (rate.waitMs(nowMs) > 0) return false;
    rate.take(1, nowMs);
    return true;
  }

  /** Its peer proved who it is. False: there is no room for it. */
  onProved(connection: Incoming): boolean {
    const place = this.#places.get(connection);
    if (place === undefined) return true; // this node opened it
    const open = this.#of(true);
    const ofOrigin = place.origin === "" ? [] : open.filter(({ origin }) => origin === place.origin);
    const { total, outbound, perOrigin } = this.#limits;
    const isFull = open.length >= total - outbound;
    if (ofOrigin.length >= perOrigin) {
      if (!this.#displace(place, ofOrigin, ({ host }) => host)) return false;
    } else if (isFull) {
      const others = open.filter(({ origin }) => origin !== "");
      if (!this.#displace(place, others, ({ origin }) => origin)) return false;
    }
    place.isOpen = true;
    return true;
  }

  /** Closes the newest connection of whoever has most, if that has more than the newcomer would have. */
  #displace(newcomer: Place, places: readonly Place[], keyOf: (place: Place) => string): boolean {
    const { key, count } = mostOf(places, keyOf);
    const own = places.filter((place) => keyOf(place) === keyOf(newcomer)).length;
    if (count <= own + 1) return false;
    this.#close(places.findLast((place) => keyOf(place) === key)!);
    return true;
  }

  #close(place: Place): void {
    this.#places.delete(place.connection);
    place.connection.abort(new Error("others need its place"));
  }
}
