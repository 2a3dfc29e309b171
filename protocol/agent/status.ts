/**
 * What a node tells of its jobs when it is asked: plain data for `meshwork status`, and the answer of a job.
 */

import { compareText } from "../core/bytes.ts";
import type { Hasher } from "../core/crypto.ts";
import { type AgentId, taskId } from "../core/ids.ts";
import { limits } from "../core/limits.ts";
import { SHAPES } from "../job/event.ts";
import { tasksToCome } from "../job/graph.ts";
import type { AgentRecord } from "../job/state.ts";
import type { Acquaintance } from "../membership/acquaintances.ts";
import type { Vcv } from "../wire/capability.ts";
import { encodeCertificate } from "../wire/certificate.ts";
import { encode, list, oneOf, struct } from "../wire/codec.ts";
import type { Data } from "../wire/genesis.ts";
import { blobParcel, encodePart, PARCELS_MAX, type Parcel, parcelCodec, splitList } from "../wire/parcel.ts";
import type { Value } from "../wire/value.ts";
import type { DivergedJob } from "./containment.ts";
import type { HostedJob } from "./hosted-job.ts";

/**
 * A certificate with the outputs that it certifies - one value, or the items of a list, in parts. Parts that are too large
 * for a frame are blobs, which the agent that answers hands out. Each is checked by its hash, and all by the certificate.
 */
export const certifiedCodec = struct({
  /** Canonical bytes (wire/certificate.ts). */
  certificate: parcelCodec,
  shape: oneOf(SHAPES),
  /** Canonical bytes of lists of data (wire/parcel.ts), which together are the outputs in order. */
  outputs: list(parcelCodec, PARCELS_MAX),
});

const TASKS_SHOWN = 1_000;

/** A job as one object that JSON can hold, with at most `most` of its nodes and of its agents; it says how many it leaves out. */
export function describeJob(hosted: HostedJob, nameOf: (agent: string) => string, most: number): Value {
  const { state } = hosted.replica.decided;
  const { stats } = hosted;
  const nodes = hosted.genesis.nodes.map((spec) => {
    const node = state.nodes.get(spec.id)!;
    return { node: spec.id, skill: spec.skill, status: node.status, tasks: node.total, accepted: node.done };
  });
  let ready = 0;
  let running = 0;
  for (const [, task] of state.tasks.sorted()) {
    if (task.awards.some((award) => award.status !== "ended")) running++;
    else ready++;
  }
  const shown = Math.min(TASKS_SHOWN, most);
  const opened = nodes.filter(({ status }) => status !== "waiting").map(({ node, tasks }) => [node, tasks] as const);
  const total = tasksToCome(hosted.genesis.nodes, new Map(opened));
  const outcome = state.outcome.get();
  return {
    job: hosted.job,
    name: hosted.genesis.name,
    owner: hosted.genesis.owner,
    role: hosted.role,
    status: state.status.get(),
    reason: outcome?.reason ?? "",
    height: state.height.get(),
    timeMs: state.timeMs.get(),
    startedMs: state.startedMs.get(),
    deadlineMs: state.startedMs.get() + hosted.genesis.deadlineMs,
    budget: hosted.genesis.budget,
    spent: state.spent.get(),
    reserved: state.reserved.get(),
    committee: state.committee
      .get()
      .map((member) => ({ agent: member.agent, name: nameOf(member.agent), power: member.power })),
    standbys: [...state.standbys.get()],
    silent: [...hosted.silent],
    tasks: {
      total,
      ready,
      running,
      accepted: stats.accepted,
      failed: stats.failed,
      reassigned: stats.reassignments.total,
      reassignedBy: stats.reassignments.counts,
      undecided: stats.undecided,
      unproven: state.unproven.get(),
    },
    nodes: nodes.slice(0, shown),
    leftOut: { nodes: Math.max(0, nodes.length - shown), agents: Math.max(0, state.agents.size - most) },
    agents: state.agents
      .sorted()
      .slice(0, most)
      .map(([agent, record]) => ({ agent, name: nameOf(agent), ...describeRecord(record) })),
  };
}

function describeRecord(record: AgentRecord): { readonly [field: string]: Value } {
  const { offers, awards, results, accepted, rejected, timeouts, failures, live, earned, dead } = record;
  return { offers, awards, results, accepted, rejected, timeouts, failures, live, earned, dead };
}

/** Jobs that went wrong here, the newest first, `most` of them. */
export function describeDiverged(diverged: Iterable<DivergedJob>, most: number): Value {
  const newest = [...diverged].sort((a, b) => b.atMs - a.atMs || compareText(a.job, b.job));
  const shown = newest.slice(0, Math.min(TASKS_SHOWN, most));
  return shown.map(({ job, name, owner, reason, atMs, isMarked }) => ({ job, name, owner, reason, atMs, isMarked }));
}

/** `reach`: as `self` found it; `heardMs`: how long ago something came from it, null if nothing did. */
export function describeAgent(vcv: Vcv, self: AgentId, seen: Acquaintance, monoMs: number): Value {
  const { agent, name, slots, labels, addresses, hosts } = vcv;
  const skills = vcv.skills.map((skill) => ({
    name: skill.name,
    description: skill.description,
    price: skill.price,
    expectedMs: skill.expectedMs,
  }));
  const isHere = agent === self;
  const reach = isHere ? "self" : seen.isConnected ? "connected" : seen.unreachable === "" ? "unknown" : "unreachable";
  const heardMs = isHere || seen.heardMs === null ? null : Math.max(0, Math.floor(monoMs - seen.heardMs));
  const why = reach === "unreachable" ? seen.unreachable : "";
  return { agent, name, skills, slots, labels: [...labels], addresses: [...addresses], hosts, reach, why, heardMs };
}

/** The outputs of a job's result as the ledger holds them: references for blobs. */
function outputsOf(hosted: HostedJob): readonly Data[] | null {
  const { state } = hosted.replica.decided;
  const name = hosted.genesis.output;
  const node = state.nodes.get(name)!;
  if (node.status !== "accepted") return null;
  const outputs: Data[] = [];
  const ids =
    node.shape === "list"
      ? Array.from({ length: node.total }, (_, index) => taskId(name, index))
      : [taskId(name, null)];
  for (const id of ids) {
    const data = state.answers.get(id)?.data;
    if (data === undefined || data === null) return null;
    outputs.push(data);
  }
  return outputs;
}

/** Bytes of an answer above which its parts are handed out as blobs. */
const INLINE_MAX = limits.frameBytes / 4;

/** The answer of a certified job, and the blobs that must be stored for whoever asks. Cost: linear in the outputs. */
export function encodeCertified(
  hosted: HostedJob,
  hasher: Hasher,
): { bytes: Uint8Array; blobs: readonly Uint8Array[] } | null {
  const outputs = outputsOf(hosted);
  if (hosted.certificate === null || outputs === null) return null;
  const parts = [encodeCertificate(hosted.certificate), ...splitList(outputs).map(encodePart)];
  const isSmall = parts.reduce((sum, part) => sum + part.length, 0) <= INLINE_MAX;
  const [certificate, ...lists] = parts.map(
    (bytes): Parcel => (isSmall ? { kind: "inline", bytes } : blobParcel(hasher, bytes)),
  );
  const shape = hosted.replica.decided.state.nodes.get(hosted.genesis.output)!.shape;
  const bytes = encode(certifiedCodec, { certificate: certificate!, shape, outputs: lists });
  return { bytes, blobs: isSmall ? [] : parts };
}
