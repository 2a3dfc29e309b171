/** The live view: what it shows in terminals of any size, and what it never lets through. */

import { describe, expect, test } from "vitest";
import {
  clock,
  columnsOf,
  cut,
  displayWidth,
  groupDigits,
  padEnd,
  padStart,
  plainText,
  wantsColor,
  wrap,
} from "../../../node/platform/terminal/terminal-text.ts";
import { LiveView, newsLines, type ViewStream } from "../../../node/run/live-view.ts";
import { renderView, type ViewState } from "../../../node/run/render-view.ts";
import { ESCAPE, stripColors } from "../../support/strip-colors.ts";
import { waitFor } from "../../support/wait.ts";

const state = (parts: Partial<ViewState> = {}): ViewState => ({
  title: "corpus survey",
  elapsedMs: 12_345,
  agents: [
    { name: "ada", state: "up", holding: 2, accepted: 12, rejected: 0 },
    { name: "bob", state: "killed", holding: 0, accepted: 3, rejected: 0 },
    { name: "eve", state: "lying", holding: 1, accepted: 0, rejected: 7 },
  ],
  tasks: { total: 40, ready: 5, running: 10, accepted: 20, failed: 0 },
  blocks: { height: 1_234, perSecond: 9.55 },
  faults: [{ atMs: 3_200, name: "bob", kind: "killed with SIGKILL" }],
  waiting: "",
  lastEvents: ["survey/1 accepted"],
  ...parts,
});

describe("text", () => {
  test("widths", () => {
    expect(displayWidth("abc")).toBe(3);
    expect(displayWidth("漢字")).toBe(4);
    expect(displayWidth("e\u0301")).toBe(1);
    expect(displayWidth("\u{1f600}")).toBe(2);
  });

  test("cutting and filling", () => {
    expect(cut("abcdef", 4)).toBe("abc…");
    expect(cut("漢字漢字", 4)).toBe("漢…");
    expect(cut("abc", 0)).toBe("");
    expect(padEnd("漢", 4)).toBe("漢  ");
    expect(padStart("12", 4)).toBe("  12");
    expect(groupDigits(1_234_567)).toBe("1,234,567");
    expect(clock(754_321)).toBe("12:34.3");
  });

  test("nothing that steers a terminal gets through", () => {
    expect(plainText(`a${ESCAPE}[2Jb\n\u0007\u202e\u200bc\u009b\ud800`)).toBe("a·[2Jb ···c··");
  });

  test("a terminal that says 0 columns is taken for one of 80", () => {
    expect([{ columns: 0 }, {}, { columns: 40 }].map((stream) => columnsOf(stream))).toEqual([80, 80, 40]);
    expect(columnsOf({}, 100)).toBe(100);
    const stream = new FakeTerminal(true);
    stream.columns = 0;
    stream.rows = 0;
    const view = new LiveView({ stream, env: {} });
    view.update(state());
    view.stop();
    expect(stream.written).toContain("─".repeat(78));
    expect(stream.written).toContain("survey/1 accepted");
  });

  test("wrapping", () => {
    expect(wrap("one two three", 7)).toEqual(["one two", "three"]);
    expect(wrap("a longerthanthat b", 5)).toEqual(["a", "longerthanthat", "b"]);
    expect(wrap("", 5)).toEqual([""]);
  });

  test("colour only where it is wanted", () => {
    expect(wantsColor({ isTTY: true }, {})).toBe(true);
    expect(wantsColor({ isTTY: true }, { NO_COLOR: "1" })).toBe(false);
    expect(wantsColor({ isTTY: true }, { NO_COLOR: "" })).toBe(true);
    expect(wantsColor({ isTTY: true }, { TERM: "dumb" })).toBe(false);
    expect(wantsColor({}, {})).toBe(false);
  });
});

describe("the view", () => {
  test("shows tasks, blocks, agents, faults and events", () => {
    expect(renderView(state(), 80, 24)).toEqual([
      " MESHWORK  corpus survey                                                00:12.3",
      ` ${"─".repeat(78)}`,
      " tasks   ████████████████████▒▒▒▒▒▒▒▒▒▒░░░░░░░░░░  20/40  10 running · 5 ready",
      " blocks  1,234 agreed · 9.6 a second",
      "",
      " agent                 holding  accepted  rejected",
      " ada       ● up              2        12         ·",
      " bob       ✗ killed          ·         3         ·",
      " eve       ◆ lying           1         0         7",
      "",
      " faults",
      " 00:03.2  bob  killed with SIGKILL",
      "",
      " events",
      " survey/1 accepted",
    ]);
  });

  test("fits whatever room there is, with colours and without", () => {
    const agents = Array.from({ length: 30 }, (_, i) => ({
      ...state().agents[0]!,
      name: `漢字 with a long name ${i}`,
    }));
    const faults = Array.from({ length: 9 }, (_, i) => ({ atMs: i, name: "x".repeat(50), kind: "y".repeat(99) }));
    const full = state({ agents, faults, title: "t".repeat(200), lastEvents: Array(20).fill("e".repeat(300)) });
    for (const content of [state(), full, state({ agents: [], faults: [], lastEvents: [] })]) {
      for (const width of [1, 10, 20, 30, 60, 80, 300]) {
        for (const height of [0, 1, 3, 6, 10, 24, 100]) {
          const lines = renderView(content, width, height);
          expect(lines.length).toBeLessThanOrEqual(height);
          for (const line of lines)
            expect(displayWidth(line), `${width}x${height}: ${line}`).toBeLessThanOrEqual(width);
          if (width >= 20) expect(renderView(content, width, height, true).map(stripColors)).toEqual(lines);
        }
      }
    }
  });

  test("says how many agents it leaves out", () => {
    const agents = Array.from({ length: 30 }, (_, i) => ({ ...state().agents[0]!, name: `agent-${i}` }));
    const lines = renderView(state({ agents }), 80, 12);
    expect(lines.filter((line) => line.includes("● up"))).toHaveLength(5);
    expect(lines).toContain(" and 25 more agents");
  });

  test("a full bar is a finished job, and nothing known is an empty one", () => {
    const bar = (tasks: ViewState["tasks"]): string => renderView(state({ tasks }), 80, 24)[2]!;
    expect(bar({ total: 1_000, ready: 0, running: 0, accepted: 999, failed: 0 })).toContain("░");
    expect(bar({ total: 10, ready: 0, running: 0, accepted: 10, failed: 0 })).not.toContain("░");
    expect(bar({ total: 0, ready: 0, running: 0, accepted: 0, failed: 0 })).toContain("░".repeat(40));
    expect(bar({ total: 10, ready: 0, running: 0, accepted: 9, failed: 1 })).toContain("1 failed");
  });

  test("what agents are called cannot steer the terminal", () => {
    const agents = [{ ...state().agents[0]!, name: `${ESCAPE}[2Jx` }];
    expect(renderView(state({ agents, title: "a\nb", lastEvents: ["\u0007"] }), 80, 24).join("")).not.toMatch(
      /\p{Cc}/u,
    );
  });
});

class FakeTerminal implements ViewStream {
  readonly isTTY: boolean;
  columns = 80;
  rows = 24;
  written = "";
  readonly listeners = new Set<() => void>();

  constructor(isTTY: boolean) {
    this.isTTY = isTTY;
  }

  write(text: string): void {
    this.written += text;
  }

  on(_event: "resize", listener: () => void): void {
    this.listeners.add(listener);
  }

  off(_event: "resize", listener: () => void): void {
    this.listeners.delete(listener);
  }
}

describe("painting", () => {
  const HIDE = `${ESCAPE}[?25l`;
  const SHOW = `${ESCAPE}[?25h`;

  test("repaints in place and gives the cursor back", async () => {
    const stream = new FakeTerminal(true);
    const exits = process.listenerCount("exit");
    const view = new LiveView({ stream, env: {} });
    view.update(state());
    expect(stream.written).toContain(HIDE);
    expect(process.listenerCount("exit")).toBe(exits + 1);
    const height = renderView(state(), 80, 23).length;
    stream.written = "";
    view.update(state({ title: "skipped" }));
    view.update(state({ title: "third" }));
    await waitFor(() => stream.written !== "");
    expect(stream.written).toContain(`${ESCAPE}[${height}A`);
    expect(stream.written).toContain("third");
    expect(stream.written).not.toContain("skipped");
    view.log("a line\nthat stays");
    expect(stream.written).toContain("a line that stays\n");
    view.stop();
    view.stop();
    expect(stream.written.split(SHOW)).toHaveLength(2);
    expect(process.listenerCount("exit")).toBe(exits);
    expect(stream.listeners.size).toBe(0);
  });

  test("takes itself away when asked", () => {
    const stream = new FakeTerminal(true);
    const view = new LiveView({ stream, env: { NO_COLOR: "1" } });
    view.update(state());
    expect(stripColors(stream.written)).toBe(stream.written);
    stream.written = "";
    view.stop({ keep: false });
    expect(stream.written.startsWith(`${ESCAPE}[15A\r${ESCAPE}[J`)).toBe(true);
    expect(stream.written).toContain(SHOW);
  });

  test("a new size starts on a cleared screen", () => {
    const stream = new FakeTerminal(true);
    const view = new LiveView({ stream, env: {} });
    view.update(state());
    stream.written = "";
    stream.columns = 40;
    for (const listener of stream.listeners) listener();
    expect(stream.written.startsWith(`${ESCAPE}[2J${ESCAPE}[H`)).toBe(true);
    expect(stream.written).toContain("─".repeat(38));
    view.stop();
  });

  test.each([
    ["no terminal", false, {}],
    ["a dumb one", true, { TERM: "dumb" }],
  ])("%s gets plain lines", (_what, isTTY, env) => {
    const stream = new FakeTerminal(isTTY);
    const view = new LiveView({ stream, env });
    view.update(state({ faults: [] }));
    view.update(state());
    view.stop();
    expect(stream.written).not.toContain(ESCAPE);
    expect(stream.written.split("\n")).toEqual([
      "[00:12.3] corpus survey: 3 agents",
      "[00:12.3] 20 of 40 tasks accepted, 1,234 blocks",
      "[00:03.2] fault: bob killed with SIGKILL",
      "",
    ]);
  });

  test("news are faults, agents that change, and each tenth of the way", () => {
    const tasks = state().tasks;
    expect(newsLines(state(), state())).toEqual([]);
    expect(newsLines(state(), state({ tasks: { ...tasks, accepted: 23 } }))).toEqual([]);
    expect(newsLines(state(), state({ tasks: { ...tasks, accepted: 24 } }))).toEqual([
      "[00:12.3] 24 of 40 tasks accepted, 1,234 blocks",
    ]);
    const agents = state().agents.map((agent) => ({ ...agent, state: "gone" as const }));
    expect(newsLines(state(), state({ agents }))).toEqual(
      ["ada", "bob", "eve"].map((name) => `[00:12.3] ${name} is gone`),
    );
  });
});
