/** What a stranger can sign of its own: agents that do not exist, and jobs that no honest owner would submit. */

import { parseJob } from "../../node/job-file/parse-job.ts";
import { makeIdentity } from "../../node/network/identity.ts";
import { createSigner, nodeCrypto } from "../../node/platform/crypto.ts";
import { EMBEDDER_NAME } from "../../protocol/capability/embedding.ts";
import { type Signer, statementMessage } from "../../protocol/core/crypto.ts";
import type { AgentId, JobId, MeshId } from "../../protocol/core/ids.ts";
import { RULES_VERSION } from "../../protocol/core/limits.ts";
import { type JobDraft, makeGenesis } from "../../protocol/job/draft.ts";
import { EMPTY_WORLD } from "../../protocol/selection/knowledge.ts";
import { type Vcv, type VcvContent, vcvHash } from "../../protocol/wire/capability.ts";
import { encodeGenesis, type Items, jobIdOf } from "../../protocol/wire/genesis.ts";
import type { Message } from "../../protocol/wire/message.ts";

const { hash } = nodeCrypto;

export const range = (count: number): readonly number[] => Array.from({ length: count }, (_, i) => i);

/** The vector of a host that does not exist. */
export function makeVector(mesh: MeshId): Vcv {
  const signer = createSigner(makeIdentity());
  const content: VcvContent = {
    ...{ agent: signer.agent, incarnation: Date.now(), version: 1, name: "made-up", embedder: EMBEDDER_NAME },
    ...{ skills: [], slots: 1, labels: [], addresses: [], hosts: true, rulesVersion: RULES_VERSION, depth: 0 },
    expiresMs: Date.now() + 500_000,
  };
  return { ...content, signature: signer.sign(statementMessage(mesh, "vcv", vcvHash(hash, content))) };
}

/** A job for which nobody has the skill, as YAML. */
export const idleJob = (name: string, deadline: string, input: string): string =>
  `name: ${name}\nbudget: 1\ndeadline: ${deadline}\ntasks:\n  never: { skill: nobody.has-it, ${input} }\noutput: never\n`;

/** The same as a draft of a map, whose items the signer of the job chooses. */
export const idleDraft = (): Promise<JobDraft> =>
  parseJob(idleJob("idle", "1d", "map: { over: [1] }"), { file: "job.yaml", directory: "." });

interface MadeUpJob {
  readonly hosts: readonly AgentId[];
  readonly standbys?: readonly AgentId[];
  /** Default: those of the draft. */
  readonly items?: Items;
  readonly vcvs?: readonly Vcv[];
}

/** Tells the jobs of one process apart. */
let made = 0;

/** An invitation to a job of `signer`, and its id. */
export function makeInvitation(mesh: MeshId, signer: Signer, draft: JobDraft, job: MadeUpJob) {
  const members = (agents: readonly AgentId[]) => agents.map((agent) => ({ agent, power: 1 }));
  const { hosts, standbys = [], items, vcvs = [] } = job;
  const nodes = draft.nodes.map((node) =>
    items !== undefined && node.generator.kind === "map" ? { ...node, generator: { ...node.generator, items } } : node,
  );
  const committee = { kind: "named", members: members(hosts), standbys: members(standbys) } as const;
  const genesis = makeGenesis(
    hash,
    { ...draft, nodes, committee, name: `made-up-${made++}` },
    { meshId: mesh, owner: signer.agent, counter: Date.now(), known: EMPTY_WORLD, hosts: [] },
  );
  if (typeof genesis === "string") throw new Error(genesis);
  const bytes = encodeGenesis(genesis);
  const id = jobIdOf(hash, { bytes, signature: new Uint8Array(0) });
  const signature = signer.sign(statementMessage(mesh, "genesis", id));
  const invite: Message = { kind: "invite", genesis: { bytes, signature }, vcvs };
  return { job: id, invite };
}

/** Its owner's word that the job is not to begin. */
export const makeWithdrawal = (mesh: MeshId, signer: Signer, job: JobId): Message => ({
  ...{ kind: "withdraw", job },
  signature: signer.sign(statementMessage(mesh, "withdraw", job)),
});
