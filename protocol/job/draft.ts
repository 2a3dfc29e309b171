/**
 * A job as its owner wants it, and the genesis made of it: who hosts the job, its number, and which part of the owner's
 * knowledge it starts with.
 *
 * Leaves to agent/submissions.ts who may be drawn, and when to draw again. Source: protocol.md 4 (genesis), 6 (knowledge).
 */

import type { Hasher } from "../core/crypto.ts";
import type { AgentId, MeshId } from "../core/ids.ts";
import { limits, RULES_VERSION } from "../core/limits.ts";
import { knownHosts } from "../selection/hosts.ts";
import { type KnownWorld, knowledgeFor } from "../selection/knowledge.ts";
import { encode, list } from "../wire/codec.ts";
import type { Member } from "../wire/consensus.ts";
import {
  encodeGenesis,
  type Genesis,
  type Knowledge,
  knowledgeCodec,
  NO_KNOWLEDGE,
  nodeSpecCodec,
} from "../wire/genesis.ts";
import {
  boundsNewcomers,
  type Candidate,
  type DrawSeed,
  defaultCommitteeSize,
  drawCommittee,
  inOrderOfWeight,
} from "./committee-draw.ts";
import { skillsOf } from "./graph.ts";

/** Which committee an owner asks for. */
export type CommitteeWish =
  /**
   * Drawn among the agents that host jobs. `size`: null for what suits their number; `standbysMax`: null for no limit;
   * `strangers`: newcomers may hold any part of the power (default: false).
   */
  | {
      readonly kind: "drawn";
      readonly size: number | null;
      readonly standbysMax: number | null;
      readonly strangers?: boolean;
    }
  /** These members, whoever else is there. */
  | { readonly kind: "named"; readonly members: readonly Member[]; readonly standbys: readonly Member[] };

/** As many members as suit the mesh. */
export const ANY_COMMITTEE: CommitteeWish = { kind: "drawn", size: null, standbysMax: null };

/** What an owner says of a job. */
export interface JobDraft
  extends Pick<Genesis, "name" | "nodes" | "output" | "budget" | "deadlineMs" | "labels" | "selector" | "windowMs"> {
  readonly committee: CommitteeWish;
  /** Default: false. */
  readonly redact?: boolean;
}

export interface Draw {
  readonly meshId: MeshId;
  readonly owner: AgentId;
  /** The job's number with its owner. The same for every draw, so that whoever said yes is drawn again. */
  readonly counter: number;
  readonly known: KnownWorld;
  /** Agents that may host the job. */
  readonly hosts: readonly Candidate[];
  /** How many agents answered, those that refuse too. Default: as many as there are in `hosts`. */
  readonly answered?: number;
}

/** How many members the committee of a draft has in a mesh with this many hosts. */
export const committeeSize = (wish: CommitteeWish, hosts: number): number =>
  wish.kind === "named" ? wish.members.length : (wish.size ?? defaultCommitteeSize(hosts));

/** Whether the draw of such a committee bounds newcomers. */
export const isBounded = (wish: CommitteeWish, { hosts }: Pick<KnownWorld, "hosts">): boolean =>
  wish.kind === "drawn" && wish.strangers !== true && boundsNewcomers(knownHosts(hosts).size);

const seedOf = (hasher: Hasher, { nodes }: JobDraft, { meshId, owner, counter }: Draw): DrawSeed => ({
  ...{ meshId, owner, counter },
  tasks: hasher(encode(list(nodeSpecCodec, limits.nodes), nodes)),
});

/** The hosts of a draw in its order: the best first. */
export const rankCandidates = (hasher: Hasher, draft: JobDraft, draw: Draw): Candidate[] =>
  inOrderOfWeight(hasher, seedOf(hasher, draft, draw), draw.hosts);

/** `few-hosts`, `few-known`: as committee-draw.ts says. */
export function makeGenesis(hasher: Hasher, draft: JobDraft, draw: Draw): Genesis | "few-hosts" | "few-known" {
  const { meshId, owner, counter, known, hosts, answered } = draw;
  const {
    committee: wish,
    name,
    nodes,
    output,
    budget,
    deadlineMs,
    labels,
    selector,
    windowMs,
    redact = false,
  } = draft;
  const drawn =
    wish.kind === "named"
      ? { committee: wish.members, standbys: wish.standbys }
      : drawCommittee(hasher, seedOf(hasher, draft, draw), hosts, {
          ...wish,
          answered,
          boundsNewcomers: isBounded(wish, known),
        });
  if (typeof drawn === "string") return drawn;
  const genesis = {
    ...{ meshId, rulesVersion: RULES_VERSION, owner, counter, name, nodes, output, budget, deadlineMs, labels },
    ...{ selector, windowMs, redact, ...drawn, knowledge: NO_KNOWLEDGE },
  };
  const knowledge = knowledgeFor(known, skillsOf(nodes), selector);
  return { ...genesis, knowledge: fitting(knowledge, limits.genesisBytes - encodeGenesis(genesis).length) };
}

/** As much of it as there is room for: a job that is nearly too large is still submitted, but starts with less. */
function fitting(knowledge: Knowledge, roomBytes: number): Knowledge {
  const forms = [knowledge, { ...knowledge, learned: NO_KNOWLEDGE.learned }, { ...knowledge, records: [] }];
  const room = roomBytes + encode(knowledgeCodec, NO_KNOWLEDGE).length;
  return forms.find((form) => encode(knowledgeCodec, form).length <= room) ?? NO_KNOWLEDGE;
}
