/** Where a node says that it can be dialled, by what others found (docs/decisions/0020). */

import { expect, test } from "vitest";
import { AddressBook } from "../../../node/network/address-book.ts";
import { makeIdentity } from "../../../node/network/identity.ts";
import { isOutside, joinsAnotherMachine } from "../../../node/network/own-addresses.ts";
import { dialable, type Finding, judge } from "../../../node/network/reachability-findings.ts";
import { isLoopback } from "../../../protocol/capability/addresses.ts";
import type { AgentId } from "../../../protocol/core/ids.ts";

const LAN = "/ip4/192.168.1.7/tcp/4001";
const DOCKER = "/ip4/172.17.0.1/tcp/4001";
const ROUTER = "/ip4/203.0.113.9/tcp/4001";
const own = ["/ip4/127.0.0.1/tcp/4001", LAN, DOCKER, "/ip6/::1/tcp/4001", "/ip6/fe80::1/tcp/4001"];

const found = (...all: readonly [works: boolean, address: string, from?: string][]): Map<AgentId, Finding> =>
  new Map(
    all.map(([works, address, from], place) => [
      `agent-${place}` as AgentId,
      { works, addresses: [address], from: from ?? `192.168.1.${100 + place}` },
    ]),
  );

test("before anybody tried, what may lead here is told; never loopback, never link-local", () => {
  expect(dialable(own, found())).toEqual([LAN, DOCKER]);
  expect(judge(own, found()).state).toBe("unknown");
});

test("what works drives out what nobody tried", () => {
  expect(dialable(own, found([true, LAN]))).toEqual([LAN]);
  expect(judge(own, found([true, LAN]))).toEqual({
    state: "works",
    detail: `reachable at ${LAN} (agent agent-0 dialled back)`,
  });
});

test("where all that was tried failed, nothing is told, but for what the operator named", () => {
  expect(dialable(own, found([false, LAN]))).toEqual([]);
  expect(judge(own, found([false, LAN])).state).toBe("fails");
  expect(dialable(own, found([false, LAN]), (address) => address === DOCKER)).toEqual([DOCKER]);
});

test("one liar who says that it does not work is outweighed by one who dialled", () => {
  expect(dialable(own, found([false, LAN], [true, LAN], [false, LAN]))).toEqual([LAN]);
});

test("a foreign address takes two agents at different places", () => {
  expect(dialable(own, found([true, ROUTER]))).toEqual([LAN, DOCKER]);
  expect(dialable(own, found([true, ROUTER, "198.51.100.1"], [true, ROUTER, "198.51.100.1"]))).toEqual([LAN, DOCKER]);
  expect(dialable(own, found([true, ROUTER, "198.51.100.1"], [true, ROUTER, "198.51.100.2"]))).toEqual([ROUTER]);
});

test("a node that listens on its own machine only says so", () => {
  expect(judge(["/ip4/127.0.0.1/tcp/4001"], found())).toEqual({
    state: "fails",
    detail: "listens on its own machine only",
  });
});

test("addresses of this machine are told from those of others", () => {
  for (const address of ["/ip4/127.0.0.1/tcp/1", "/ip4/127.9.9.9/tcp/1", "/ip6/::1/tcp/1", "/dns4/localhost/tcp/1"])
    expect([address, isLoopback(address), isOutside(address)]).toEqual([address, true, false]);
  for (const address of ["/ip6/fe80::1/tcp/1", "/ip6zone/eth0/ip6/fe80::1/tcp/1", "/ip4/169.254.1.1/tcp/1"])
    expect([address, isOutside(address)]).toEqual([address, false]);
  for (const address of [
    "/ip4/10.0.0.1/tcp/1",
    "/ip6/2001:db8::1/tcp/1",
    "/dns4/a.example/tcp/1",
    "/ip4/12.7.0.1/tcp/1",
  ])
    expect([address, isOutside(address)]).toEqual([address, true]);
  expect(joinsAnotherMachine(["/ip4/127.0.0.1/tcp/1", "/ip4/0.0.0.0/tcp/1"])).toBe(false);
  expect(joinsAnotherMachine(["/ip4/127.0.0.1/tcp/1", "/dnsaddr/a.example"])).toBe(true);
});

test("a loopback address of an agent elsewhere is not dialled", () => {
  const { agent } = makeIdentity();
  const here = new AddressBook();
  const elsewhere = new AddressBook((_, address) => !isLoopback(address));
  for (const book of [here, elsewhere]) book.learn(agent, ["/ip4/127.0.0.1/tcp/4001", LAN]);
  expect(here.addressesOf(agent).length).toBe(2);
  expect(elsewhere.addressesOf(agent).map(String)).toEqual([`${LAN}/p2p/${agent}`]);
});
