/** Whom a node lets in when others take all places. */

import { multiaddr } from "@multiformats/multiaddr";
import { expect, test } from "vitest";
import { DEFAULT_NODE_LIMITS, type NodeLimits } from "../../../node/limits/node-limits.ts";
import { InboundPlaces } from "../../../node/network/inbound-places.ts";
import { networkLimits } from "../../../node/network/network-limits.ts";

type Incoming = Parameters<InboundPlaces["onProved"]>[0];

class Socket extends EventTarget {
  readonly remoteAddr;
  isClosed = false;

  constructor(address: string) {
    super();
    this.remoteAddr = multiaddr(address);
  }

  abort(): void {
    this.isClosed = true;
    this.dispatchEvent(new Event("close"));
  }
}

const placesWith = (limits: Partial<NodeLimits["connections"]>): InboundPlaces =>
  new InboundPlaces({ ...DEFAULT_NODE_LIMITS.connections, ...limits });

/** Each a second after the one before, so that rates do not matter. */
let nowMs = 0;
function open(places: InboundPlaces, ...hosts: readonly string[]): Socket[] {
  return hosts.map((host) => {
    nowMs += 1_000;
    const socket = new Socket(`/${host.includes(":") ? "ip6" : "ip4"}/${host}/tcp/4001`);
    expect(places.onSocket(socket as unknown as Incoming, nowMs)).toBe(true);
    return socket;
  });
}
const prove = (places: InboundPlaces, ...sockets: readonly Socket[]): boolean[] =>
  sockets.map((socket) => places.onProved(socket as unknown as Incoming));
const closed = (sockets: readonly Socket[]): boolean[] => sockets.map(({ isClosed }) => isClosed);

test("a machine that opens sockets and says nothing displaces its own, and nobody else's", () => {
  const places = placesWith({ pendingPerAddress: 2 });
  const honest = open(places, "203.0.113.9");
  const silent = open(places, "203.0.113.7", "203.0.113.7", "203.0.113.7", "203.0.113.7");
  expect(closed(silent)).toEqual([true, true, false, false]);
  expect(closed(honest)).toEqual([false]);
  expect(prove(places, ...honest)).toEqual([true]);
});

test("when all places of those that did not prove themselves are taken, the network with most gives up its oldest", () => {
  const places = placesWith({ pending: 4 });
  const honest = open(places, "198.51.100.1");
  const silent = open(places, "203.0.113.1", "203.0.113.2", "203.0.113.3");
  open(places, "192.0.2.1");
  expect(closed(honest)).toEqual([false]);
  expect(closed(silent)).toEqual([true, false, false]);
});

test("sockets of this machine displace each other too, so that a silent one keeps nobody out", () => {
  const places = placesWith({ pending: 3, pendingPerAddress: 1 });
  const silent = open(places, "127.0.0.1", "127.0.0.1", "127.0.0.1");
  expect(closed(silent)).toEqual([false, false, false]); // exempt from the bound of one address
  const honest = open(places, "127.0.0.1");
  expect(closed(silent)).toEqual([true, false, false]);
  expect(prove(places, ...honest)).toEqual([true]);
});

test("a machine opens only some connections a second, and a private one as many as it likes", () => {
  const places = placesWith({});
  const at = (host: string) => places.onSocket(new Socket(`/ip4/${host}/tcp/1`) as unknown as Incoming, 0);
  const many = Array.from({ length: networkLimits.connectionsBurst + 10 }, () => 0);
  expect(many.map(() => at("203.0.113.7")).filter(Boolean).length).toBe(networkLimits.connectionsBurst + 1);
  expect(many.map(() => at("10.0.0.7")).every(Boolean)).toBe(true);
  expect(at("203.0.113.8")).toBe(true);
});

test("a network has some open connections: the machine with most of them makes room for its neighbours", () => {
  const places = placesWith({ perOrigin: 4 });
  const greedy = open(places, "203.0.113.7", "203.0.113.7", "203.0.113.7", "203.0.113.7", "203.0.113.7");
  expect(prove(places, ...greedy)).toEqual([true, true, true, true, false]);
  const neighbour = open(places, "203.0.113.9", "203.0.113.9", "203.0.113.9");
  expect(prove(places, ...neighbour)).toEqual([true, true, false]);
  expect(closed(greedy.slice(0, 4))).toEqual([false, false, true, true]);
  expect(prove(places, ...open(places, "198.51.100.1"))).toEqual([true]);
});

test("others' connections never take the places of those that this node dials, and the network with most makes room", () => {
  const places = placesWith({ total: 6, outbound: 2, perOrigin: 64 });
  const greedy = open(places, "203.0.113.1", "203.0.113.2", "203.0.113.3", "203.0.113.4", "203.0.113.5");
  expect(prove(places, ...greedy)).toEqual([true, true, true, true, false]);
  const honest = open(places, "198.51.100.1");
  expect(prove(places, ...honest)).toEqual([true]);
  expect(closed(greedy.slice(0, 4))).toEqual([false, false, false, true]);
  expect(prove(places, new Socket("/ip4/192.0.2.1/tcp/1"))).toEqual([true]); // one that this node dialled is not counted
});

test("a customer's whole IPv6 network counts as one machine", () => {
  const places = placesWith({ pendingPerAddress: 1 });
  const sockets = open(places, "2001:db8:1::1", "2001:db8:1:ffff::2", "2001:db8:2::1");
  expect(closed(sockets)).toEqual([true, false, false]);
});

test("who is refused for its rate is kept waiting until it hangs up or its time is over, while there is room for it", async () => {
  const places = placesWith({ upgradeMs: 3_600_000 });
  const refused = Array.from({ length: networkLimits.keptWaiting + 1 }, () => new Socket("/ip4/203.0.113.7/tcp/1"));
  const ended: boolean[] = refused.map(() => false);
  const waits = refused.map(async (socket, i) => {
    await places.keepWaiting(socket as unknown as Incoming);
    ended[i] = true;
  });
  await waits.at(-1); // there is no room for the last one
  expect(ended.slice(0, -1)).not.toContain(true);
  for (const socket of refused) socket.abort();
  await Promise.all(waits);

  const brief = placesWith({ upgradeMs: 1 });
  await brief.keepWaiting(new Socket("/ip4/203.0.113.7/tcp/1") as unknown as Incoming);
});
