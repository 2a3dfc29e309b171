/** Load and changes of a simulated skill. */

import { describe, expect, test } from "vitest";
import { SkillState } from "../../../sim/model/skill-state.ts";

const MODEL = { perCall: 0.3, keep: 0.5, slowdown: 1.2, errors: 0.1, busyAt: 0.95 };
const change = (changes: object) => ({
  accuracy: () => 1,
  latency: 1,
  load: 0,
  strength: () => 1,
  ...changes,
});

describe("load", () => {
  test("comes of calls, up to 1, and fades from task to task", () => {
    const state = new SkillState(MODEL);
    state.onCall(0);
    expect(state.loadAt(0, 0)).toBe(0.3);
    expect(state.loadAt(2, 0)).toBe(0.075);
    for (let i = 0; i < 5; i++) state.onCall(2);
    expect(state.loadAt(2, 0)).toBe(1);
    expect(state.loadAt(1, 0)).toBe(1);
    expect(state.loadAt(1_000, 0)).toBe(0);
  });

  test("makes work slower and worse; without a model nothing does", () => {
    const state = new SkillState(MODEL);
    for (let i = 0; i < 4; i++) state.onCall(0);
    expect(state.latencyFactor(0, 0)).toBe(2.2);
    expect(state.accuracyFactor({ kind: "", place: 0 }, 0)).toBe(0.9);
    const plain = new SkillState();
    plain.onCall(0);
    expect([plain.isFixed, plain.loadAt(0, 0), plain.latencyFactor(0, 0)]).toEqual([true, 0, 1]);
  });
});

describe("changes", () => {
  test("multiply, hold in part where they come slowly, and go", () => {
    const state = new SkillState();
    const half = state.change(change({ accuracy: (kind: string) => (kind === "hard" ? 0.5 : 1), latency: 3 }));
    const slow = state.change(change({ accuracy: () => 0, strength: (place: number) => place / 10 }));
    expect(state.accuracyFactor({ kind: "hard", place: 5 }, 0)).toBe(0.25);
    expect(state.accuracyFactor({ kind: "easy", place: 5 }, 0)).toBe(0.5);
    expect(state.latencyFactor(5, 0)).toBe(3);
    expect(state.isFixed).toBe(false);
    half();
    slow();
    expect([state.isFixed, state.accuracyFactor({ kind: "hard", place: 5 }, 0)]).toEqual([true, 1]);
  });

  test("of load add to what calls left, up to 1", () => {
    const state = new SkillState(MODEL);
    state.onCall(0);
    state.change(change({ load: 0.5 }));
    expect(state.loadAt(0, 0)).toBe(0.8);
    state.change(change({ load: 0.5 }));
    expect(state.loadAt(0, 0)).toBe(1);
  });
});
