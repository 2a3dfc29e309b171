/** Tests with a plain TCP connection whether something listens at an address. That takes milliseconds; libp2p keeps trying. */

import { connect } from "node:net";

const DIAL_MS = 5_000;

/** Where a multiaddr leads over TCP; `null` for other transports. */
export function tcpTarget(text: string): { readonly host: string; readonly port: number } | null {
  const match = /^\/(?:ip4|ip6|dns|dns4|dns6)\/([^/]+)\/tcp\/(\d{1,5})(?:\/|$)/.exec(text);
  const port = Number(match?.[2]);
  return match === null || port < 1 || port > 65_535 ? null : { host: match[1]!, port };
}

interface Probe {
  /** `refused`: the machine answers, and nothing listens there. `silent`: nothing came back. */
  readonly state: "open" | "refused" | "silent";
  /** What the system said; "" if it is open. */
  readonly detail: string;
}

/** `null` where there is no TCP port to try. `signal` ends it early. */
export function probe(text: string, signal?: AbortSignal): Promise<Probe | null> {
  const target = tcpTarget(text);
  if (target === null) return Promise.resolve(null);
  return new Promise((answer) => {
    const socket = connect({ ...target, timeout: DIAL_MS });
    const finish = (state: Probe["state"], detail: string): void => {
      socket.destroy();
      signal?.removeEventListener("abort", onAbort);
      answer({ state, detail });
    };
    const onAbort = (): void => finish("silent", "interrupted");
    signal?.addEventListener("abort", onAbort);
    socket.once("connect", () => finish("open", ""));
    socket.once("timeout", () => finish("silent", `no answer in ${DIAL_MS} ms`));
    socket.once("error", (error) => {
      const isRefused = "code" in error && error.code === "ECONNREFUSED";
      finish(isRefused ? "refused" : "silent", error.message);
    });
  });
}
