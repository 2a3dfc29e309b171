/** Whom gossip no longer hears: who forwards what is invalid, and not who is slow. */

import { createPeerScoreParams, createPeerScoreThresholds, PeerScore } from "@libp2p/gossipsub/score";
import { defaultLogger } from "@libp2p/logger";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { gossipOptions } from "../../../node/network/gossip.ts";
import { topicName } from "../../../node/network/protocol-names.ts";
import type { MeshId } from "../../../protocol/core/ids.ts";
import { limits } from "../../../protocol/core/limits.ts";

const MESH = "scores" as MeshId;
const BEACONS = topicName(MESH, "beacons");
const options = gossipOptions(MESH, false);
const thresholds = createPeerScoreThresholds(options.scoreThresholds);
const DECAY_MS = 1_000;

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

function scoreOf(...peers: readonly string[]): PeerScore {
  const score = new PeerScore(createPeerScoreParams(options.scoreParams), null, defaultLogger(), {
    scoreCacheValidityMs: 0,
  });
  for (const [index, peer] of peers.entries()) {
    score.addPeer(peer);
    score.addIP(peer, `203.0.113.${index}`);
  }
  return score;
}

/** A second passes. */
function decay(score: PeerScore): void {
  vi.advanceTimersByTime(DECAY_MS);
  score.refreshScores();
}

test("ten invalid messages are enough, and it takes a while until they are forgotten", () => {
  const score = scoreOf("flooder");
  for (let i = 0; i < 9; i++) score.rejectInvalidMessage("flooder", BEACONS);
  expect(score.score("flooder")).toBeGreaterThan(-82);
  score.rejectInvalidMessage("flooder", BEACONS);
  expect(score.score("flooder")).toBeLessThan(thresholds.graylistThreshold);
  for (let i = 0; i < 90; i++) score.rejectInvalidMessage("flooder", BEACONS);
  for (let second = 0; second < 20; second++) decay(score);
  expect(score.score("flooder")).toBeLessThan(thresholds.graylistThreshold);
});

test("an invalid message every other second does not silence a peer of another version", () => {
  const score = scoreOf("other");
  for (let i = 0; i < 300; i++) {
    score.rejectInvalidMessage("other", BEACONS);
    decay(score);
    decay(score);
    expect(score.score("other")).toBeGreaterThan(thresholds.publishThreshold);
  }
});

test("a peer that delivers nothing for an hour, or everything late, is heard as before", () => {
  const score = scoreOf("silent", "late");
  for (const peer of ["silent", "late"]) score.graft(peer, BEACONS);
  for (let second = 0; second < 3_600; second++) {
    score.validateMessage(`m${second}`);
    score.deliverMessage("quick", `m${second}`, BEACONS);
    vi.advanceTimersByTime(500);
    score.duplicateMessage("late", `m${second}`, BEACONS);
    decay(score);
  }
  expect(score.score("silent")).toBeGreaterThanOrEqual(0);
  expect(score.score("late")).toBeGreaterThanOrEqual(0);
});

test("a peer whose event loop stood still for some seconds keeps its place", () => {
  const score = scoreOf("slow");
  score.addPenalty("slow", 6, "broken_promise" as never);
  expect(score.score("slow")).toBeGreaterThanOrEqual(0);
  score.addPenalty("slow", 6, "broken_promise" as never);
  expect(score.score("slow")).toBeLessThan(thresholds.graylistThreshold); // one that breaks all of them does not
});

test("what is longer than a message may be is not read", () => {
  expect(options.maxInboundDataLength).toBeLessThan(2 * limits.gossipBytes);
});
