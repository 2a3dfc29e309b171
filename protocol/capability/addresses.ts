/**
 * What the text of an address says about who can dial it. The core carries addresses and never dials: it only tells
 * apart those that mean another machine.
 */

/** Leads to the machine that reads it, whichever that is: means nothing to another one. */
export const isLoopback = (address: string): boolean =>
  /^\/(?:ip4\/127\.|ip6\/(?:::1\/|::ffff:127\.)|dns[46]?\/localhost\/)/.test(`${address}/`);

/** Leads to the network segment of whoever reads it. */
export const isLinkLocal = (address: string): boolean =>
  /^\/(?:ip6zone\/|ip4\/169\.254\.|ip6\/fe[89ab])/i.test(address);
