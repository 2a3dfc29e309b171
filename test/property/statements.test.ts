/**
 * Signed statements, with real Ed25519: as they were signed they hold; altered anywhere they do not, and none can be
 * passed for another kind, mesh or author.
 */

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { makeIdentity } from "../../node/network/identity.ts";
import { createSigner, nodeCrypto as crypto } from "../../node/platform/crypto.ts";
import { Directory } from "../../protocol/capability/directory.ts";
import { bytesOf, embed } from "../../protocol/capability/embedding.ts";
import { isSignedProposal, isSignedVote, signProposal, signVote } from "../../protocol/consensus/ballots.ts";
import { type StatementKind, statementMessage } from "../../protocol/core/crypto.ts";
import type { AgentId, Hash, MeshId } from "../../protocol/core/ids.ts";
import { Pool } from "../../protocol/job/pool.ts";
import { beaconCodec, beaconHash, vcvCodec, vcvHash } from "../../protocol/wire/capability.ts";
import { type Codec, decode, encode } from "../../protocol/wire/codec.ts";
import { encodeCommand, envelopeCodec, envelopeHash } from "../../protocol/wire/command.ts";
import { proposalStatementCodec, voteCodec } from "../../protocol/wire/consensus.ts";
import { encodeGenesis, genesisCodec, jobIdOf, signedGenesisCodec } from "../../protocol/wire/genesis.ts";
import * as arbitrary from "../../scripts/fuzz/arbitraries.ts";
import { hash } from "../../scripts/fuzz/atoms.ts";
import { runs } from "../support/runs.ts";

const takeAll = {
  isDone: () => false,
  isWanted: () => false,
  isInvolved: () => true,
  isKept: () => false,
  isOfUse: () => true,
};

const MESH = "mesh" as MeshId;
const [ann, bob] = [1, 2].map((byte) => createSigner(makeIdentity(new Uint8Array(32).fill(byte))));
if (ann === undefined || bob === undefined) throw new Error("two identities");

const signature = (kind: StatementKind, hash: Hash): Uint8Array => ann.sign(statementMessage(MESH, kind, hash));
const verify = (agent: AgentId, mesh: MeshId, kind: StatementKind, hash: Hash, signed: Uint8Array): boolean =>
  crypto.verify(agent, statementMessage(mesh, kind, hash), signed);

/** One kind of statement. */
interface Kind<T> {
  readonly name: string;
  readonly codec: Codec<T>;
  /** Statements signed by ann. */
  readonly signed: fc.Arbitrary<T>;
  /** Whether a receiver in `mesh` takes it. */
  holds(statement: T, mesh: MeshId): boolean;
}

const kind = <T>(of: Kind<T>): Kind<unknown> => of as Kind<unknown>;

const KINDS: readonly Kind<unknown>[] = [
  kind({
    name: "vote",
    codec: voteCodec,
    signed: arbitrary.vote.map((vote) => signVote(MESH, crypto, ann, { ...vote, voter: ann.agent })),
    holds: (vote, mesh) => isSignedVote(mesh, crypto, vote),
  }),
  kind({
    name: "proposal",
    codec: proposalStatementCodec,
    signed: arbitrary.proposal.map(({ statement }) =>
      signProposal(MESH, crypto, ann, { ...statement, proposer: ann.agent }),
    ),
    holds: (statement, mesh) => isSignedProposal(mesh, crypto, statement),
  }),
  kind({
    name: "envelope",
    codec: envelopeCodec,
    signed: fc.tuple(hash, fc.uniqueArray(fc.nat(), { minLength: 1, maxLength: 3 })).map(([job, counters]) => {
      const commands = counters.map((counter) =>
        encodeCommand({ job, author: ann.agent, counter, body: { kind: "cancel" } }),
      );
      const content = { job, author: ann.agent, hashes: commands.map(crypto.hash) };
      return { ...content, signature: signature("commands", envelopeHash(crypto.hash, content)), commands };
    }),
    holds: (envelope, mesh) =>
      new Pool(mesh, envelope.job, crypto).add(0, envelope, takeAll, { source: "", isHost: false }).verdict.verdict ===
      "accept",
  }),
  kind({
    name: "capability vector",
    codec: vcvCodec,
    signed: arbitrary.vcv.map((any) => {
      const skills = any.skills.map((skill) => ({ ...skill, vector: bytesOf(embed(skill)) }));
      const vcv = { ...any, agent: ann.agent, skills, expiresMs: 1 };
      return { ...vcv, signature: signature("vcv", vcvHash(crypto.hash, vcv)) };
    }),
    holds: (vcv, mesh) =>
      new Directory(mesh, crypto, "other" as AgentId, { embedder: vcv.embedder }).take(0, vcv).verdict === "accept",
  }),
  kind({
    name: "beacon",
    codec: beaconCodec,
    signed: arbitrary.beacon.map((any) => {
      const beacon = { ...any, author: ann.agent };
      return { ...beacon, signature: signature("beacon", beaconHash(crypto.hash, beacon)) };
    }),
    holds: (beacon, mesh) => verify(beacon.author, mesh, "beacon", beaconHash(crypto.hash, beacon), beacon.signature),
  }),
  kind({
    name: "genesis",
    codec: signedGenesisCodec,
    signed: arbitrary.genesis.map((genesis) => {
      const bytes = encodeGenesis({ ...genesis, meshId: MESH, owner: ann.agent });
      return { bytes, signature: signature("genesis", crypto.hash(bytes)) };
    }),
    holds: (signed, mesh) => {
      const genesis = decode(genesisCodec, signed.bytes);
      if (!genesis.ok || genesis.value.meshId !== mesh) return false;
      return verify(genesis.value.owner, mesh, "genesis", jobIdOf(crypto.hash, signed), signed.signature);
    },
  }),
];

/** What a receiver makes of bytes: false if they do not even decode. */
function holdsBytes({ codec, holds }: Kind<unknown>, bytes: Uint8Array): boolean {
  const decoded = decode(codec, bytes);
  return decoded.ok && holds(decoded.value, MESH);
}

describe.each(KINDS)("$name", (of) => {
  test("holds as it was signed, also after a journey", () => {
    fc.assert(
      fc.property(of.signed, (statement) => of.holds(statement, MESH) && holdsBytes(of, encode(of.codec, statement))),
    );
  });

  test("does not hold in another mesh", () => {
    fc.assert(fc.property(of.signed, (statement) => !of.holds(statement, "other" as MeshId)));
  });

  test("does not hold with any single bit flipped", () => {
    const [statement] = fc.sample(of.signed, { numRuns: 1, seed: 7 });
    const bytes = encode(of.codec, statement);
    for (let bit = 0; bit < 8 * bytes.length; bit++) {
      const altered = Uint8Array.from(bytes);
      altered[bit >> 3]! ^= 1 << (bit & 7);
      if (holdsBytes(of, altered)) expect.fail(`bit ${bit} of ${bytes.length} bytes is not covered`);
    }
  });

  test("does not hold with bytes replaced", () => {
    const edits = fc.array(fc.tuple(fc.nat(), fc.nat(255)), { minLength: 1, maxLength: 4 });
    fc.assert(
      fc.property(of.signed, edits, (statement, replaced) => {
        const bytes = encode(of.codec, statement);
        const altered = Uint8Array.from(bytes);
        for (const [at, byte] of replaced) altered[at % bytes.length] = byte;
        return Buffer.compare(bytes, altered) === 0 || !holdsBytes(of, altered);
      }),
      { numRuns: runs(500) },
    );
  });

  test("does not lend its signature to another statement of its kind", () => {
    fc.assert(
      fc.property(of.signed, of.signed, (first, second) => {
        const [a, b] = [first, second] as { signature: Uint8Array }[];
        if (Buffer.compare(a!.signature, b!.signature) === 0) return true;
        return !of.holds({ ...a, signature: b!.signature }, MESH);
      }),
    );
  });
});

describe("kinds, authors and signatures", () => {
  const STATEMENTS: readonly StatementKind[] = [
    "genesis",
    "commands",
    "proposal",
    "prevote",
    "precommit",
    "vcv",
    "beacon",
  ];

  test("no kind passes for another", () => {
    fc.assert(
      fc.property(hash, (hash) => {
        for (const signedAs of STATEMENTS) {
          for (const takenAs of STATEMENTS) {
            expect(verify(ann.agent, MESH, takenAs, hash, signature(signedAs, hash))).toBe(signedAs === takenAs);
          }
        }
      }),
      { numRuns: 5 },
    );
  });

  test("no mesh's name makes the bytes of another's statement", () => {
    const meshes = ["a", "a/vcv", "a/vcv/vcv", "vcv", "", "a/"] as MeshId[];
    const hash = "0".repeat(64) as Hash;
    const messages = meshes.flatMap((mesh) => STATEMENTS.map((of) => Buffer.from(statementMessage(mesh, of, hash))));
    expect(new Set(messages.map((message) => message.toString("hex"))).size).toBe(messages.length);
  });

  test("a vote is not another's, and a prevote no precommit", () => {
    fc.assert(
      fc.property(arbitrary.vote, (any) => {
        const vote = signVote(MESH, crypto, ann, { ...any, voter: ann.agent });
        expect(isSignedVote(MESH, crypto, { ...vote, voter: bob.agent })).toBe(false);
        const other = vote.kind === "prevote" ? "precommit" : "prevote";
        expect(isSignedVote(MESH, crypto, { ...vote, kind: other })).toBe(false);
      }),
    );
  });

  test("the second signature that Ed25519 would allow (S + L) is refused", () => {
    const ORDER = 2n ** 252n + 27742317777372353535851937790883648493n;
    const message = statementMessage(MESH, "vcv", "1".repeat(64) as Hash);
    const signed = ann.sign(message);
    let scalar = 0n;
    for (let i = 63; i >= 32; i--) scalar = (scalar << 8n) | BigInt(signed[i]!);
    const twin = Uint8Array.from(signed);
    let rest = scalar + ORDER;
    for (let i = 32; i < 64; i++, rest >>= 8n) twin[i] = Number(rest & 255n);
    expect(crypto.verify(ann.agent, message, signed)).toBe(true);
    expect(crypto.verify(ann.agent, message, twin)).toBe(false);
  });
});
