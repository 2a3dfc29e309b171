/** Whoever says that it keeps a job is believed only as far as what it gives is certified. */

import { expect, test } from "vitest";
import { Inquiries } from "../../node/inquiries.ts";
import { BUILT_IN_EMBEDDER } from "../../node/search/embedder.ts";
import { certifiedCodec } from "../../protocol/agent/status.ts";
import { ZERO_HASH } from "../../protocol/core/ids.ts";
import { encode } from "../../protocol/wire/codec.ts";
import { encodeValue } from "../../protocol/wire/value.ts";
import { inline } from "../../sim/workloads/job-builder.ts";
import { id, jobOf } from "../support/driven-agent.ts";

const wanted = jobOf("owner");
const other = jobOf("mallory", { committee: ["mallory"] });

/** A certificate of nothing, around another job, with the answer 666. */
const forged = (): Uint8Array => {
  const header = {
    ...{ job: other.job, height: 1, round: 0, proposer: id("mallory"), parent: other.job, timeMs: 1 },
    ...{ commandsHash: ZERO_HASH, eventsHash: ZERO_HASH, committeeHash: ZERO_HASH, nextCommitteeHash: ZERO_HASH },
    stateHash: null,
  };
  const certificate = {
    ...{ genesis: other.signed, changes: [], header, commit: [], event: new Uint8Array(1), parentEvents: ZERO_HASH },
    ...{ index: 0, count: 1, path: [] },
  };
  return encode(certifiedCodec, { certificate, shape: "value", outputs: [inline(666)] });
};

/** The agent of `--to` keeps no such job; "honest" keeps it; "a-liar" is first in the order of ids. */
function inquiries(): Inquiries {
  const parts: Inquiries = new Inquiries({
    self: id("client"),
    embedder: BUILT_IN_EMBEDDER,
    onCertified: () => undefined,
    ask: ({ id: number, to, query }) => {
      const reply = (ok: boolean, bytes: Uint8Array = new Uint8Array(0)): void =>
        queueMicrotask(() => parts.onReply({ kind: "reply", id: number, ok, bytes }));
      if (query.kind === "hosts") reply(true, encodeValue(["a-liar", "honest", "target"]));
      else if (to === "a-liar") reply(true, query.kind === "certificate" ? forged() : encodeValue("I keep it"));
      else reply(to === "honest", encodeValue({ job: wanted.job, status: "certified" }));
    },
    blobs: {} as never,
    network: {} as never,
  });
  return parts;
}

test("a keeper is one that can show something of the job", async () => {
  expect(await inquiries().keeperOf(wanted.job, id("target"))).toBe("honest");
});

test("a result with a certificate of another job is refused", async () => {
  await expect(inquiries().certified(wanted.job, id("a-liar"))).rejects.toThrow();
});
