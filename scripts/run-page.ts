/**
 * Draws the page of a run of real nodes: checks its trace, reads its figures from it, and hands both to the simulator's
 * report. Loaded when a run has ended, not before: plots come with a large library.
 */

import { commandLine } from "../node/platform/terminal/command-line.ts";
import { usageWords } from "../node/platform/terminal/usage-text.ts";
import { packageVersion } from "../node/platform/version.ts";
import type { RunPage, RunPageFacts } from "../node/run/run-page.ts";
import type { TraceLine } from "../protocol/core/trace.ts";
import { type RealRun, renderRealRun } from "../sim/report/real-run-page.ts";
import { checkTraces } from "../sim/traces/check-traces.ts";
import { RunFigures } from "../sim/traces/run-figures.ts";
import { simHost } from "./sim-host.ts";

const FAULTS: ReadonlyMap<string, string> = new Map([
  ["killed", "killed, with what it held"],
  ["lying", "lies on every task: its first wrong answer was outvoted"],
]);

/** With names instead of ids: reports know agents by name only. */
function answersOf({ agents, answers, usage }: RunPageFacts["summary"]): RealRun["answers"] {
  const names = new Map(agents.map(({ agent, name }) => [agent, name]));
  const named = <T extends { readonly worker: string }>(one: T): T => ({
    ...one,
    worker: names.get(one.worker) ?? one.worker.slice(-8),
  });
  const rows = answers.tasks.map(({ task, tally, lost, failed }) => {
    const used = usage?.byTask[task];
    return {
      task,
      tally: tally === null ? null : { ...tally, results: tally.results.map(named) },
      lost: lost.map(named),
      failed,
      used: used === undefined ? "" : usageWords(used),
    };
  });
  return { isRedacted: answers.isRedacted, rows, leftOut: answers.leftOut };
}

export async function drawRunPage(facts: RunPageFacts): Promise<RunPage> {
  const { summary, trace, startedMs, repeat, verify, title, reason, highlights, onHeight } = facts;
  const { agents, faults, committee, status, job, tasks, blocks, wallMs, messages } = summary;
  const figures = new RunFigures({ agents, faults, startedMs });
  const onLine = (line: TraceLine): void => {
    figures.onLine(line);
    if (line.kind === "applied") onHeight(line.height);
  };
  const checked = await checkTraces({ host: simHost, paths: [trace], onLine });
  const names = new Map(agents.map(({ agent, name }) => [agent, name]));
  const timeline = faults.map(({ atMs, name, kind }) => {
    const text = FAULTS.get(kind) ?? kind;
    return { atMs, untilMs: null, kind: "fault" as const, text, agents: [name] };
  });
  const html = renderRealRun({
    title,
    status,
    reason,
    highlights,
    job,
    tasks,
    committee: committee.map(({ agent, power }) => ({ name: names.get(agent) ?? agent, power })),
    blocks,
    wallMs,
    messages,
    result: { series: figures.series(), timeline, agents: figures.rows(), endedMs: figures.endedMs },
    checked,
    answers: answersOf(summary),
    commands: { repeat, verify, check: commandLine(["sim", "check", trace]) },
    version: packageVersion(),
  });
  const broken = checked.invariants.flatMap(({ id, verdict, note }) =>
    verdict === "broken" ? [`${id}: ${note}`] : [],
  );
  return { html, broken };
}
