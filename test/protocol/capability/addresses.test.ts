/** From which network an address is: what an identity costs, and what is exempt. */

import { describe, expect, it } from "vitest";
import { originOf } from "../../../protocol/capability/addresses.ts";

describe("the origin of an address", () => {
  it.each([
    ["/ip4/198.51.100.7/tcp/4001", "198.51.100.0/24"],
    ["/ip4/198.51.100.250/tcp/1/p2p/12D3KooW", "198.51.100.0/24"],
    ["/ip4/172.32.0.1/tcp/1", "172.32.0.0/24"],
    ["/ip4/100.128.0.1/tcp/1", "100.128.0.0/24"],
    ["/ip6/2001:db8:1:2:3:4:5:6/tcp/1", "2001:db8:1::/48"],
    ["/ip6/2001:0DB8:0001::6/tcp/1", "2001:db8:1::/48"],
    ["/ip6zone/eth0/ip6/2001:db8::1/tcp/1", "2001:db8:0::/48"],
  ])("is the piece that one rents as a whole: %s", (address, origin) => {
    expect(originOf(address)).toBe(origin);
  });

  it.each([
    ["/ip6/::ffff:198.51.100.7/tcp/1", "198.51.100.0/24"],
    ["/ip6/::ffff:c633:6407/tcp/1", "198.51.100.0/24"],
    ["/ip6/64:ff9b::c633:6407/tcp/1", "198.51.100.0/24"],
    ["/ip6/2002:c633:6407:9::1/tcp/1", "198.51.100.0/24"],
    ["/ip6/::ffff:10.0.0.1/tcp/1", ""],
  ])("sees the IPv4 address within an IPv6 one: %s", (address, origin) => {
    expect(originOf(address)).toBe(origin);
  });

  it.each([
    "/ip4/127.0.0.1/tcp/1",
    "/ip4/10.1.2.3/tcp/1",
    "/ip4/172.16.0.1/tcp/1",
    "/ip4/192.168.1.1/tcp/1",
    "/ip4/169.254.1.1/tcp/1",
    "/ip4/100.64.0.1/tcp/1",
    "/ip6/::1/tcp/1",
    "/ip6/fd00::1/tcp/1",
    "/ip6zone/eth0/ip6/fe80::1/tcp/1",
    "/dns4/example.org/tcp/1",
    "/ip4/1.2.3/tcp/1",
    "/ip4/1.2.3.999/tcp/1",
    "/ip6/1:2:3/tcp/1",
    "/ip6/1::2::3/tcp/1",
    "/ip6/1:2:3:4:5:6:7:8:9/tcp/1",
    "/ip6/1:2:3:4:5:6:7:wxyz/tcp/1",
    "",
    "nonsense",
  ])("is none where it is private, or no address: %s", (address) => {
    expect(originOf(address)).toBe("");
  });
});
