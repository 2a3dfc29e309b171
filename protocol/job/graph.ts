/**
 * Whether a genesis makes sense, beyond its shape: names, references, cycles, policies, committee. Both sides use
 * it: the owner before it signs, and every node that is asked to host.
 */

import { readSchema } from "../answer/flags.ts";
import { isOutputSchema } from "../answer/output-schema.ts";
import { compilePattern, isPattern } from "../answer/pattern.ts";
import { isEmbedding, vectorOf } from "../capability/embedding.ts";
import { explainNotCommittee } from "../consensus/committee.ts";
import { toHex } from "../core/bytes.ts";
import type { AgentId } from "../core/ids.ts";
import { limits, RULES_VERSION } from "../core/limits.ts";
import { type Data, type Genesis, type Items, type Like, NO_FLAGS, type NodeSpec } from "../wire/genesis.ts";
import { isPath } from "../wire/value-path.ts";
import { skillKey } from "./keys.ts";

/** Something wrong with a genesis: a code, and the node and the name that it concerns. */
interface GenesisProblem {
  readonly code: string;
  readonly node: string;
  readonly detail: string;
}

/** Names of nodes: they become task ids and file names. */
export const NODE_NAME = /^[a-z0-9][a-z0-9_-]*$/i;

/** Nodes whose output a node's input refers to. */
export function sourcesOf(spec: NodeSpec): string[] {
  const sources: string[] = [];
  if (spec.input.kind === "output") sources.push(spec.input.node);
  if (spec.generator.kind === "map" && spec.generator.items.kind === "output") sources.push(spec.generator.items.node);
  return sources;
}

/** Nodes that must be accepted before a node opens, each once. */
export function prerequisitesOf(spec: NodeSpec): string[] {
  return [...new Set([...sourcesOf(spec), ...spec.needs])];
}

/** Tasks that a node unfolds into; null: as many as another node's output has items, which only the log says. */
export function plannedTasks({ generator }: Pick<NodeSpec, "generator">): number | null {
  if (generator.kind === "single") return 1;
  if (generator.kind === "chain") return generator.steps;
  const { items, batch } = generator;
  if (items.kind === "output") return null;
  const count = items.kind === "parts" ? items.count : items.kind === "list" ? items.items.length : items.packs.length;
  return Math.ceil(count / batch);
}

/**
 * How many tasks each node is known to have; null where nothing is known. `opened`: by name, how many those nodes have
 * that opened; of the other nodes, the genesis says how many. A map over a whole map has as many items as that one has
 * tasks; of a map over a list in an output nothing is known until it opens.
 */
export function tasksByNode(
  nodes: readonly NodeSpec[],
  opened: ReadonlyMap<string, number>,
): ReadonlyMap<string, number | null> {
  const all = withChecks(nodes);
  const specs = new Map(all.map((spec) => [spec.id, spec]));
  const known = new Map<string, number | null>(opened);
  const countOf = (id: string): number | null => {
    const before = known.get(id);
    if (before !== undefined) return before;
    const { generator } = specs.get(id)!;
    let count = plannedTasks({ generator });
    if (generator.kind === "map" && generator.items.kind === "output") {
      const { node, path } = generator.items;
      const isList = path === "" && specs.get(node)!.generator.kind === "map";
      const items = isList ? countOf(node) : null;
      count = items === null ? null : Math.ceil(items / generator.batch);
    }
    known.set(id, count);
    return count;
  };
  for (const { id } of nodes) countOf(id);
  return known;
}

/** All tasks that are known to come, as `tasksByNode` says. */
export function tasksToCome(nodes: readonly NodeSpec[], opened: ReadonlyMap<string, number>): number {
  const counts = tasksByNode(nodes, opened);
  return nodes.reduce((sum, { id }) => sum + (counts.get(id) ?? 0), 0);
}

/** No name of a node contains it: ends the name that checks of a node's answers go by. */
export const CHECK_SUFFIX = "~check";

/** The node that checks the answers of one under the rule `verified` (verification.ts); null under any other rule. */
function checkOf(spec: NodeSpec): NodeSpec | null {
  const { accept } = spec.policy;
  if (accept.kind !== "verified") return null;
  const { skill, verifiers, quorum: q } = accept;
  return {
    id: `${spec.id}${CHECK_SUFFIX}`,
    ...{ skill, labels: [], input: { kind: "none" }, needs: [], generator: { kind: "single" }, like: null },
    policy: {
      ...spec.policy,
      ...{ redundancy: verifiers, redundancyMax: 2 * verifiers },
      ...{ accept: { kind: "quorum", q }, compare: { kind: "exact" } },
      flags: NO_FLAGS,
    },
  };
}

/** The nodes of a genesis, with those that check answers. */
export const withChecks = (nodes: readonly NodeSpec[]): readonly NodeSpec[] =>
  nodes.flatMap((spec) => [spec, checkOf(spec) ?? []].flat());

/** Skills that a job of these nodes asks for, those of verifiers included. */
export const skillsOf = (nodes: readonly NodeSpec[]): ReadonlySet<string> =>
  new Set(withChecks(nodes).map(({ skill }) => skill));

/** What the graph says, computed once a job. */
export interface Graph {
  readonly specs: ReadonlyMap<string, NodeSpec>;
  /** Nodes that need a node before they open. */
  readonly dependents: ReadonlyMap<string, readonly string[]>;
  /** Nodes whose input refers to a node's output. */
  readonly readers: ReadonlyMap<string, readonly string[]>;
  /** Skills that the job asks for. */
  readonly skills: ReadonlySet<string>;
  /** Items of maps over other nodes' outputs, decoded once: by hash of the output and path. */
  readonly items: Map<string, readonly Data[]>;
}

export function createGraph(nodes: readonly NodeSpec[]): Graph {
  const all = withChecks(nodes);
  const specs = new Map(all.map((spec) => [spec.id, spec]));
  const dependents = new Map<string, string[]>(nodes.map((spec) => [spec.id, []]));
  const readers = new Map<string, string[]>(nodes.map((spec) => [spec.id, []]));
  for (const spec of nodes) {
    for (const name of prerequisitesOf(spec)) dependents.get(name)!.push(spec.id);
    for (const name of sourcesOf(spec)) readers.get(name)!.push(spec.id);
  }
  return { specs, dependents, readers, skills: skillsOf(nodes), items: new Map() };
}

/** A cycle as a list of names that ends where it begins, or null. */
function findCycle(nodes: ReadonlyMap<string, NodeSpec>): string[] | null {
  const finished = new Set<string>();
  for (const start of nodes.keys()) {
    // Depth first with a stack of our own: a chain of thousands of nodes must not overflow the engine's.
    const path: { name: string; next: string[] }[] = [{ name: start, next: prerequisitesOf(nodes.get(start)!) }];
    const onPath = new Set([start]);
    while (path.length > 0) {
      const top = path[path.length - 1]!;
      const next = top.next.pop();
      if (next === undefined) {
        finished.add(top.name);
        onPath.delete(top.name);
        path.pop();
      } else if (onPath.has(next)) {
        const names = path.map((entry) => entry.name);
        return [...names.slice(names.indexOf(next)), next];
      } else if (!finished.has(next) && nodes.has(next)) {
        path.push({ name: next, next: prerequisitesOf(nodes.get(next)!) });
        onPath.add(next);
      }
    }
  }
  return null;
}

function explainPolicy({ policy, skill: ofSkill }: NodeSpec): string | null {
  if (policy.redundancy < 1) return "redundancy-zero";
  if (policy.redundancyMax < policy.redundancy) return "redundancy-above-maximum";
  if (policy.accept.kind === "first" && policy.redundancyMax !== 1) return "first-takes-redundancy-1";
  if (policy.accept.kind === "quorum" && (policy.accept.q < 1 || policy.accept.q > policy.redundancyMax))
    return "quorum-out-of-reach";
  if (policy.accept.kind === "ahead-by" && (policy.accept.k < 1 || policy.accept.k > policy.redundancyMax))
    return "lead-out-of-reach";
  if (policy.accept.kind === "confidence-weighted" && policy.accept.leastPpm < 500_000) return "confidence-below-half";
  if (policy.accept.kind === "median" && policy.compare.kind !== "number") return "median-of-no-numbers";
  if (policy.compare.kind === "field") {
    const { fields } = policy.compare;
    if (fields.length === 0 || !fields.every(({ path }) => isPath(path))) return "no-field";
  }
  if (policy.accept.kind === "verified") {
    const { skill, verifiers, quorum } = policy.accept;
    // Twice as many may be asked; and two quorums must not say two things.
    if (2 * verifiers > limits.seats || quorum > verifiers || 2 * quorum <= verifiers) return "verifiers-out-of-reach";
    if (skill === ofSkill) return "checks-itself";
  }
  const { maxBytes, pattern, schema } = policy.flags;
  if (maxBytes === 0) return "max-bytes-zero";
  if (pattern !== null && !isPattern(compilePattern(pattern))) return "bad-pattern";
  if (schema !== null && !isOutputSchema(readSchema(schema))) return "bad-schema";
  if (policy.timeoutMs < 1) return "timeout-zero";
  return null;
}

/** The most that a part may have that more than one task reads, bytes: each reads all of it. */
const SHARED_PART_BYTES = 1024 * 1024;

/** Whether a list in parts has as many parts as its items need, and no task's items stand in two of them. */
function areParts(items: Items, batch: number): boolean {
  if (items.kind !== "parts") return true;
  const { count, each, parts } = items;
  if (each > batch && parts.some(({ bytes }) => bytes > SHARED_PART_BYTES)) return false;
  return each >= 1 && parts.length === Math.ceil(count / each) && (parts.length <= 1 || each % batch === 0);
}

function explainNode(spec: NodeSpec, nodes: ReadonlyMap<string, NodeSpec>): GenesisProblem | null {
  const problem = (code: string, detail = ""): GenesisProblem => ({ code, node: spec.id, detail });
  if (!NODE_NAME.test(spec.id)) return problem("bad-name");
  for (const name of prerequisitesOf(spec)) if (!nodes.has(name)) return problem("missing-reference", name);
  const policy = explainPolicy(spec);
  if (policy !== null) return problem(policy);
  const { generator } = spec;
  if (generator.kind === "map" && spec.input.kind !== "none") return problem("map-with-input");
  if (generator.kind === "map" && generator.batch < 1) return problem("batch-zero");
  if (generator.kind === "map" && !areParts(generator.items, generator.batch)) return problem("bad-parts");
  if (generator.kind === "chain" && generator.steps < 1) return problem("chain-without-steps");
  for (const source of [spec.input, generator.kind === "map" ? generator.items : null]) {
    if (source?.kind === "output" && !isPath(source.path)) return problem("bad-path", source.path);
    if (source?.kind === "output" && source.path !== "" && nodes.get(source.node)!.generator.kind === "map") {
      return problem("path-into-a-map", source.node);
    }
  }
  return null;
}

const textOf = (like: Like | null): string =>
  like === null ? "" : [like.embedder, like.least, toHex(like.vector)].join("\n");

/** Offers, windows and records go by the skill's name: it must mean the same wherever the job says it. */
function explainSkills(nodes: readonly NodeSpec[]): GenesisProblem | null {
  const meanings = new Map<string, string>();
  for (const { id, skill, labels, like } of nodes) {
    // A skill with labels goes by one text, a line each (`needKey`): two must not have the same.
    const broken = [skill, ...labels].find((name) => name.includes("\n"));
    if (broken !== undefined) return { code: "bad-name", node: id, detail: broken };
    if (like !== null && !isEmbedding(vectorOf(like.vector))) return { code: "wrong-vector", node: id, detail: skill };
    const meaning = textOf(like);
    if ((meanings.get(skill) ?? meaning) !== meaning) return { code: "skill-twice", node: id, detail: skill };
    meanings.set(skill, meaning);
  }
  return null;
}

/** The first problem of a genesis, or null. Cost: linear in its size. */
export function explainBadGenesis(genesis: Genesis): GenesisProblem | null {
  const problem = (code: string, detail = ""): GenesisProblem => ({ code, node: "", detail });
  if (genesis.rulesVersion !== RULES_VERSION) return problem("other-rules", String(genesis.rulesVersion));
  if (genesis.nodes.length === 0) return problem("no-tasks");
  const nodes = new Map<string, NodeSpec>();
  for (const spec of genesis.nodes) {
    if (nodes.has(spec.id)) return { code: "name-twice", node: spec.id, detail: "" };
    nodes.set(spec.id, spec);
  }
  for (const spec of genesis.nodes) {
    const bad = explainNode(spec, nodes);
    if (bad !== null) return bad;
  }
  const skills = explainSkills(withChecks(genesis.nodes));
  if (skills !== null) return skills;
  const cycle = findCycle(nodes);
  if (cycle !== null) return { code: "cycle", node: cycle[0]!, detail: cycle.join(" -> ") };
  if (!nodes.has(genesis.output)) return problem("missing-output", genesis.output);
  if (genesis.deadlineMs < 1) return problem("deadline-zero");
  if (genesis.windowMs < 10) return problem("window-too-short");
  const committee = explainNotCommittee(genesis.committee);
  if (committee !== null) return problem(committee);
  const seen = new Set<AgentId>(genesis.committee.map((member) => member.agent));
  for (const standby of genesis.standbys) {
    if (seen.has(standby.agent)) return problem("standby-twice", standby.agent);
    if (standby.power < 1) return problem("standby-without-power", standby.agent);
    seen.add(standby.agent);
  }
  const known = new Set<string>();
  for (const { agent, skill, stated } of genesis.knowledge.records) {
    if (stated.length !== 0 && stated.length !== limits.confidenceBins) return problem("confidence-bins", agent);
    if (known.has(skillKey(agent, skill))) return problem("known-twice", agent);
    known.add(skillKey(agent, skill));
  }
  return null;
}
