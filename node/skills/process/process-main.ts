/**
 * The process of a skills file: it loads the module, describes its skills, and runs the attempts that the agent asks for.
 * A module that ends, blocks or fills this process harms nothing else; the agent (skill-module.ts) notices and starts
 * another process.
 *
 * Binding: it imports little, since it starts with every agent; it ends, with everything that it started, when its agent
 * does.
 */

import { AsyncLocalStorage } from "node:async_hooks";
import { Socket } from "node:net";
import { setImmediate as turn } from "node:timers/promises";
import { deserialize } from "node:v8";
import { Worker } from "node:worker_threads";
import { MeshworkError } from "../../../protocol/core/errors.ts";
import { describeThrown, stackOf } from "../../platform/modules/thrown.ts";
import { loadModule } from "../load-module.ts";
import { failureOf, performSkill } from "../perform.ts";
import { killGroup } from "../process-group.ts";
import { type Skill, type SkillContext, type SkillOutcome, schemasOf } from "../skill.ts";
import { WorkProblem } from "../work-problem.ts";
import { encodeFrame, FrameReader } from "./frames.ts";
import { watchIntrinsics } from "./intrinsics.ts";
import { CHANNEL_FD, type FromProcess, type ToProcess } from "./messages.ts";

/** Output of skills is dropped while more than this waits to be sent, bytes. */
const PRINT_BYTES_MAX = 4 * 1024 * 1024;
/** How often the watching thread checks that the agent is still there, ms. */
const PARENT_POLL_MS = 200;

/** The skills file, and the process id of the agent. */
const [file, agent] = process.argv.slice(2) as [string, string];
const channel = new Socket({ fd: CHANNEL_FD, readable: true, writable: true });
const attempts = new Map<number, AbortController>();
/** The attempt that the running code belongs to. */
const current = new AsyncLocalStorage<number>();
const whose = (): number | null => current.getStore() ?? null;

function tell(message: FromProcess, body?: Uint8Array): void {
  for (const part of encodeFrame(message, body)) channel.write(part);
}

// --- what surrounds the module ------------------------------------------------------------------------

/** Ends the group when the agent has gone, even while a skill blocks this process's own event loop. */
function watchParent(): void {
  const source = `setInterval(() => {
  if (process.ppid !== ${Number(agent)}) process.kill(-process.pid, "SIGKILL");
}, ${PARENT_POLL_MS});`;
  new Worker(source, { eval: true, execArgv: [], resourceLimits: { maxOldGenerationSizeMb: 8 } }).unref();
}

/** Sends console and stream output with the attempt that wrote it; the agent reads what bypasses them. */
function captureOutput(stream: "stdout" | "stderr"): void {
  const write = (chunk: unknown, encoding?: unknown, callback?: unknown): boolean => {
    const body = typeof chunk === "string" ? Buffer.from(chunk, encoding as BufferEncoding) : (chunk as Uint8Array);
    if (channel.writableLength < PRINT_BYTES_MAX) tell({ kind: "print", id: whose(), stream }, body);
    const done = typeof encoding === "function" ? encoding : callback;
    if (typeof done === "function") process.nextTick(done as () => void);
    return true;
  };
  process[stream].write = write as typeof process.stdout.write;
}

function reportUncaught(): void {
  process.on("uncaughtExceptionMonitor", (error: unknown) => {
    const text = describeThrown(error);
    const at = stackOf(error)
      .split("\n")
      .find((line) => line.includes("    at "));
    tell({ kind: "uncaught", id: whose(), text: at === undefined ? text : `${text} (${at.trim()})` });
  });
}

// --- attempts -----------------------------------------------------------------------------------------

/** Facts as JSON can carry them: a skill may log anything. */
function factsOf(facts: unknown): Record<string, unknown> {
  try {
    const copy: unknown = JSON.parse(JSON.stringify(facts ?? {}));
    return typeof copy === "object" && copy !== null && !Array.isArray(copy) ? { ...copy } : { facts: copy };
  } catch {
    return { facts: describeThrown(facts) };
  }
}

async function run(skill: Skill | undefined, message: ToProcess & { kind: "run" }, body: Buffer): Promise<void> {
  const { id, job, task, attempt, deadlineMs } = message;
  const controller = new AbortController();
  attempts.set(id, controller);
  tell({ kind: "begun", id });
  const context: SkillContext = {
    ...{ signal: controller.signal, job, task, attempt, deadlineMs },
    log: (text, facts) =>
      tell({ kind: "log", id, message: typeof text === "string" ? text : describeThrown(text), facts: factsOf(facts) }),
  };
  const outcome: SkillOutcome =
    skill === undefined
      ? failureOf(message.skill, new WorkProblem("refused", "its skills file no longer has it"))
      : await performSkill(skill, deserialize(body), context);
  const changed = changedIntrinsic();
  if (changed !== null) {
    // Every attempt in this process would fail through no fault of its own.
    tell({ kind: "uncaught", id, text: `it changed what the language provides: ${changed}` });
    killGroup(process.pid);
  }
  await turn(); // rejections that nobody awaits surface in this turn, and belong to this attempt
  attempts.delete(id);
  if (outcome.ok) {
    const { output, ...said } = outcome;
    tell({ kind: "done", id, outcome: said }, output);
  } else tell({ kind: "done", id, outcome });
}

function serve(skills: readonly Skill[], close: (() => unknown) | null): (message: ToProcess, body: Buffer) => void {
  const byName = new Map(skills.map((skill) => [skill.name, skill]));
  return (message, body) => {
    if (message.kind === "run") void current.run(message.id, run, byName.get(message.skill), message, body);
    else if (message.kind === "abort") attempts.get(message.id)?.abort(new Error(message.reason));
    else if (message.kind === "ping") tell({ kind: "pong", rssBytes: process.memoryUsage.rss() });
    else void closeModule(close);
  };
}

async function closeModule(close: (() => unknown) | null): Promise<void> {
  try {
    await close?.();
  } catch (error) {
    tell({ kind: "uncaught", id: null, text: `close(): ${describeThrown(error)}` });
  }
  tell({ kind: "closed" });
}

// --- the beginning and the end ------------------------------------------------------------------------

watchParent();
captureOutput("stdout");
captureOutput("stderr");
reportUncaught();
// The agent is gone or closed the channel: there is nobody to work for.
for (const event of ["end", "close", "error"]) channel.on(event, () => killGroup(process.pid));

/** The first built-in that changed since the module was loaded, or null. */
let changedIntrinsic = (): string | null => null;
let serving: ((message: ToProcess, body: Buffer) => void) | null = null;
const reader = new FrameReader(Number.POSITIVE_INFINITY);
channel.on("data", (chunk: Buffer) => {
  for (const { header, body } of reader.push(chunk)) serving?.(header as ToProcess, body);
});

try {
  const { skills, close } = await loadModule(file);
  changedIntrinsic = watchIntrinsics();
  serving = serve(skills, close);
  const described = skills.map((skill) => {
    const { name, description, price, expectedMs } = skill;
    return { name, description, price, expectedMs, schemas: schemasOf(skill) };
  });
  tell({ kind: "loaded", skills: described });
} catch (error) {
  const remedy = error instanceof MeshworkError ? error.remedy : "correct the module";
  tell({ kind: "refused", message: describeThrown(error), remedy });
}
