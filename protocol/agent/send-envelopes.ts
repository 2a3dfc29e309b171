/** Envelopes in frames that stay well below the limit. */

import type { AgentId, JobId } from "../core/ids.ts";
import { limits } from "../core/limits.ts";
import type { Envelope } from "../wire/command.ts";
import type { Context } from "./context.ts";

export function sendEnvelopes(context: Context, job: JobId, to: AgentId, envelopes: readonly Envelope[]): void {
  let batch: Envelope[] = [];
  let bytes = 0;
  const flush = (): void => {
    if (batch.length > 0) context.send(to, { kind: "envelopes", job, envelopes: batch });
    batch = [];
    bytes = 0;
  };
  for (const envelope of envelopes) {
    const size = envelope.commands.reduce((sum, command) => sum + command.length, 40 * envelope.hashes.length + 256);
    if (bytes + size > limits.frameBytes / 2 || batch.length === limits.blockCommands) flush();
    batch.push(envelope);
    bytes += size;
  }
  flush();
}
