/**
 * Runs a submitted job to its end in front of a person: live view, stall detection, and the files that a run leaves.
 *
 * Leaves the mesh to the caller, and what happens to the mesh meanwhile.
 */

import { MeshworkError } from "../../protocol/core/errors.ts";
import type { TaskId } from "../../protocol/core/ids.ts";
import type { Value } from "../../protocol/wire/value.ts";
import type { ParsedJob } from "../job-file/parse-job.ts";
import type { MeshworkNode } from "../node.ts";
import { jobsOf } from "../node-status.ts";
import { commandLine } from "../platform/terminal/command-line.ts";
import { EXIT, interrupted } from "../platform/terminal/context.ts";
import { progressLine } from "../platform/terminal/progress-line.ts";
import { columnsOf, wantsColor } from "../platform/terminal/terminal-text.ts";
import { formatDuration } from "../platform/text/quantities.ts";
import type { JobEvent, JobHandle, JobOutcome } from "../submitted-job.ts";
import { type BlockProgress, blockProgress } from "./block-progress.ts";
import { JobProgress } from "./job-progress.ts";
import { LiveView } from "./live-view.ts";
import type { RunFolder } from "./run-folder.ts";
import type { RunContext } from "./run-page.ts";
import { pageLine, type RunFigures, type RunStatus, type RunSummary, renderSummary, verifyCommand } from "./summary.ts";
import type { JoinTraces, OnLost } from "./with-local-mesh.ts";

/** A local mesh is given up when its job has been stuck this long, ms: nobody repairs it. */
const STALLED_MS = 60_000;
/** A job that is stuck this long after its deadline is given up, ms. */
const GRACE_MS = 60_000;
/** Tasks whose choices of workers are looked at after the end. */
const CHOICES_READ = 64;
/** The view is painted again at least this often while nothing happens, ms. */
const REFRESH_MS = 250;

interface RunJobOptions {
  readonly context: RunContext;
  readonly owner: MeshworkNode;
  readonly handle: JobHandle;
  readonly agents: readonly { readonly id: string; readonly name: string }[];
  readonly title: string;
  /** The mesh ends with this command: nobody restarts its agents. */
  readonly isLocal: boolean;
  /** Tells of agents that end before the job does. */
  readonly onLost?: (listener: OnLost) => void;
  /** Called after each block. */
  readonly onBlock?: (progress: JobProgress, event: JobEvent) => void;
  /** The progress, before the first block. */
  readonly onStart?: (progress: JobProgress) => void;
}

interface JobRun {
  readonly status: RunStatus;
  readonly reason: string;
  readonly outcome: JobOutcome | null;
  readonly progress: JobProgress;
  readonly offers: ReadonlyMap<string, number>;
  /** What the job's selector expected of each agent when it could choose it last. */
  readonly expected: ReadonlyMap<string, number>;
}

/** Why waiting is pointless; null while the job continues, or may continue again. */
function whyGivenUp({ handle, isLocal }: RunJobOptions, progress: JobProgress, waiting: string): string | null {
  const { standing, genesis } = handle;
  if (standing.kind === "going") return null;
  if (isLocal && Date.now() - standing.sinceMs > STALLED_MS) return waiting;
  return progress.elapsedMs > genesis.deadlineMs + GRACE_MS ? `its deadline passed; ${waiting}` : null;
}

/** Submits a job and says what it waits for: a committee is drawn, and agrees on the first block. */
export function submitLocally(context: RunContext, owner: MeshworkNode, job: ParsedJob): Promise<JobHandle> {
  const progress = progressLine(context);
  progress.show("waiting for a committee to take the job …");
  return owner.submit(job).finally(() => progress.end());
}

/** Follows the job until it ends, is given up, or the user interrupts (throws `interrupted`). */
export async function followJob(options: RunJobOptions): Promise<JobRun> {
  const { context, handle } = options;
  const progress = new JobProgress(handle, options.agents);
  options.onStart?.(progress);
  const { terminal } = context.io;
  const view = terminal === null ? null : new LiveView({ stream: terminal, env: context.io.env });
  options.onLost?.(({ id, name }, how) => {
    progress.setState(id, "gone");
    const line = `agent ${name} ended (${how})`;
    if (view === null) context.note(line);
    else view.log(line);
  });
  let stalled: (reason: string) => void = () => undefined;
  const repaint = setInterval(() => {
    const state = progress.view(options.title);
    view?.update(state);
    const reason = whyGivenUp(options, progress, state.waiting);
    if (reason !== null) stalled(reason);
  }, REFRESH_MS);
  const halt = new Promise<{ readonly stalled: string }>((resolve, reject) => {
    stalled = (reason) => resolve({ stalled: reason });
    context.signal.addEventListener("abort", () => reject(interrupted()));
    if (context.signal.aborted) reject(interrupted());
  });
  halt.catch(() => undefined);
  try {
    const follow = (async (): Promise<"ended"> => {
      for await (const event of handle.events()) {
        progress.onBlock(event);
        options.onBlock?.(progress, event);
        view?.update(progress.view(options.title));
      }
      return "ended";
    })();
    follow.catch(() => undefined);
    const end = await Promise.race([follow, halt]);
    if (end !== "ended") {
      return {
        status: "stalled",
        reason: end.stalled,
        outcome: null,
        progress,
        ...(await agentsOf(options, progress)),
      };
    }
    const outcome = await Promise.race([handle.result(), halt]);
    if ("stalled" in outcome) throw new MeshworkError("job-failed", "the job ended and its result cannot be had");
    const reason = outcome.status === "certified" ? "" : outcome.reason;
    return { status: outcome.status, reason, outcome, progress, ...(await agentsOf(options, progress)) };
  } finally {
    clearInterval(repaint);
    view?.stop({ keep: false });
  }
}

async function agentsOf(
  { owner, handle }: RunJobOptions,
  progress: JobProgress,
): Promise<Pick<JobRun, "offers" | "expected">> {
  return { offers: await offersOf(owner, handle), expected: await expectationsOf(owner, handle, progress.awarded) };
}

/** What the selector expected of each agent, by the newest choice in which it was a candidate. */
async function expectationsOf(
  owner: MeshworkNode,
  handle: JobHandle,
  tasks: readonly string[],
): Promise<Map<string, number>> {
  const expected = new Map<string, number>();
  for (const task of [...tasks].reverse().slice(0, CHOICES_READ)) {
    const choices = await owner.explanation(handle.id, task as TaskId);
    for (const { agent, mean } of choices.at(-1)?.candidates ?? [])
      if (mean !== null && !expected.has(agent)) expected.set(agent, mean);
  }
  return expected;
}

async function offersOf(owner: MeshworkNode, handle: JobHandle): Promise<Map<string, number>> {
  const job = jobsOf(await owner.status()).find((known) => known.job === handle.id);
  return new Map(job?.agents.map(({ agent, offers }) => [agent, offers]));
}

export interface Ending {
  readonly context: RunContext;
  readonly run: JobRun;
  readonly handle: JobHandle;
  readonly folder: RunFolder;
  readonly title: string;
  readonly messages: RunSummary["messages"];
  /** The words after the program's name that run it again, for the page; null if it has no trace to be drawn from. */
  readonly command: readonly string[] | null;
  /** Makes the trace from which the page is drawn. */
  readonly joinTraces: JoinTraces | null;
  /** About the answer, in words. Default: its JSON, as much as fits. */
  readonly highlights?: readonly string[];
}

/** Characters of an answer; the terminal's width cuts more. */
const SHORT = 400;

/** On one line: the text of a string, the JSON of anything else. */
function inShort(result: Value): string {
  const text = typeof result === "string" && result.trim() !== "" ? result : JSON.stringify(result);
  return text.slice(0, SHORT);
}

/** What came out, before everything else is told. */
export const endWords = ({ status, progress }: JobRun): string => `${status} in ${formatDuration(progress.elapsedMs)}`;

/** Writes result, certificate and summary, tells the person, and draws the page. Resolves with the exit code. */
export async function finishRun(ending: Ending): Promise<number> {
  const { context, run, handle, folder, messages } = ending;
  const { outcome, status, reason, progress, offers, expected } = run;
  const highlights = ending.highlights ?? (outcome?.status === "certified" ? [inShort(outcome.result)] : []);
  let certificate: string | null = null;
  if (outcome?.status === "certified") {
    folder.writeResult(outcome.result);
    certificate = folder.writeCertificate(outcome.certificate);
  }
  const figures = progress.summary(handle.id, { status, reason, messages, certificate, offers, expected });
  folder.writeSummary({ ...figures, report: null });
  if (!context.json) tell(ending, figures, highlights);
  const report = await writePage(ending, figures, handle.genesis.redact ? [] : highlights);
  const summary = { ...figures, report };
  if (report !== null) folder.writeSummary(summary);
  if (context.json) context.printJson(summary);
  else if (report !== null) context.print(pageLine(report, wantsColor(process.stdout, context.io.env)));
  return status === "certified" ? EXIT.ok : EXIT.no;
}

/** Before the page: nobody should wait for a drawing to read the answer. */
function tell({ context, folder, title, command }: Ending, figures: RunFigures, highlights: readonly string[]): void {
  const { stdout } = process;
  const options = {
    width: columnsOf(stdout, 100),
    color: wantsColor(stdout, context.io.env),
    title,
    directory: folder.path,
    isLocal: command !== null,
    highlights,
  };
  for (const line of renderSummary(figures, options)) context.print(line);
}

/** The path of the page, or null. The result is there: a page that cannot be drawn is not worth losing it for. */
async function writePage(
  { context, run, folder, title, command, joinTraces }: Ending,
  summary: RunFigures,
  highlights: readonly string[],
): Promise<string | null> {
  if (context.drawRunPage === null || command === null || joinTraces === null) return null;
  const verify = summary.certificate === null ? null : verifyCommand(folder.path);
  const joining = blockProgress(context, "joining the traces", summary.blocks);
  let drawing: BlockProgress | null = null;
  try {
    await joinTraces(joining.onHeight).finally(joining.end);
    drawing = blockProgress(context, "drawing the page", summary.blocks);
    const { html, broken } = await context.drawRunPage({
      title,
      reason: run.reason,
      highlights,
      summary,
      trace: folder.trace,
      startedMs: run.progress.startedAt,
      repeat: commandLine(command),
      verify,
      onHeight: drawing.onHeight,
    });
    drawing.end();
    for (const finding of broken) context.note(`meshwork: a bug: an invariant broke in this run – ${finding}`);
    return folder.writeText("report.html", html);
  } catch (error) {
    drawing?.end();
    if (context.signal.aborted) throw interrupted();
    context.note(`meshwork: the page could not be drawn: ${error instanceof Error ? error.message : error}`);
    return null;
  }
}
