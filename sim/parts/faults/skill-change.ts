/**
 * Agents become better or worse at their work, at once or slowly, from a moment or from a task of the workload on. When the
 * fault ends, they are as before.
 */

import { z } from "zod";
import { defineFault } from "../../model/define.ts";

const factor = z.number().min(0);
const place = z.number().int().min(0);

export const skillChange = defineFault({
  name: "skillChange",
  summary: "agents are right more or less often, faster or slower, or loaded by something else, at once or over a time",
  options: z.strictObject({
    accuracy: z
      .union([factor, z.record(z.string(), factor)])
      .default(1)
      .describe("Times the chance of a right answer, for all kinds of tasks or by kind. Default 1."),
    latency: z.number().positive().default(1).describe("Times the time that work takes. Default 1."),
    load: z.number().min(0).max(1).default(0).describe("Added to their load, where they have one. Default 0."),
    fromTask: place.default(0).describe("Only for this task of the workload, counted from 0, and later ones."),
    toTask: place.optional().describe("Not for this task, nor later ones."),
    overMs: z.number().min(0).default(0).describe("Comes evenly over so long. Default: at once."),
    overTasks: place.default(0).describe("Comes evenly over so many tasks from `fromTask` on. Default: at once."),
  }),
  isTargeted: true,
  lasts: true,
  begin(context, { accuracy, latency, load, fromTask, toTask, overMs, overTasks }, agents) {
    const beganMs = context.world.now;
    const ofKind = new Map(typeof accuracy === "object" ? Object.entries(accuracy) : []);
    const hit = agents.filter((name) => context.skillOf(name) !== undefined);
    const back = hit.map((name) =>
      context.skillOf(name)!.change({
        accuracy: (kind) => (typeof accuracy === "number" ? accuracy : (ofKind.get(kind) ?? 1)),
        latency,
        load,
        strength(at, nowMs) {
          if (at < fromTask || (toTask !== undefined && at >= toTask)) return 0;
          const byTime = overMs === 0 ? 1 : (nowMs - beganMs) / overMs;
          const byTask = overTasks === 0 ? 1 : (at - fromTask) / overTasks;
          return Math.min(1, byTime, byTask);
        },
      }),
    );
    if (hit.length > 0) context.tookEffect(hit);
    return () => {
      for (const undo of back) undo();
    };
  },
});
