/** Agents of a local mesh: their names, what they report, and what is no report. */

import { expect, test } from "vitest";
import { agentNames } from "../../../node/run/agent-names.ts";
import { readLine } from "../../../node/run/agent-process.ts";

test("a report is read", () => {
  const ready = { event: "ready", agent: "12D3KooWx", name: "ada", addresses: ["/ip4/127.0.0.1/tcp/1"] };
  expect(readLine(JSON.stringify(ready))).toEqual(ready);
  const stopped = { event: "stopped", name: "ada", sent: { gossip: 1, direct: 2, bytes: 3 } };
  expect(readLine(JSON.stringify(stopped))).toEqual(stopped);
});

test.each([
  "working",
  "",
  "{}",
  "null",
  '"ready"',
  "[1]",
  "{",
  '{"event":"ready"}',
  '{"event":"else"}',
  '{"event":"stopped"}',
])("%j is none, and ends nothing", (text) => expect(readLine(text)).toBeNull());

test("as many as are asked for have different names", () => {
  for (const count of [1, 60, 64, 256]) expect(new Set(agentNames(1, count)).size).toBe(count);
  expect(agentNames(7, 256).slice(0, 9)).toEqual(agentNames(7, 9));
});
