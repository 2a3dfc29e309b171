/** Trace files: written, read back, merged; and the errors for files that cannot be read. */

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setImmediate } from "node:timers/promises";
import fc from "fast-check";
import { afterAll, describe, expect, test } from "vitest";
import { AgentTraceWriter } from "../../../../node/platform/traces/trace-file.ts";
import { openTrace, readMerged, type TraceReader } from "../../../../node/platform/traces/trace-reader.ts";
import type { AgentId, JobId } from "../../../../protocol/core/ids.ts";
import type { RecordedEvent, TraceEvent, TraceLine } from "../../../../protocol/core/trace.ts";

const JOB = "a".repeat(64) as JobId;
const root = mkdtempSync(join(tmpdir(), "meshwork-traces-"));
afterAll(() => rmSync(root, { recursive: true, force: true }));
const range = (from: number, to: number): number[] => Array.from({ length: to - from }, (_, i) => from + i);
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

describe.each(["trace.jsonl", "trace.msgpack"])("%s", (name) => {
  const write = async (path: string, written: readonly TraceEvent[]): Promise<void> => {
    const writer = new AgentTraceWriter(path, head);
    for (const [i, event] of written.entries()) writer.write(2_000 + i, event);
    writer.close();
  };

  test("is read back as it was written", async () => {
    const path = join(newFolder(), name);
    await write(path, events);
    const reader = await openTrace(path);
    expect(reader.head).toMatchObject({ meshId: "m", startedAt: 1_000, agents: [{ agent: "12D3", name: "alice" }] });
    expect(reader.writtenHead).toEqual({ format: 2, ...head });
    expect(Object.keys(reader.written)).toEqual(["t", "agent", "kind", "job", "role"]);
    expect(await linesOf(reader)).toEqual(events.map((event, i) => ({ t: 2_000 + i, agent: "alice", ...event })));
    expect([reader.isCutOff, reader.share]).toEqual([false, 1]);
  });

  test("a last entry that a killed process did not finish is left out, wherever it was cut", async () => {
    const path = join(newFolder(), name);
    await write(path, events.slice(0, 2));
    const whole = readFileSync(path);
    await write(path, events);
    const all = readFileSync(path);
    const ends = range(whole.length + 1, all.length).filter((end) => end % 5 === 1);
    expect(ends.length).toBeGreaterThan(10);
    for (const end of ends) {
      // Without its new line the last line of JSON is whole all the same.
      if (name === "trace.jsonl" && end === all.length - 1) continue;
      writeFileSync(path, all.subarray(0, end));
      const reader = await openTrace(path);
      expect(await linesOf(reader)).toHaveLength(2);
      expect(reader.isCutOff, `cut at ${end}`).toBe(true);
    }
  });

  test("several are read in the order of time, each file's own order kept; entries may be longer than a chunk", async () => {
    const folder = newFolder();
    const long = "x".repeat(1_500_000);
    const times = [
      [1, 5, 3, 9],
      [2, 4, 8],
    ];
    const readers = await Promise.all(
      times.map(async (list, i) => {
        const writer = new AgentTraceWriter(join(folder, `${i}-${name}`), { ...head, name: `${i}` });
        for (const t of list) writer.write(t, { kind: "refused", from: long as AgentId, code: "truncated" });
        writer.close();
        return openTrace(join(folder, `${i}-${name}`));
      }),
    );
    const order: string[] = [];
    await readMerged(readers, ({ t, agent }, { line }) => order.push(`${agent}:${t}@${line}`));
    expect(order).toEqual(["0:1@2", "1:2@2", "1:4@3", "0:5@3", "0:3@4", "1:8@4", "0:9@5"]);
  });
});

test("msgpack gives back to the bit what JSON lines do: stored bytes, and more shapes than can be referred to", async () => {
  const bytes = (i: number): string => Buffer.alloc(i, i).toString("base64");
  const shapes = range(0, 300).map((i) => ({
    kind: "new",
    [`field${i % 150}`]: { [`inner${i}`]: [i / 8, null, "ü", -i, 2 ** 40] },
  }));
  const stored = range(0, 40).map((i): RecordedEvent => ({ kind: "stored", job: JOB, slot: "vote", bytes: bytes(i) }));
  const written = [...stored, ...(shapes as unknown as TraceEvent[]), ...stored];
  const [json, msgpack] = await Promise.all(
    ["a.jsonl", "a.msgpack"].map(async (name) => {
      const path = join(newFolder(), name);
      const writer = new AgentTraceWriter(path, head);
      for (const event of written) writer.write(1, event);
      writer.close();
      const texts: string[] = [];
      await readMerged([await openTrace(path)], (_, { written: value }) => texts.push(JSON.stringify(value)));
      return texts;
    }),
  );
  expect(json).toHaveLength(written.length);
  expect(msgpack).toEqual(json);
});

test("whatever bytes a stream holds, reading it ends with entries, a cut-off end, or an error that names the entry", async () => {
  const path = join(newFolder(), "trace.msgpack");
  const writer = new AgentTraceWriter(path, head);
  for (const event of events) writer.write(2_000, event);
  writer.close();
  const whole = readFileSync(path);
  let refused = 0;
  await fc.assert(
    fc.asyncProperty(fc.nat(whole.length - 2), fc.uint8Array({ minLength: 1, maxLength: 8 }), async (at, bytes) => {
      const changed = Buffer.from(whole);
      changed.set(bytes.subarray(0, whole.length - at - 1), at + 1);
      writeFileSync(path, changed);
      const failed = await openTrace(path)
        .then(linesOf)
        .then(
          () => null,
          (error: unknown) => error,
        );
      if (failed === null) return;
      refused++;
      expect(failed).toMatchObject({ code: "invalid-file", message: expect.stringMatching(/entry \d+: |is empty/) });
    }),
    { numRuns: 300 },
  );
  expect(refused).toBeGreaterThan(50);
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
  expect(() => new AgentTraceWriter(path, head)).toThrow(expect.objectContaining({ code: "storage" }));
});

test.skipIf(process.platform !== "linux")(
  "on a full disk an agent continues, and hears of it when its trace is closed",
  async () => {
    const writer = new AgentTraceWriter("/dev/full", head);
    for (const event of events) writer.write(2_000, event);
    await setImmediate();
    writer.write(2_000, events[0]!);
    expect(() => writer.close()).toThrow(expect.objectContaining({ code: "storage" }));
  },
);

test("a process that is killed has written what it recorded in earlier turns", async () => {
  const path = join(newFolder(), "trace.jsonl");
  const writer = new AgentTraceWriter(path, head);
  for (const event of events) writer.write(2_000, event);
  await setImmediate();
  expect(readFileSync(path, "utf8").trimEnd().split("\n")).toHaveLength(1 + events.length);
  writer.close();
});
