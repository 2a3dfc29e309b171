/**
 * From a job as a file says it to the genesis that its owner signs: who keeps the log, and under which number.
 */

import { MeshworkError } from "../protocol/core/errors.ts";
import type { AgentId, MeshId } from "../protocol/core/ids.ts";
import { limits, RULES_VERSION } from "../protocol/core/limits.ts";
import { type DrawSeed, defaultCommitteeSize, drawCommittee } from "../protocol/job/committee-draw.ts";
import { type KnownWorld, knowledgeFor } from "../protocol/selection/knowledge.ts";
import { encode, list } from "../protocol/wire/codec.ts";
import {
  encodeGenesis,
  type Genesis,
  type Knowledge,
  knowledgeCodec,
  NO_KNOWLEDGE,
  nodeSpecCodec,
} from "../protocol/wire/genesis.ts";
import { hasher } from "./crypto.ts";
import type { ParsedJob } from "./job-file/parse-job.ts";

export interface Owner {
  readonly meshId: MeshId;
  readonly owner: AgentId;
  /** The job's number with its owner. The same for every draw: whoever said yes is drawn again. */
  readonly counter: number;
  readonly knowledge: KnownWorld;
  /** Agents that keep jobs, without those that refused or are gone. */
  readonly hosts: readonly AgentId[];
}

/** Rejects with `refused` if the mesh has too few agents for the committee that the job asks for. */
export function makeGenesis(job: ParsedJob, { meshId, owner, counter, knowledge: known, hosts }: Owner): Genesis {
  const tasks = hasher(encode(list(nodeSpecCodec, 4_096), job.nodes));
  const { committee, standbys } = drawFor(job, { meshId, owner, counter, tasks }, hosts);
  const { name, nodes, output, budget, deadlineMs, labels, selector, windowMs } = job;
  const rest = {
    knowledge: NO_KNOWLEDGE,
    counter,
    name,
    nodes,
    output,
    budget,
    deadlineMs,
    labels,
    selector,
    windowMs,
    committee,
    standbys,
  };
  const genesis = { meshId, rulesVersion: RULES_VERSION, owner, ...rest };
  const knowledge = knowledgeFor(known, new Set(nodes.map(({ skill }) => skill)), selector);
  return { ...genesis, knowledge: fitting(knowledge, limits.genesisBytes - encodeGenesis(genesis).length) };
}

/** As much of it as there is room for: a job that is nearly too large is submitted all the same, and starts with less. */
function fitting(knowledge: Knowledge, roomBytes: number): Knowledge {
  const forms = [knowledge, { ...knowledge, learned: NO_KNOWLEDGE.learned }, { ...knowledge, records: [] }];
  const room = roomBytes + encode(knowledgeCodec, NO_KNOWLEDGE).length;
  return forms.find((form) => encode(knowledgeCodec, form).length <= room) ?? NO_KNOWLEDGE;
}

function drawFor(job: ParsedJob, seed: DrawSeed, hosts: readonly AgentId[]): ReturnType<typeof drawCommittee> {
  if (job.committee !== null) return { committee: job.committee.map((agent) => ({ agent, power: 1 })), standbys: [] };
  const size = job.committeeSize ?? defaultCommitteeSize(hosts.length);
  if (hosts.length >= size) return drawCommittee(hasher, seed, hosts, size);
  const problem = `a committee of ${size} was asked for, and this mesh has ${hosts.length} agents that keep jobs`;
  throw new MeshworkError("refused", problem);
}
