/** An output that the ledger would not read fails at its worker, before it is sealed, and says what would have done. */

import { expect, test } from "vitest";
import { limits } from "../../../protocol/core/limits.ts";
import { decode } from "../../../protocol/wire/codec.ts";
import { commandCodec } from "../../../protocol/wire/command.ts";
import { encodeValue } from "../../../protocol/wire/value.ts";
import { sealedPolicy, single } from "../../../sim/parts/workloads/job-builder.ts";
import { awardItem, crypto, DrivenAgent, jobOf } from "../../support/driven-agent.ts";

const TEXT = { kind: "text", case: true, space: true, punctuation: true } as const;

/** Kinds of the commands that a worker says about an output of `units` letters. */
function saidOf(compare: typeof TEXT | { readonly kind: "exact" }, units: number): unknown[] {
  const made = jobOf("owner", { committee: ["m0"], nodes: [single("a", 1, { policy: sealedPolicy({ compare }) })] });
  const worker = new DrivenAgent("worker");
  worker.learn("m0", made);
  const out = worker.frame("m0", { kind: "notice", job: made.job, items: [awardItem("a", { sealed: true })] });
  const output = encodeValue("x".repeat(units));
  if (output.length > limits.inlineBytes)
    worker.input({ kind: "blobStored", job: made.job, hash: crypto.hash(output) });
  worker.effects = [];
  const nonce = new Uint8Array(32);
  worker.input({
    kind: "workDone",
    award: worker.of("work", out)[0]!.award,
    output,
    confidencePpm: 1,
    cost: 1,
    usage: null,
    nonce,
  });
  worker.pass(2_000, 100);
  const envelopes = worker.sent().flatMap(({ message }) => (message.kind === "envelopes" ? message.envelopes : []));
  return envelopes
    .flatMap(({ commands }) => commands)
    .map((bytes) => {
      const decoded = decode(commandCodec, bytes);
      return decoded.ok ? decoded.value.body : null;
    });
}

const failure = expect.objectContaining({
  kind: "failure",
  reason: "too-large",
  message: expect.stringMatching(/output of 16387 bytes.*at most 16384.*compare: exact/) as string,
});
const seal = expect.objectContaining({ kind: "seal" });

test("a comparator other than exact takes no blobs", () => {
  expect(saidOf(TEXT, limits.inlineBytes)).toEqual([failure]);
});

test("as much as the log holds is sealed", () => {
  expect(saidOf(TEXT, limits.inlineBytes - 3)).toEqual([seal]);
});

test("exact takes blobs", () => {
  expect(saidOf({ kind: "exact" }, limits.inlineBytes)).toEqual([seal]);
});
