/**
 * Why a committee is smaller than the mesh could have made it: agent by agent, for the owner of the job.
 */

import { hostsOf } from "../protocol/agent/checked-genesis.ts";
import type { AgentId } from "../protocol/core/ids.ts";
import { RULES_VERSION } from "../protocol/core/limits.ts";
import { defaultCommitteeSize } from "../protocol/job/committee-draw.ts";
import type { JobDraft } from "../protocol/job/draft.ts";
import type { Genesis } from "../protocol/wire/genesis.ts";
import type { Value } from "../protocol/wire/value.ts";
import { agentsOf, isPart, type KnownAgent } from "./node-status.ts";

/** Why an agent does not host a job. */
export type LeftOutWhy =
  /** Asked, it said no; `detail`: its reason. */
  | "refused"
  /** Asked, it did not answer. */
  | "silent"
  /** It could not be dialled from here; `detail`: where. */
  | "unreachable"
  /** It told the mesh that nobody can dial it: two such members never meet (protocol/agent/drawable.ts). */
  | "hidden"
  /** It works, but hosts no jobs. */
  | "keeps-no-jobs"
  /** It hosts jobs of other rules only; `detail`: which. */
  | "other-rules"
  /** It was not asked: the committee is as large as it can be without those above. */
  | "not-drawn";

export interface LeftOut {
  readonly agent: AgentId;
  readonly name: string;
  readonly why: LeftOutWhy;
  readonly detail: string;
}

interface CommitteeOutcome {
  readonly agents: readonly KnownAgent[];
  /** Members and standbys; empty if no committee was formed. */
  readonly hosts: readonly AgentId[];
  /** Members of the committee. */
  readonly size: number;
  /** The agents that were asked and are not among the hosts, each with its reason; "" if it gave none. */
  readonly declined: ReadonlyMap<AgentId, string>;
}

/** The agents that are not among the hosts. Empty if the committee is as large as it would be with all agents. */
export function leftOut({ agents, hosts, size, declined }: CommitteeOutcome): LeftOut[] {
  const working = agents.filter(isPart);
  if (size >= defaultCommitteeSize(working.length)) return [];
  const isAnyDialable = working.some((known) => known.hosts && known.addresses.length > 0);
  return working.flatMap((known): LeftOut[] => {
    const { agent, name } = known;
    if (hosts.includes(agent)) return [];
    return [{ agent, name, ...whyLeftOut(known, declined.get(agent), isAnyDialable) }];
  });
}

function whyLeftOut(
  known: KnownAgent,
  said: string | undefined,
  isAnyDialable: boolean,
): Pick<LeftOut, "why" | "detail"> {
  if (said !== undefined && said !== "") return { why: "refused", detail: said };
  if (!known.hosts) return { why: "keeps-no-jobs", detail: "" };
  if (known.rulesVersion !== RULES_VERSION) return { why: "other-rules", detail: `rules ${known.rulesVersion}` };
  if (known.reach === "unreachable") return { why: "unreachable", detail: known.why };
  if (said !== undefined) return { why: "silent", detail: known.addresses.join(", ") };
  return { why: isAnyDialable && known.addresses.length === 0 ? "hidden" : "not-drawn", detail: "" };
}

const WORDS: { readonly [why in LeftOutWhy]: string } = {
  refused: "refused",
  silent: "gave no answer",
  unreachable: "unreachable",
  hidden: "nobody can dial it: its own log names the port to open",
  "keeps-no-jobs": "hosts no jobs (--no-host)",
  "other-rules": `hosts no jobs of rules ${RULES_VERSION}: run the same version of Meshwork on all nodes`,
  "not-drawn": "was not asked",
};

/** Lines at most: of a mesh full of made-up agents nobody wants to read each. */
const LINES_MAX = 20;

/** One line for each, up to a bound. */
export function describeLeftOut(all: readonly LeftOut[]): string[] {
  const lines = all.slice(0, LINES_MAX).map(({ name, agent, why, detail }) => {
    const more = detail === "" ? "" : why === "silent" ? ` at ${detail}` : `: ${detail}`;
    return `${name} (${agent}) ${WORDS[why]}${more}`;
  });
  return all.length > LINES_MAX ? [...lines, `and ${all.length - LINES_MAX} more`] : lines;
}

/** The agents that the committee of a job lacks. `status`: of the node that submitted it. */
export function leftOutOf(
  { committee }: JobDraft,
  genesis: Genesis,
  status: Value,
  declined: ReadonlyMap<AgentId, string>,
): LeftOut[] {
  if (committee.kind === "named" || committee.size !== null) return []; // it is as large as its owner said
  return leftOut({ agents: agentsOf(status), hosts: hostsOf(genesis), size: genesis.committee.length, declined });
}
