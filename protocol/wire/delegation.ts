/**
 * Delegations: an owner's signed statement that a connection acts for it. A command of the command line connects with a
 * key that is made for the process, so that several commands of one owner do not receive each other's answers; the owner's
 * own key only signs.
 *
 * Source: protocol.md 2 (clients).
 */

import type { Hasher } from "../core/crypto.ts";
import type { Hash, MeshId } from "../core/ids.ts";
import { limits } from "../core/limits.ts";
import { type Codec, hashOf, type Infer, oneOf, struct, text, uint } from "./codec.ts";
import { agentId, signature } from "./consensus.ts";

const delegationFields = {
  mesh: text<MeshId>(limits.meshIdBytes) as Codec<MeshId>,
  owner: agentId,
  /** The id under which the owner's process is connected. */
  connectionKey: agentId,
  role: oneOf(["client"]),
  /** Wall-clock ms until which it is valid. */
  notAfterMs: uint(),
};
const delegationContentCodec = struct(delegationFields);
/** A client sends it before each message that only its owner may send. */
export const delegationCodec = struct({ ...delegationFields, signature });
type DelegationContent = Infer<typeof delegationContentCodec>;
export type Delegation = Infer<typeof delegationCodec>;

export const delegationHash = (hasher: Hasher, content: DelegationContent): Hash =>
  hashOf(hasher, delegationContentCodec, content);
