/**
 * What the text of an address says about who can dial it. The core carries addresses and never dials: it only tells
 * apart those that mean another machine.
 */

/** However it is written: `::1` is `0:0:0:0:0:0:0:1` too, and IPv4 within IPv6 may stand in hexadecimal digits. */
const LOOPBACK =
  /^(?:\/ip6zone\/[^/]+)?\/(?:ip4\/127\.|ip6\/[0:]*:(?:0{0,3}1\/|ffff:(?:127\.|7f[0-9a-f]{2}:))|dns[46]?\/(?:[^/]+\.|ip6-)?localhost\.?\/)/i;

/** Leads to the machine that reads it, whichever that is: means nothing to another one. */
export const isLoopback = (address: string): boolean => LOOPBACK.test(`${address}/`);

/** Leads to the network segment of whoever reads it. */
export const isLinkLocal = (address: string): boolean =>
  /^\/(?:ip6zone\/|ip4\/169\.254\.|ip6\/fe[89ab])/i.test(address);
