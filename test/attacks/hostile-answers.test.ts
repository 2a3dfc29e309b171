/** An agent that claims to host a job is believed only as far as its answers are certified. */

import { expect, test } from "vitest";
import { Inquiries } from "../../node/inquiries.ts";
import { AddressBook } from "../../node/network/address-book.ts";
import { makeIdentity } from "../../node/network/identity.ts";
import { BUILT_IN_EMBEDDER } from "../../node/search/embedder.ts";
import { certifiedCodec } from "../../protocol/agent/certified-result.ts";
import { type Hash, ZERO_HASH } from "../../protocol/core/ids.ts";
import { limits } from "../../protocol/core/limits.ts";
import { encodeCertificate } from "../../protocol/wire/certificate.ts";
import { encode } from "../../protocol/wire/codec.ts";
import { encodePart, type Parcel } from "../../protocol/wire/parcel.ts";
import { encodeValue } from "../../protocol/wire/value.ts";
import { inline } from "../../sim/parts/workloads/job-builder.ts";
import { id, jobOf } from "../support/driven-agent.ts";

const wanted = jobOf("owner");
const other = jobOf("mallory", { committee: ["mallory"] });

/** What the liar gives instead, and who hears of what the asker fetches. */
interface Lies {
  readonly certificate?: Parcel;
  readonly outputs?: readonly Parcel[];
  readonly onFetch?: (bytes: number) => void;
}

/** A certificate of nothing, around another job, with the answer 666. */
const forged = ({ certificate: given, outputs }: Lies): Uint8Array => {
  const header = {
    ...{ job: other.job, height: 1, round: 0, proposer: id("mallory"), parent: other.job, timeMs: 1 },
    ...{ commandsHash: ZERO_HASH, eventsHash: ZERO_HASH, committeeHash: ZERO_HASH, nextCommitteeHash: ZERO_HASH },
    stateHash: null,
  };
  const certificate = {
    ...{ genesis: other.signed, changes: [], header, commit: [], event: new Uint8Array(1), parentEvents: ZERO_HASH },
    ...{ index: 0, count: 1, path: [] },
  };
  return encode(certifiedCodec, {
    certificate: given ?? { kind: "inline", bytes: encodeCertificate(certificate) },
    shape: "value",
    outputs: outputs ?? [{ kind: "inline", bytes: encodePart([inline(666)]) }],
  });
};

/** The agent of `--to` keeps no such job; "honest" keeps it; "a-liar" is first in the order of ids. */
function inquiries(lies: Lies = {}): Inquiries {
  const parts: Inquiries = new Inquiries({
    self: id("client"),
    embedder: BUILT_IN_EMBEDDER,
    onCertified: () => undefined,
    ask: ({ id: number, to, query }) => {
      const reply = (ok: boolean, bytes: Uint8Array = new Uint8Array(0)): void =>
        queueMicrotask(() => parts.onReply({ kind: "reply", id: number, ok, bytes }));
      if (query.kind === "hosts") reply(true, encodeValue(["a-liar", "honest", "target"]));
      else if (to === "a-liar") reply(true, query.kind === "certificate" ? forged(lies) : encodeValue("I keep it"));
      else reply(to === "honest", encodeValue({ job: wanted.job, status: "certified" }));
    },
    blobs: { has: async () => false } as never,
    network: {
      fetchBlob: async (_: Hash, bytes: number) => {
        lies.onFetch?.(bytes);
        return false;
      },
    } as never,
  });
  return parts;
}

test("a host of a job is an agent that can show something of it", async () => {
  expect(await inquiries().hostOf(wanted.job, id("target"))).toBe("honest");
});

test("a result with a certificate of another job is refused, before anything of it is fetched", async () => {
  await expect(inquiries().certified(wanted.job, id("a-liar"))).rejects.toThrow(/is not certified/);
  const fetched: number[] = [];
  const parts = [{ kind: "blob" as const, hash: ZERO_HASH, bytes: limits.blobBytes }];
  const liar = inquiries({ outputs: parts, onFetch: (bytes) => void fetched.push(bytes) });
  await expect(liar.certified(wanted.job, id("a-liar"))).rejects.toThrow(/is not certified/);
  expect(fetched).toEqual([]);
});

test("a certificate in a blob that nobody gives is no certificate", async () => {
  const certificate = { kind: "blob" as const, hash: ZERO_HASH, bytes: 1_000 };
  await expect(inquiries({ certificate }).certified(wanted.job, id("a-liar"))).rejects.toThrow(/nobody gives the blob/);
});

// --- questions in words -------------------------------------------------------------------------------

const claim = (agent: string, similarity: number, price: number) => ({
  ...{ agent, name: agent, skill: "count", description: "", similarity, price, expectedMs: 10, labels: [] },
});

/** "home" knows "worker" and names "liar" for another shard, who says what it likes. */
function searching(lies: readonly ReturnType<typeof claim>[], book = new AddressBook()): Inquiries {
  const parts: Inquiries = new Inquiries({
    self: id("client"),
    embedder: BUILT_IN_EMBEDDER,
    onCertified: () => undefined,
    ask: ({ id: number, to, query }) => {
      const contacts = [
        { agent: "liar", addresses: [] },
        ...[...book.agents()].map((agent) => ({ agent, addresses: ["/ip4/192.0.2.66/tcp/6"] })),
      ];
      const answer =
        query.kind === "shards" ? contacts : to === "home" ? [claim("worker", 0.5, 1)] : to === "liar" ? lies : [];
      queueMicrotask(() => parts.onReply({ kind: "reply", id: number, ok: true, bytes: encodeValue(answer as never) }));
    },
    blobs: {} as never,
    network: {
      address: (agent: never, addresses: readonly string[]) => book.learn(agent, addresses),
      suggest: (agent: never, addresses: readonly string[]) => book.suggest(agent, addresses),
    } as never,
  });
  return parts;
}

test("an agent that is known is as its own shard says, whatever another one says of it", async () => {
  const found = await searching([claim("worker", 0.9, 1_000_000), claim("far", 0.4, 1)]).findAgents(
    "count",
    3,
    id("home"),
  );
  expect(found.map(({ agent, price }) => ({ agent, price }))).toEqual([
    { agent: "worker", price: 1 },
    { agent: "far", price: 1 },
  ]);
});

test("nobody is more similar than the same, or pays to work", async () => {
  const [liar] = await searching([claim("liar", 1_000, 1)]).findAgents("count", 3, id("home"));
  expect(liar).toMatchObject({ agent: "liar", similarity: 1 });
  const found = await searching([claim("liar", 0.9, -1_000_000)]).findAgents("count", 3, id("home"));
  expect(found.map(({ agent }) => agent)).toEqual(["worker"]);
});

test("where an agent said that it is stays, whatever another one says", async () => {
  const book = new AddressBook();
  const { agent } = makeIdentity();
  book.learn(agent, ["/ip4/192.0.2.1/tcp/1"]);
  await searching([], book).findAgents("count", 3, id("home"));
  expect(book.addressesOf(agent).map(String)).toEqual([`/ip4/192.0.2.1/tcp/1/p2p/${agent}`]);
});
