/**
 * What `meshwork doctor ADDR` finds out about another agent, with a temporary agent of its own: whether the other one
 * answers, whether it can dial this machine back, and whether both clocks agree.
 */

import { isLoopback } from "../../protocol/capability/addresses.ts";
import { MeshworkError } from "../../protocol/core/errors.ts";
import type { AgentId } from "../../protocol/core/ids.ts";
import { isBeyondAccepted } from "../network/clock-findings.ts";
import type { NetworkNews } from "../network/news.ts";
import { DEFAULT_PORT, isOutside } from "../network/own-addresses.ts";
import { createNode, type MeshworkNode } from "../node.ts";
import type { CliContext } from "../platform/terminal/context.ts";
import { formatDuration } from "../platform/text/quantities.ts";
import { embedderFrom } from "../search/choose-embedder.ts";
import { probe } from "./probe.ts";

/** `warn`: something is missing that a mesh can do without. */
export interface Check {
  readonly name: string;
  readonly state: "ok" | "warn" | "fail";
  readonly detail: string;
  /** What to do; "" where all is well. */
  readonly remedy: string;
}

const CONNECT_MS = 10_000;
/** Longer than a dial-back that fails, which makes two attempts of three seconds, ms. */
const DIAL_BACK_MS = 9_000;
/** It answers two short questions, ms. */
const CLOCK_MS = 5_000;

export async function checkAgent(context: CliContext, text: string, mesh: string): Promise<Check[]> {
  const reached = await checkReachable(text);
  if (reached.state !== "ok") return [reached];
  const news: NetworkNews[] = [];
  const node = await createNode({
    mesh,
    name: "doctor",
    embedder: embedderFrom(context.io.env),
    host: false,
    join: [text],
    onNews: (one) => news.push(one),
  });
  try {
    const { name } = reached;
    const named = /\/p2p\/([^/]+)$/.exec(text)?.[1] as AgentId | undefined;
    const isThere = (): boolean => {
      const peers = node.peers();
      return (
        news.some(({ kind }) => kind === "other-key") ||
        (named === undefined ? peers.length > 0 : peers.includes(named))
      );
    };
    await node.until(isThere, CONNECT_MS, "connecting");
    const other = news.find((one) => one.kind === "other-key");
    if (other !== undefined) return [wrongKey(name, other)];
    const target = named ?? node.peers()[0]!;
    const answers: Check = { name, state: "ok", detail: `agent ${target} of mesh "${mesh}" answers`, remedy: "" };
    const backs = isLoopback(text) ? [] : [await checkDialBack(node, text, news)];
    return [answers, ...backs, await checkClocks(node, target, text)];
  } catch (error) {
    if (!(error instanceof MeshworkError) || error.code !== "unreachable") throw error;
    const detail = `something listens there, but it is no agent of mesh "${mesh}"`;
    return [{ name: reached.name, state: "fail", detail, remedy: "compare the mesh's name (--mesh)" }];
  } finally {
    await node.stop();
  }
}

function wrongKey(name: string, { expected, answers, address }: Extract<NetworkNews, { kind: "other-key" }>): Check {
  const remedy = `if it was given a new key on purpose: ${address}/p2p/${answers}`;
  return { name, state: "fail", detail: `it answers as ${answers}, not ${expected}`, remedy };
}

/** Whether something listens there. */
async function checkReachable(text: string): Promise<Check> {
  const name = `reach ${text}`;
  const probed = await probe(text);
  if (probed === null)
    return { name, state: "fail", detail: "no TCP port in it", remedy: "write it like /ip4/192.0.2.7/tcp/4001" };
  if (probed.state === "open") return { name, state: "ok", detail: "answers", remedy: "" };
  const remedy = "start the agent there, and let its port through the firewall";
  return { name, state: "fail", detail: probed.detail, remedy };
}

async function checkDialBack(node: MeshworkNode, text: string, news: readonly NetworkNews[]): Promise<Check> {
  const name = `back from ${text}`;
  const isJudged = (): boolean => news.some(({ kind }) => kind === "reachable" || kind === "unreachable");
  await node.until(isJudged, DIAL_BACK_MS, "being dialled back").catch((error: unknown) => {
    if (!(error instanceof MeshworkError) || error.code !== "unreachable") throw error;
  });
  const worked = news.find((one) => one.kind === "reachable");
  if (worked !== undefined)
    return { name, state: "ok", detail: `it can dial this machine at ${worked.address}`, remedy: "" };
  const failed = news.find((one) => one.kind === "unreachable");
  if (failed === undefined) {
    const remedy = "try again in half a minute, or ask another agent";
    return { name, state: "warn", detail: "it did not say whether it can dial this machine", remedy };
  }
  const port = /\/tcp\/(\d+)/.exec(node.addresses().find(isOutside) ?? "")?.[1] ?? String(DEFAULT_PORT);
  const other = port === String(DEFAULT_PORT) ? "" : ` (${DEFAULT_PORT} is taken, perhaps by an agent that runs here)`;
  return {
    name,
    state: "warn",
    detail: `it cannot dial this machine at ${failed.addresses.join(", ")}${other}`,
    remedy: `open TCP port ${DEFAULT_PORT} in the firewall of this machine; until then committees leave its agents out`,
  };
}

/** Compares clocks, as agents do when they connect. */
async function checkClocks(node: MeshworkNode, target: AgentId, text: string): Promise<Check> {
  const name = `clock of ${text}`;
  const isKnown = (): boolean => node.clockOf(target) !== null;
  await node.until(isKnown, CLOCK_MS, "comparing clocks").catch((error: unknown) => {
    if (!(error instanceof MeshworkError) || error.code !== "unreachable") throw error;
  });
  const offset = node.clockOf(target);
  if (offset === null) return { name, state: "warn", detail: "it does not tell its time", remedy: "" };
  const { offMs, unsureMs, differs } = offset;
  if (!differs) {
    const within = formatDuration(Math.abs(offMs) + unsureMs);
    return { name, state: "ok", detail: `within ${within} of this one`, remedy: "" };
  }
  const side = offMs > 0 ? "ahead of" : "behind";
  const isIgnored = isBeyondAccepted(offMs);
  const effect = isIgnored ? ": too much for agents to take notice of each other" : "";
  const detail = `it is ${formatDuration(Math.abs(offMs))} ${side} the clock of this machine${effect}`;
  const remedy = "synchronise the clocks of both machines with a time service (NTP)";
  return { name, state: isIgnored ? "fail" : "warn", detail, remedy };
}
