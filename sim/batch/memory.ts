/**
 * Estimates before a run whether it fits into this machine's memory: what each agent takes, and what members and checkers hold
 * of each job.
 */

import { MeshworkError } from "../../protocol/core/errors.ts";
import { countAgents } from "../load/parse-agents.ts";
import type { JobShape, Scenario } from "../model/scenario.ts";

const MIB = 1024 * 1024;

/** MiB, measured with 16 to 1,000 agents under steady load. */
const BASE = 200;
const PER_AGENT = 0.6;
const PER_TASK = 0.5;
/** A run holds the open tasks of long jobs, and the newest of many jobs. */
const TASKS_HELD = 512;
const JOBS_HELD = 256;
/** Beside what the run holds: the garbage that it makes until it is collected. */
const HEADROOM = 1.25;

function tasksOf(shape: JobShape): number {
  if (shape.kind === "bag" || shape.kind === "map-reduce") return Math.min(TASKS_HELD, shape.width + 1);
  if (shape.kind === "plugin") return Math.min(TASKS_HELD, shape.tasks);
  return shape.kind === "file" ? 20 : 1;
}

/** What one run takes, about, in MiB. */
export function estimateMiB({ agents, workload }: Pick<Scenario, "agents" | "workload">): number {
  const count = countAgents(agents) + workload.clients.length;
  const tasks = Math.min(JOBS_HELD, workload.count) * tasksOf(workload.shape);
  return HEADROOM * (BASE + count * PER_AGENT + tasks * PER_TASK);
}

export const availableMiB = (): number => process.availableMemory() / MIB;

/** Runs that want more than this share of the free memory leave too little of it. */
const TIGHT = 0.8;

const shown = (mib: number): string => (mib < 1_024 ? `${Math.ceil(mib)} MiB` : `${(mib / 1_024).toFixed(1)} GiB`);

interface MemoryPlan {
  /** Runs at the same time. */
  readonly workers: number;
  /** The most that one run may take, MiB. */
  readonly limitMiB: number;
  /** The message before the first run begins. */
  readonly words: string;
}

function wordsOf(needed: number, workers: number, free: number): string {
  const all = needed * workers;
  const many = workers > 1 ? `, ${shown(all)} of ${workers} runs at a time` : "";
  const warning =
    all > free
      ? " – warning: that is more than there is, and the run may end for want of it; take fewer agents or jobs"
      : all > TIGHT * free
        ? ` – warning: that leaves little; take fewer agents or jobs${workers > 1 ? ", or fewer --workers" : ""}`
        : "";
  return `memory: a run wants about ${shown(needed)}${many}; ${shown(free)} are free${warning}`;
}

/** Throws if not even one run fits, unless the user forces it. */
export function planMemory(
  scenario: Pick<Scenario, "agents" | "workload">,
  workers: number,
  { force = false, free = availableMiB() }: { readonly force?: boolean | undefined; readonly free?: number } = {},
): MemoryPlan {
  const needed = estimateMiB(scenario);
  if (needed > free && !force) {
    const what = `a run with ${countAgents(scenario.agents)} agents needs about ${shown(needed)} of memory, ${shown(free)} are free`;
    throw new MeshworkError("usage", what, "take fewer agents or jobs, or try with --force");
  }
  const fitting = Math.max(1, Math.min(workers, Math.floor(free / needed)));
  return { workers: fitting, limitMiB: Math.max(512, free / fitting), words: wordsOf(needed, fitting, free) };
}
