/**
 * Committees in a mesh full of made-up identities: how many are unsafe, for owners with and without a history, by the arithmetic
 * of the draw and by the draw itself.
 *
 * Source: protocol.md 4 (powers, newcomers, networks).
 */

import type { AgentId, Hash, MeshId } from "../../protocol/core/ids.ts";
import { type Candidate, drawCommittee, unsafeDrawProbability } from "../../protocol/job/committee-draw.ts";
import type { Member } from "../../protocol/wire/consensus.ts";
import type { SimHost } from "../model/host.ts";
import { computedExperiment, type ExperimentRow, type Finding, type Labels, type Measured } from "./experiment.ts";
import { meanAt, percent } from "./statistics.ts";

/** What an owner knows of the honest hosts: how many of them, with which power. */
const HISTORIES: { readonly [history: string]: { readonly known: number; readonly power: number } } = {
  none: { known: 0, power: 1 },
  short: { known: 4, power: 2 },
  long: { known: 20, power: 4 },
};
/** `fresh`: new, each from a network of its own. `one network`: new, all from one. `patient`: known, as powerful as honest ones. */
const KINDS = ["fresh", "one network", "patient"] as const;

const PARAMS = {
  honest: 20,
  sybils: [1, 5, 10, 20, 50, 100, 1_000] as readonly number[],
  size: 7,
  /** Members of one that may be Byzantine where all have the same power. */
  tolerated: 2,
  /** Draws under one seed. */
  draws: 100,
};
type Params = typeof PARAMS;

export const sybils = computedExperiment<Params>({
  name: "sybils",
  summary: "unsafe committees in a mesh full of made-up identities, with and without a history (2 minutes)",
  description: [
    `Question: how many identities does it take to hold a third of a committee? ${PARAMS.honest} honest hosts, each of a network of its own, and 1 to 1,000 identities of one person, all of which answer and say yes. An owner with no history, one that knows four hosts (power 2), and one that knows all honest ones (power 4). Fresh identities are new to the owner; patient ones hosted its jobs well for so long that they are known and as powerful as the known honest ones.`,
    "Hypothesis: without a history fresh identities get what their number gives them; with one they never get a third, however many they are, in the committee or after any succession. One network has one seat. Only patience helps.",
    `unsafe: the identities hold a third or more of the members' power. unsafeEver: they could come to hold it by taking seats of others, as standbys. exact: unsafe by the hypergeometric tail, where all candidates are drawn alike, or by the rule; no figure where neither says it.`,
  ],
  params: PARAMS,
  seeds: 10,
  metrics: [
    { name: "unsafe", unit: "share", summary: "committees in which the identities hold a third of the power" },
    { name: "unsafeEver", unit: "share", summary: "committees in which they could come to hold it by succession" },
    { name: "exact", unit: "share", summary: "unsafe, computed" },
    { name: "held", unit: "share", summary: "the identities' share of the members' power, mean" },
  ],
  cases: ({ sybils: counts }) =>
    Object.keys(HISTORIES).flatMap((history) =>
      KINDS.filter((kind) => kind !== "patient" || history !== "none").flatMap((kind) =>
        counts.map((count) => ({ identities: count, history, kind })),
      ),
    ),
  compute,
  verdict,
});

function candidatesOf({ identities, history, kind }: Labels, { honest }: Params): Candidate[] {
  const { known, power } = HISTORIES[String(history)]!;
  const isPatient = kind === "patient";
  const made = (name: string, isKnown: boolean, origin: string): Candidate => ({
    ...{ agent: name as AgentId, isKnown, origin },
    power: isKnown ? power : 1,
  });
  return [
    ...Array.from({ length: honest }, (_, i) => made(`h${i}`, i < known, `honest ${i}`)),
    ...Array.from({ length: Number(identities) }, (_, i) =>
      made(`s${i}`, isPatient, kind === "one network" ? "one" : `own ${i}`),
    ),
  ];
}

/** By arithmetic; null where candidates are not drawn alike and no rule says it. */
function exactOf({ identities, history, kind }: Labels, { honest, size, tolerated }: Params): number | null {
  const { known } = HISTORIES[String(history)]!;
  const count = Number(identities);
  if (kind === "patient")
    return known === honest ? unsafeDrawProbability(honest + count, count, size, tolerated) : null;
  if (known > 0 || kind === "one network") return 0; // by the rules on newcomers, and on networks
  return unsafeDrawProbability(honest + count, count, size, tolerated);
}

const powerOf = (members: readonly Member[]): number => members.reduce((sum, { power }) => sum + power, 0);

function compute(labels: Labels, seed: number, params: Params, host: SimHost): ExperimentRow[] {
  const { draws, size } = params;
  const candidates = candidatesOf(labels, params);
  const rules = { size, standbysMax: null, boundsNewcomers: labels.history !== "none" };
  const sums = { unsafe: 0, unsafeEver: 0, held: 0, drawn: 0 };
  for (let draw = 0; draw < draws; draw++) {
    const seedOfDraw = {
      ...{ meshId: "sybils" as MeshId, owner: "owner" as AgentId, counter: seed * draws + draw },
      tasks: "0".repeat(64) as Hash,
    };
    const drawn = drawCommittee(host.hasher, seedOfDraw, candidates, rules);
    if (typeof drawn === "string") continue;
    const isSybil = ({ agent }: Member): boolean => agent.startsWith("s");
    const total = powerOf(drawn.committee);
    const held = powerOf(drawn.committee.filter(isSybil));
    sums.drawn++;
    sums.held += held / total;
    if (3 * held >= total) sums.unsafe++;
    if (3 * (held + powerOf(drawn.standbys.filter(isSybil))) >= total) sums.unsafeEver++;
  }
  if (sums.drawn === 0) return [];
  const share = (sum: number): number => sum / sums.drawn;
  const figures = {
    ...{ unsafe: share(sums.unsafe), unsafeEver: share(sums.unsafeEver), held: share(sums.held) },
    exact: exactOf(labels, params),
  };
  return [{ labels, figures }];
}

function verdict(rows: readonly Measured[]): Finding[] {
  const at = (history: string, kind: string, identities: number, metric = "unsafe"): number | null =>
    meanAt(rows, { identities, history, kind }, metric);
  const counts = PARAMS.sybils.filter((count) => at("none", "fresh", count) !== null);
  if (counts.length === 0) return [];
  const worst = (kind: string): number => {
    const shares = ["short", "long"].flatMap((history) =>
      counts.map((count) => Math.max(at(history, kind, count) ?? 0, at(history, kind, count, "unsafeEver") ?? 0)),
    );
    return Math.max(...shares);
  };
  const shown = (history: string, kind: string): string[] =>
    counts.map((count) => {
      const exact = at(history, kind, count, "exact");
      return `${count}: ${percent(at(history, kind, count) ?? 0)}${exact === null ? "" : ` (computed ${percent(exact)})`}`;
    });
  return [
    worst("fresh") + worst("one network") === 0
      ? "Fresh identities never hold a third of a committee of an owner that knows hosts, however many there are, not even by succession: no draw did."
      : `Behind: fresh identities hold a third in up to ${percent(Math.max(worst("fresh"), worst("one network")))} of committees of owners that know hosts.`,
    { text: "Unsafe committees of an owner without a history, by fresh identities:", items: shown("none", "fresh") },
    { text: "The same where all of them are of one network:", items: shown("none", "one network") },
    { text: "Of an owner with a long history, by patient identities:", items: shown("long", "patient") },
    "Patience is what is left: an identity is known a week after the owner met it first, on three days with its jobs, and each network brings one a day. So n known identities take n networks and a week, or one network and n days more; each as powerful as here takes 5,000 turns kept.",
  ];
}
