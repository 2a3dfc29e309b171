/**
 * What the text of an address says about who can dial it, and about whose it is. The core carries addresses and never dials:
 * it only tells apart those that mean another machine, and those that cost somebody something.
 */

/** However it is written: `::1` is `0:0:0:0:0:0:0:1` too, and IPv4 within IPv6 may stand in hexadecimal digits. */
const LOOPBACK =
  /^(?:\/ip6zone\/[^/]+)?\/(?:ip4\/127\.|ip6\/[0:]*:(?:0{0,3}1\/|ffff:(?:127\.|7f[0-9a-f]{2}:))|dns[46]?\/(?:[^/]+\.|ip6-)?localhost\.?\/)/i;

/** Leads to the machine that reads it, whichever that is: means nothing to another one. */
export const isLoopback = (address: string): boolean => LOOPBACK.test(`${address}/`);

/** Leads to the network segment of whoever reads it. */
export const isLinkLocal = (address: string): boolean =>
  /^\/(?:ip6zone\/|ip4\/169\.254\.|ip6\/fe[89ab])/i.test(address);

/** The parts of an IPv4 address, null if it is none. */
function ipv4(host: string): number[] | null {
  if (!/^\d{1,3}(?:\.\d{1,3}){3}$/.test(host)) return null;
  const parts = host.split(".").map(Number);
  return parts.every((part) => part <= 255) ? parts : null;
}

/** The eight groups of an IPv6 address, null if it is none; the last two may stand as IPv4. */
function ipv6(host: string): number[] | null {
  const tail = /^(.*:)(\d{1,3}(?:\.\d{1,3}){3})$/.exec(host);
  const last = tail === null ? [] : ipv4(tail[2]!);
  if (last === null) return null;
  const [a, b, c, d] = last;
  const text = tail === null ? host : `${tail[1]}${(a! * 256 + b!).toString(16)}:${(c! * 256 + d!).toString(16)}`;
  const halves = text.split("::");
  if (halves.length > 2) return null;
  const [head, rest] = halves.map((half) => (half === "" ? [] : half.split(":")));
  const missing = 8 - head!.length - (rest?.length ?? 0);
  if (rest === undefined ? missing !== 0 : missing < 1) return null;
  const groups = [...head!, ...Array.from({ length: missing }, () => "0"), ...(rest ?? [])];
  return groups.every((group) => /^[0-9a-f]{1,4}$/i.test(group))
    ? groups.map((group) => Number.parseInt(group, 16))
    : null;
}

function originOfIpv4([a, b, c]: readonly number[]): string {
  const isPrivate =
    a === 0 ||
    a === 10 ||
    a === 127 ||
    (a === 100 && b! >= 64 && b! < 128) || // shared by the customers of a provider
    (a === 169 && b === 254) ||
    (a === 172 && b! >= 16 && b! < 32) ||
    (a === 192 && b === 168);
  return isPrivate ? "" : `${a}.${b}.${c}.0/24`;
}

const bytesOf = (high: number, low: number): number[] => [high >> 8, high & 255, low >> 8, low & 255];

function originOfIpv6(groups: readonly number[]): string {
  const [a, b, c, d, e, f, g, h] = groups as [number, number, number, number, number, number, number, number];
  const isZeroTo = (end: number): boolean => groups.slice(0, end).every((group) => group === 0);
  // An IPv4 address in the clothes of IPv6 costs what that address costs: mapped, translated (NAT64), or 6to4.
  if (isZeroTo(5) && (f === 0xff_ff || f === 0)) return originOfIpv4(bytesOf(g, h));
  if (a === 0x64 && b === 0xff_9b && c + d + e + f === 0) return originOfIpv4(bytesOf(g, h));
  if (a === 0x20_02) return originOfIpv4(bytesOf(b, c));
  const isPrivate = (a & 0xfe_00) === 0xfc_00 || (a & 0xff_c0) === 0xfe_80;
  return isPrivate ? "" : `${a.toString(16)}:${b.toString(16)}:${c.toString(16)}::/48`;
}

/**
 * The network of an address (a multiaddr), as the smallest piece that one usually rents as a whole: an IPv4 /24, an IPv6 /48.
 * Whoever has many identities has few origins. "" is exempt from every bound: loopback, private and link-local addresses, and
 * text in which no address stands.
 */
export function originOf(address: string): string {
  const [, family, host = ""] = address.replace(/^\/ip6zone\/[^/]+/i, "").split("/");
  if (family === "ip4") {
    const parts = ipv4(host);
    return parts === null ? "" : originOfIpv4(parts);
  }
  if (family !== "ip6") return "";
  const groups = ipv6(host);
  return groups === null ? "" : originOfIpv6(groups);
}
