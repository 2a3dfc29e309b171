/**
 * From which network each peer is connected (protocol/capability/addresses.ts): by the addresses of its connections, and by
 * what a name led to where this node dialled one. Otherwise a peer that advertises a name of its own would have no origin.
 */

import { lookup as lookUp } from "node:dns";
import type { LookupFunction } from "node:net";
import type { Connection } from "@libp2p/interface";
import { isLoopback, originOf } from "../../protocol/capability/addresses.ts";

/** Names whose addresses are remembered: as many as a node has connections, several times over. */
const NAMES = 1_024;

export class Origins {
  /** Addresses by name, the name that was looked up longest ago first. */
  readonly #addresses = new Map<string, readonly string[]>();

  /** For `net.connect`: looks a name up as Node does, and remembers the answer. */
  readonly lookup: LookupFunction = (name, options, callback) => {
    lookUp(name, options, (error, address, family) => {
      if (error === null)
        this.#remember(name, typeof address === "string" ? [address] : address.map((one) => one.address));
      callback(error, address, family);
    });
  };

  #remember(name: string, addresses: readonly string[]): void {
    this.#addresses.delete(name);
    this.#addresses.set(name, addresses);
    if (this.#addresses.size > NAMES) this.#addresses.delete(this.#addresses.keys().next().value!);
  }

  /** Who is connected from a private network is exempt, whatever other connections it has: no stranger gets there. */
  of(connections: readonly Connection[]): string {
    const origins = connections.map(({ remoteAddr }) => this.#ofAddress(remoteAddr.toString()));
    return origins.includes("") ? "" : (origins[0] ?? "");
  }

  #ofAddress(address: string): string {
    const [, kind = "", name = ""] = address.split("/");
    if (!/^dns[46]?$/.test(kind) || isLoopback(address)) return originOf(address);
    const addresses = this.#addresses.get(name);
    // It is not known any more where the name led: only what is known to be private is exempt.
    if (addresses === undefined) return `${kind}/${name}`;
    const found = addresses.map((host) => originOf(`/${host.includes(":") ? "ip6" : "ip4"}/${host}`));
    return found.find((origin) => origin !== "") ?? "";
  }
}
