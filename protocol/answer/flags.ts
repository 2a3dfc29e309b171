/**
 * Red flags: what shows, before outputs are compared, that one is no answer. It is discarded, never repaired: it counts as an
 * answer that agrees with none.
 *
 * Source: protocol.md 7; MAKER (arXiv 2511.09030, red-flagging).
 */

import type { Policy } from "../wire/genesis.ts";

/** Whether the ledger looks into outputs. It never reads blobs, so it takes none then: `limits.inlineBytes` is the most. */
export const readsOutputs = ({ compare }: Pick<Policy, "compare">): boolean => compare.kind !== "exact";
