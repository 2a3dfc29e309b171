/**
 * The process of one attack. It attacks until it is killed, or for at most its time and some more, so that nothing is left of
 * it where nobody is there to kill it.
 */

import { ATTACKS } from "./catalog.ts";
import { IN_FORCE, type Order, readOrder } from "./order.ts";

/** Beyond `order.seconds`, ms. */
const LEFT_MS = 120_000;

const order = readOrder<Order & { readonly attack: string }>();
const attack = ATTACKS.find(({ name }) => name === order.attack)!;
setTimeout(() => process.exit(0), order.seconds * 1_000 + (attack.startsWithinMs ?? 0) + LEFT_MS);
// Nodes hang up in all ways that there are; whatever a stranger's libp2p makes of that is not the stranger's end.
process.on("uncaughtException", () => undefined);
process.on("unhandledRejection", () => undefined);
await attack.start(order);
process.stdout.write(`${IN_FORCE}\n`);
setInterval(() => undefined, 60_000);
