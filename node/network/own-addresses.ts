/**
 * The addresses of this machine: which multiaddrs a node listens on, and what their parts are.
 */

import { CODE_IP4, CODE_IP6, CODE_P2P, CODE_TCP, type Multiaddr } from "@multiformats/multiaddr";
import { isLinkLocal, isLoopback } from "../../protocol/capability/addresses.ts";

/** The port that agents listen on by default: the same after a restart, so that it can be opened in firewalls. */
export const DEFAULT_PORT = 4001;

/** What to listen on: these addresses, or every interface (on the default port if it is free, else on another). */
export type Listen = readonly string[] | "every-interface";

interface TcpAddress {
  readonly family: "ip4" | "ip6";
  readonly host: string;
  readonly port: number;
}

/** The parts of a plain TCP address; null for others, such as names and relays. */
export function tcpAddress(address: Multiaddr): TcpAddress | null {
  const [first, second] = address.getComponents();
  const family = first?.code === CODE_IP4 ? "ip4" : first?.code === CODE_IP6 ? "ip6" : null;
  if (family === null || second?.code !== CODE_TCP) return null;
  return { family, host: first!.value!, port: Number(second.value) };
}

export const textOf = ({ family, host, port }: TcpAddress): string => `/${family}/${host}/tcp/${port}`;

/** Protocol and host: `/ip4/192.0.2.7` of `/ip4/192.0.2.7/tcp/4001`. */
export const hostOf = (address: string): string => address.split("/", 3).join("/");

/** The address without the agent that it names. */
export const bare = (address: Multiaddr): string =>
  address.getComponents().some(({ code }) => code === CODE_P2P)
    ? address.toString().replace(/\/p2p\/[^/]+$/, "")
    : address.toString();

/** Whether another machine may be able to dial it. */
export const isOutside = (address: string): boolean =>
  !isLoopback(address) && !isLinkLocal(address) && !isWildcard(address);

/** A wildcard means every interface to a listener, and this machine to a dialler. */
const isWildcard = (address: string): boolean => /^\/(?:ip4\/0\.0\.0\.0|ip6\/[0:]+)(?:\/|$)/.test(address);

/** A node that joins only agents of its own machine, or nobody, needs no other interface. */
export const joinsAnotherMachine = (join: readonly string[]): boolean =>
  join.some((text) => !isLoopback(text) && !isWildcard(text));
