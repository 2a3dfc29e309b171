/** Peers that send what no honest one would: forgiven slowly, refused for longer each time, in bounded memory. */

import { expect, test } from "vitest";
import { networkLimits } from "../../../node/network/network-limits.ts";
import { PeerOffences } from "../../../node/network/peer-offences.ts";
import type { AgentId } from "../../../protocol/core/ids.ts";

const id = (name: string): AgentId => name as AgentId;
const { offences: MOST, refusedMs, refusedMsMax, offendersRemembered } = networkLimits;

/** Offends until the peer is refused; for how long. */
function offendUntilRefused(peers: PeerOffences, agent: AgentId, nowMs: number): number {
  for (let i = 1; i < MOST; i++) expect(peers.offend(agent, nowMs)).toBe(0);
  return peers.offend(agent, nowMs);
}

test("a peer that comes back and offends again is refused for twice as long, up to a day", () => {
  const peers = new PeerOffences();
  let nowMs = 0;
  const refused: number[] = [];
  for (let i = 0; i < 14; i++) {
    const forMs = offendUntilRefused(peers, id("mallory"), nowMs);
    refused.push(forMs);
    expect(peers.refuses(id("mallory"), nowMs + forMs - 1)).toBe(true);
    nowMs += forMs;
    expect(peers.refuses(id("mallory"), nowMs)).toBe(false);
  }
  expect(refused.slice(0, 4)).toEqual([refusedMs, 2 * refusedMs, 4 * refusedMs, 8 * refusedMs]);
  expect(refused.at(-1)).toBe(refusedMsMax);
});

test("after a day without a refusal it begins anew", () => {
  const peers = new PeerOffences();
  offendUntilRefused(peers, id("old"), 0);
  peers.sweep(refusedMs + refusedMsMax);
  expect(offendUntilRefused(peers, id("old"), refusedMs + refusedMsMax)).toBe(2 * refusedMs);
  const laterMs = 10 * refusedMsMax;
  peers.sweep(laterMs);
  expect(offendUntilRefused(peers, id("old"), laterMs)).toBe(refusedMs);
});

test("what still comes of a peer that is refused does not lengthen that", () => {
  const peers = new PeerOffences();
  const forMs = offendUntilRefused(peers, id("honest"), 0);
  for (let i = 0; i < 100 * MOST; i++) expect(peers.offend(id("honest"), i)).toBe(0);
  expect(peers.refuses(id("honest"), forMs)).toBe(false);
  expect(offendUntilRefused(peers, id("honest"), forMs)).toBe(2 * refusedMs);
});

test("an offence now and then is forgiven", () => {
  const peers = new PeerOffences();
  for (let second = 0; second < 500; second++) expect(peers.offend(id("clumsy"), second * 1_000)).toBe(0);
});

test("whoever makes up names fills no memory, and does not free who is refused", () => {
  const peers = new PeerOffences();
  offendUntilRefused(peers, id("mallory"), 0);
  for (let i = 0; i < 2 * offendersRemembered; i++) peers.offend(id(`made-up${i}`), 1);
  expect(peers.offencesOf(id("made-up0"), 1)).toBe(0);
  expect(peers.offencesOf(id(`made-up${2 * offendersRemembered - 1}`), 1)).toBe(1);
  expect(peers.refuses(id("mallory"), 1)).toBe(true);
  expect(peers.refused(1)).toBe(1);
});
