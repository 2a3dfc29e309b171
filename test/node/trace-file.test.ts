/** Trace files: written, read back, merged, and what is said of those that cannot be. */

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { createTraceWriter } from "../../node/trace-file.ts";
import { openTrace, readMerged, type TraceReader } from "../../node/trace-reader.ts";
import type { AgentId, JobId } from "../../protocol/core/ids.ts";
import type { TraceEvent, TraceLine } from "../../protocol/trace.ts";

const JOB = "a".repeat(64) as JobId;
const root = mkdtempSync(join(tmpdir(), "meshwork-traces-"));
afterAll(() => rmSync(root, { recursive: true, force: true }));
const newFolder = (): string => mkdtempSync(join(root, "t-"));

const linesOf = async (reader: TraceReader): Promise<TraceLine[]> => {
  const lines: TraceLine[] = [];
  await readMerged([reader], (line) => lines.push(line));
  return lines;
};
const head = { meshId: "m", agent: "12D3", name: "alice", startedAt: 1_000, version: "0.1.0" };
const events: TraceEvent[] = [
  { kind: "hosting", job: JOB, role: "member" },
  { kind: "refused", from: "12D4" as AgentId, code: "truncated" },
  { kind: "work", job: JOB, task: "t", attempt: 0, phase: "done" },
];

test("are read back as they were written", async () => {
  const path = join(newFolder(), "trace.jsonl");
  const writer = createTraceWriter(path, head);
  for (const [i, event] of events.entries()) writer.write(2_000 + i, event);
  await writer.close();
  const reader = await openTrace(path);
  expect(reader.head).toMatchObject({ meshId: "m", startedAt: 1_000, agents: [{ agent: "12D3", name: "alice" }] });
  expect(await linesOf(reader)).toEqual(events.map((event, i) => ({ t: 2_000 + i, agent: "alice", ...event })));
  expect(reader.isCutOff).toBe(false);
});

test("a last line that a killed process did not finish is left out", async () => {
  const path = join(newFolder(), "trace.jsonl");
  const writer = createTraceWriter(path, head);
  for (const event of events) writer.write(2_000, event);
  await writer.close();
  writeFileSync(path, readFileSync(path, "utf8").slice(0, -10));
  const reader = await openTrace(path);
  expect(await linesOf(reader)).toHaveLength(events.length - 1);
  expect(reader.isCutOff).toBe(true);
});

test("several are read in the order of time, each file's own order kept; lines may be longer than a chunk", async () => {
  const folder = newFolder();
  const long = "x".repeat(1_500_000);
  const times = [
    [1, 5, 3, 9],
    [2, 4, 8],
  ];
  const readers = await Promise.all(
    times.map(async (list, i) => {
      const writer = createTraceWriter(join(folder, `${i}`), { ...head, name: `${i}` });
      for (const t of list) writer.write(t, { kind: "refused", from: long as AgentId, code: "truncated" });
      await writer.close();
      return openTrace(join(folder, `${i}`));
    }),
  );
  const order: string[] = [];
  await readMerged(readers, ({ t, agent }, { line }) => order.push(`${agent}:${t}@${line}`));
  expect(order).toEqual(["0:1@2", "1:2@2", "1:4@3", "0:5@3", "0:3@4", "1:8@4", "0:9@5"]);
});

test("errors name the line", async () => {
  const path = join(newFolder(), "trace.jsonl");
  const first = JSON.stringify({ format: 2, ...head });
  const cases: [string, RegExp][] = [
    ["", /is empty/],
    ["{}\n", /line 1: /],
    [`${JSON.stringify({ ...head, format: 1 })}\n`, /line 1: /],
    [`${first}\n{"kind":"a","t":1,"agent":"a"}\n{"kind":"wo\n`, /line 3: not JSON/],
    [`${first}\n{"kind":"a","agent":"a"}\n`, /line 2: "t"/],
    [`${first}\n{"kind":"work","t":1,"agent":"a"}\n`, /line 2: "job"/],
  ];
  for (const [content, message] of cases) {
    writeFileSync(path, content);
    await expect(openTrace(path).then(linesOf)).rejects.toMatchObject({
      code: "invalid-file",
      message: expect.stringMatching(message),
    });
  }
  await expect(openTrace(join(newFolder(), "none"))).rejects.toMatchObject({ code: "invalid-file" });
});

test("one that cannot be written is told before anything is", () => {
  const path = join(newFolder(), "no such folder", "trace.jsonl");
  expect(() => createTraceWriter(path, head)).toThrow(expect.objectContaining({ code: "storage" }));
});
