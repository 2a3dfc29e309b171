/** What a worker computed for an award, or why it did not, and the commands that it gives for it. */

import { readsOutputs } from "../answer/flags.ts";
import { clip } from "../core/bytes.ts";
import type { Hasher } from "../core/crypto.ts";
import { type AgentId, type AwardRef, type TaskId, taskParts } from "../core/ids.ts";
import { limits } from "../core/limits.ts";
import type { Input } from "../input.ts";
import { bytes, encode, type Infer, nullable, struct } from "../wire/codec.ts";
import { type BodyOf, type CommandBody, NONCE_BYTES, sealHash } from "../wire/command.ts";
import { type Data, dataCodec, dataHash, type Genesis, ppm, price } from "../wire/genesis.ts";
import { usageCodec } from "../wire/usage.ts";

const MIB = 1024 * 1024;
/** The longest reason of a failure, bytes. */
const MESSAGE_BYTES = 200;
/** A busy skill that does not say when it can work again is asked again after this, ms. */
const RETRY_MS = 1_000;

/** Stored before its seal is sent, so that it can be revealed after a restart. */
export const workCodec = struct({
  nonce: bytes(NONCE_BYTES),
  data: dataCodec,
  confidence: ppm,
  cost: price,
  usage: nullable(usageCodec),
});
export type Work = Infer<typeof workCodec>;
export const encodeWork = (work: Work): Uint8Array => encode(workCodec, work);

export function sealCommand(
  hasher: Hasher,
  worker: AgentId,
  { job, task, attempt }: AwardRef,
  work: Work,
): CommandBody {
  const { nonce, data, confidence, cost, usage } = work;
  const output = dataHash(hasher, data);
  const seal = sealHash(hasher, { job, task, attempt, worker, nonce, output, confidence, cost, usage });
  const mebibytes = data.kind === "blob" ? Math.ceil(data.bytes / MIB) : 0;
  return { kind: "seal", task, attempt, seal, mebibytes };
}

/** Why an output would be an answer that agrees with none, in words; null if the ledger takes it. */
function explainTooLarge({ nodes }: Genesis, task: TaskId, size: number): string | null {
  if (size <= limits.inlineBytes) return null;
  const spec = nodes.find(({ id }) => id === taskParts(task).node);
  if (spec === undefined || !readsOutputs(spec.policy)) return null;
  return `an output of ${size} bytes; this job looks into outputs (\`compare\`, \`flags\`), so it takes at most ${limits.inlineBytes}. Return less, or let the job only compare: exact`;
}

/** What a worker has found, as the log takes it; a text says why the log does not. */
export function finishWork(
  hasher: Hasher,
  genesis: Genesis,
  { award, output, nonce, confidencePpm: confidence, cost, usage }: Extract<Input, { kind: "workDone" }>,
): Work | string {
  const tooLarge = explainTooLarge(genesis, award.task, output.length);
  if (tooLarge !== null) return tooLarge;
  const data: Data =
    output.length <= limits.inlineBytes
      ? { kind: "inline", bytes: output }
      : { kind: "blob", hash: hasher(output), bytes: output.length };
  return { nonce, data, confidence, cost, usage };
}

/** The output itself: `isSealed`, with the nonce that opens its seal. */
export function resultCommand({ task, attempt }: AwardRef, work: Work, isSealed: boolean): CommandBody {
  const { data, confidence, cost, usage, nonce } = work;
  return { kind: "result", task, attempt, data, confidence, cost, usage, nonce: isSealed ? nonce : null };
}

/** Why an award brings no result. */
export type WorkFailure = Pick<BodyOf<"failure">, "reason" | "retryMs" | "message">;

/** The award will bring no result. `retryMs`: when a busy skill can work again; 0: it does not say. */
export function failureCommand(
  { task, attempt }: AwardRef,
  serial: number,
  { reason, retryMs: saidMs, message: said }: WorkFailure,
): CommandBody {
  const waitMs = saidMs > 0 ? Math.min(Math.ceil(saidMs), limits.durationMs) : RETRY_MS;
  const retryMs = reason === "busy" ? waitMs : 0;
  return { kind: "failure", task, attempt, serial, reason, retryMs, message: clip(said, MESSAGE_BYTES) };
}
