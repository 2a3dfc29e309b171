/** Which network a peer is connected from, whatever it calls itself. */

import type { Connection } from "@libp2p/interface";
import { multiaddr } from "@multiformats/multiaddr";
import { expect, it } from "vitest";
import { Origins } from "../../../node/network/origins.ts";

const connections = (...addresses: string[]): Connection[] =>
  addresses.map((address) => ({ remoteAddr: multiaddr(address) }) as unknown as Connection);

it("goes by the address at the other end", () => {
  const origins = new Origins();
  expect(origins.of(connections("/ip4/198.51.100.7/tcp/1", "/ip6/2001:db8::1/tcp/1"))).toBe("198.51.100.0/24");
  expect(origins.of(connections("/ip4/198.51.100.7/tcp/1", "/ip4/10.0.0.1/tcp/1"))).toBe("");
  expect(origins.of([])).toBe("");
});

it("goes by where a name led that was dialled", async () => {
  const origins = new Origins();
  // A name that is an address needs no server to be looked up.
  for (const all of [false, true])
    await new Promise((resolve) => origins.lookup("198.51.100.9", { all }, resolve as never));
  expect(origins.of(connections("/dns4/198.51.100.9/tcp/1"))).toBe("198.51.100.0/24");
  await new Promise((resolve) => origins.lookup("10.0.0.7", {}, resolve as never));
  expect(origins.of(connections("/dns4/10.0.0.7/tcp/1"))).toBe("");
  expect(origins.of(connections("/dns4/long.forgotten.example/tcp/1"))).toBe("dns4/long.forgotten.example");
});
