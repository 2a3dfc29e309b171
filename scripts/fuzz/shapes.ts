/**
 * Everything that a stranger may send or hand over, by name: its codec and valid examples. What the property tests and
 * the hostile frames go through, so that a new message or command is in both.
 */

import type { Arbitrary } from "fast-check";
import { beaconCodec, vcvCodec } from "../../protocol/wire/capability.ts";
import { certificateCodec } from "../../protocol/wire/certificate.ts";
import type { Codec } from "../../protocol/wire/codec.ts";
import { commandCodec, envelopeCodec } from "../../protocol/wire/command.ts";
import { proposalStatementCodec, voteCodec } from "../../protocol/wire/consensus.ts";
import { genesisCodec } from "../../protocol/wire/genesis.ts";
import { messageCodec } from "../../protocol/wire/message.ts";
import { packCodec } from "../../protocol/wire/pack.ts";
import { valueCodec } from "../../protocol/wire/value.ts";
import * as arbitrary from "./arbitraries.ts";

export interface Shape {
  readonly name: string;
  readonly codec: Codec<unknown>;
  readonly examples: Arbitrary<unknown>;
}

const shape = <T>(name: string, codec: Codec<T>, examples: Arbitrary<T>): Shape => ({
  name,
  codec: codec as Codec<unknown>,
  examples,
});

export const SHAPES: readonly Shape[] = [
  ...arbitrary.MESSAGE_KINDS.map((kind) => shape(`message ${kind}`, messageCodec, arbitrary.messageOf(kind))),
  ...arbitrary.COMMAND_KINDS.map((kind) => shape(`command ${kind}`, commandCodec, arbitrary.commandOf(kind))),
  shape("vote", voteCodec, arbitrary.vote),
  shape(
    "proposal statement",
    proposalStatementCodec,
    arbitrary.proposal.map(({ statement }) => statement),
  ),
  shape("envelope", envelopeCodec, arbitrary.envelope),
  shape("capability vector", vcvCodec, arbitrary.vcv),
  shape("beacon", beaconCodec, arbitrary.beacon),
  shape("genesis", genesisCodec, arbitrary.genesis),
  shape("certificate", certificateCodec, arbitrary.certificate),
  shape("pack", packCodec, arbitrary.packedFiles),
  shape("value", valueCodec, arbitrary.value),
];
