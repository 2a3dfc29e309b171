/** When a node says that it lost all others: clients that come and go are none of them. */

import { expect, test } from "vitest";
import { IsolationWatch } from "../../../node/network/isolation.ts";
import type { AgentId } from "../../../protocol/core/ids.ts";

const id = (name: string): AgentId => name as AgentId;

function company(): { readonly all: IsolationWatch; readonly told: string[]; look(): void } {
  const told: string[] = [];
  const all = new IsolationWatch((news) => told.push(news.kind));
  const look = (): void => {
    for (let i = 0; i < 3; i++) all.look();
  };
  return { all, told, look };
}

test("a client that leaves is no loss", () => {
  const { all, told, look } = company();
  all.onConnected(id("client"), false);
  look();
  all.onDisconnected(id("client"));
  look();
  expect(told).toEqual([]);
});

test("an agent is one once it was advertised, before or after it was connected", () => {
  const { all, told, look } = company();
  all.onConnected(id("a"), false);
  all.onAdvertised(id("a"));
  all.onAdvertised(id("elsewhere")); // not connected
  all.onDisconnected(id("a"));
  look();
  expect(told).toEqual(["met", "alone"]);
  all.onConnected(id("client"), false);
  expect(told).toEqual(["met", "alone"]);
  all.onConnected(id("b"), true);
  expect(told).toEqual(["met", "alone", "company"]);
});
