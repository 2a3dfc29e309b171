/**
 * What agents found when they dialled this node back, and which addresses the node therefore advertises.
 *
 * An answer is only one agent's word. If it says that one of this machine's own addresses works, this node believes it: in
 * the worst case others dial in vain. A foreign address, such as a router's, needs two agents at different addresses: one alone
 * could aim the mesh at a victim. "None works" counts while no agent says otherwise.
 */

import type { AgentId } from "../../protocol/core/ids.ts";
import type { OwnReachability } from "../../protocol/membership/acquaintances.ts";
import { isOutside } from "./own-addresses.ts";

/** The outcome of one agent's dial-back. */
export interface Finding {
  readonly works: boolean;
  /** The address that works, or those that do not. */
  readonly addresses: readonly string[];
  /** The host from which that agent is connected. */
  readonly from: string;
}

/** By connected agent. */
export type Findings = ReadonlyMap<AgentId, Finding>;

/** The addresses that are confirmed to work. */
export function working(own: readonly string[], findings: Findings): string[] {
  const from = new Map<string, Set<string>>();
  for (const { works, addresses, from: host } of findings.values()) {
    const [address] = addresses;
    if (works && address !== undefined) from.set(address, (from.get(address) ?? new Set()).add(host));
  }
  return [...from].flatMap(([address, hosts]) => (own.includes(address) || hosts.size > 1 ? [address] : []));
}

/** The addresses to advertise: those that work, else those that might. `isNamed`: the operator listens on this very one. */
export function dialable(
  own: readonly string[],
  findings: Findings,
  isNamed: (address: string) => boolean = () => false,
): string[] {
  const works = working(own, findings);
  if (works.length > 0) return works;
  const failed = new Set([...findings.values()].flatMap((finding) => (finding.works ? [] : finding.addresses)));
  const untried = own.filter((address) => isOutside(address) && !failed.has(address));
  // If one fails, other interfaces (of containers, say) are unlikely to work either, unless the operator named them.
  return failed.size === 0 ? untried : untried.filter(isNamed);
}

/** Whether others can dial this node, with the evidence in words. */
export function judge(
  own: readonly string[],
  findings: Findings,
  isNamed: (address: string) => boolean = () => false,
): OwnReachability {
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
