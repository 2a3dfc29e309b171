/**
 * What agents found when they dialled this node back, and what follows from it: what it tells others of where it is.
 *
 * An answer is only one agent's word. That an address of this machine's own works is believed: at worst others dial in
 * vain. A foreign one, such as a router's, when two agents at different addresses say so: one alone could aim the mesh at
 * somebody. That none works, while nobody says otherwise.
 */

import type { AgentId } from "../../protocol/core/ids.ts";
import type { OwnReach } from "../../protocol/input.ts";
import { isOutside } from "./own-addresses.ts";

/** What one agent found. */
export interface Finding {
  readonly works: boolean;
  /** The one that works, or those that do not. */
  readonly addresses: readonly string[];
  /** Where that agent itself was. */
  readonly from: string;
}

/** By agents that are connected. */
export type Findings = ReadonlyMap<AgentId, Finding>;

export function working(own: readonly string[], findings: Findings): string[] {
  const from = new Map<string, Set<string>>();
  for (const { works, addresses, from: host } of findings.values()) {
    const [address] = addresses;
    if (works && address !== undefined) from.set(address, (from.get(address) ?? new Set()).add(host));
  }
  return [...from].flatMap(([address, hosts]) => (own.includes(address) || hosts.size > 1 ? [address] : []));
}

/** What to tell other machines: what works, else what might. `isNamed`: the operator listens on this very address. */
export function dialable(
  own: readonly string[],
  findings: Findings,
  isNamed: (address: string) => boolean = () => false,
): string[] {
  const works = working(own, findings);
  if (works.length > 0) return works;
  const failed = new Set([...findings.values()].flatMap(({ addresses, works }) => (works ? [] : addresses)));
  const untried = own.filter((address) => isOutside(address) && !failed.has(address));
  // Where one fails, another interface (of containers, say) leads to nobody either, unless the operator named it.
  return failed.size === 0 ? untried : untried.filter(isNamed);
}

export function judge(
  own: readonly string[],
  findings: Findings,
  isNamed: (address: string) => boolean = () => false,
): OwnReach {
  const works = working(own, findings);
  for (const [agent, finding] of findings)
    if (finding.works && works.includes(finding.addresses[0]!))
      return { state: "works", detail: `reachable at ${finding.addresses[0]} (agent ${agent} dialled back)` };
  if (dialable(own, findings, isNamed).length > 0)
    return { state: "unknown", detail: "no other agent has dialled it back yet" };
  if (!own.some(isOutside)) return { state: "fails", detail: "listens on its own machine only" };
  const [failed] = [...findings].filter(([, finding]) => !finding.works);
  const [agent, { addresses }] = failed ?? ["?", { addresses: own }];
  return { state: "fails", detail: `agent ${agent} could not dial it back at ${addresses.join(", ")}` };
}
