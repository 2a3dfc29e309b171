/**
 * Reads trace files of real nodes or of simulations, and checks them against the invariants (checkers/trace-check.ts).
 */

import { verifier } from "../../node/platform/crypto.ts";
import { openTrace, readMerged, type TraceReader } from "../../node/platform/traces/trace-reader.ts";
import type { Crypto } from "../../protocol/core/crypto.ts";
import { MeshworkError } from "../../protocol/core/errors.ts";
import type { AgentId } from "../../protocol/core/ids.ts";
import type { TraceHead, TraceLine } from "../../protocol/core/trace.ts";
import type { SimHost } from "../model/host.ts";
import { TraceCheck, type TraceVerdict } from "../parts/checkers/trace-check.ts";
import { createSignatures } from "../world/signatures.ts";

interface CheckTracesOptions {
  readonly host: SimHost;
  readonly paths: readonly string[];
  /** Names of agents whose word counts for nothing. */
  readonly distrust?: readonly string[];
  /** Told of every entry, in the order of time. `atMs`: since the run began. */
  readonly onLine?: (entry: TraceLine, atMs: number) => void;
  /** Told how much of the files has been read, 0 to 1, with every entry. */
  readonly onShare?: (share: number) => void;
}

export interface CheckedTraces extends TraceVerdict {
  readonly meshId: string;
  readonly isSimulated: boolean;
  /** Files whose last entry was cut off, and left out. */
  readonly cutOff: readonly string[];
}

/** Signatures as the writers of the trace made them. Those of a simulation follow from its seed. */
function cryptoOf({ simulated }: TraceHead, host: SimHost): Crypto {
  if (simulated === null) return { hash: host.hasher, verify: verifier };
  const { seed, signatures } = simulated;
  const made = signatures === "real" ? host.realSignatures(String(seed)) : createSignatures(seed, host.hasher);
  return {
    hash: host.hasher,
    verify: (agent, message, signature) => {
      made.signerOf(agent); // agents join while it runs: each has its key from its name
      return made.verify(agent, message, signature);
    },
  };
}

/** Traces of one mesh only: agents of two have nothing in common. */
function commonHead(files: readonly TraceReader[]): TraceHead {
  const { path, head } = files[0]!;
  for (const other of files) {
    const isSame = other.head.meshId === head.meshId && other.head.simulated?.seed === head.simulated?.seed;
    if (isSame) continue;
    throw new MeshworkError("invalid-file", `${path} and ${other.path} are traces of different meshes, or runs`);
  }
  return head;
}

/** Rejects with `invalid-file` where a file is not a trace, and with `usage` where a name is not in it. */
export async function checkTraces(options: CheckTracesOptions): Promise<CheckedTraces> {
  const { host, paths, distrust = [], onLine, onShare } = options;
  const files: TraceReader[] = [];
  try {
    for (const path of paths) files.push(await openTrace(path));
    const { meshId, simulated } = commonHead(files);
    const agents = files.flatMap(({ head }) => head.agents);
    const unknown = distrust.find((name) => !agents.some((agent) => agent.name === name));
    if (unknown !== undefined)
      throw new MeshworkError("usage", `there is no agent called ${unknown}`, "name agents as the trace does");
    const isDistrusted = (name: string, byzantine = false): boolean => byzantine || distrust.includes(name);
    const untrusted = new Set(agents.flatMap((one) => (isDistrusted(one.name, one.byzantine) ? [one.agent] : [])));
    const known = new Set(agents.map(({ agent }) => agent));
    // In a simulation everybody's entries are there, those of agents that joined later as well.
    const isHonest = (agent: AgentId): boolean => !untrusted.has(agent) && (simulated !== null || known.has(agent));
    const originMs = Math.min(...files.map(({ head }) => head.startedAt));
    const check = new TraceCheck({
      meshId,
      crypto: cryptoOf(files[0]!.head, host),
      fromBase64: (text) => new Uint8Array(Buffer.from(text, "base64")),
      originMs,
      isHonest,
    });
    const listeners = new Map(files.map((file) => [file, check.open(file.path, file.head, file.unit)]));
    await readMerged(files, (entry, file) => {
      listeners.get(file)!(entry, file.line);
      onLine?.(entry, entry.t - originMs);
      onShare?.(files.reduce((sum, { share }) => sum + share, 0) / files.length);
    });
    const cutOff = files.flatMap(({ path, isCutOff }) => (isCutOff ? [path] : []));
    return { ...check.finish(), meshId, isSimulated: simulated !== null, cutOff };
  } finally {
    for (const file of files) await file.close();
  }
}
