/**
 * The skills of one file for one agent: it runs them in a process, restarts that process when it ends, and decides which
 * attempt is to blame.
 *
 * Attempts that were in a process when it ended run again, one at a time: first those that had not begun, then the oldest,
 * because the attempt that ends a process has usually just begun. An attempt is blamed (`crashed`) only if it was alone in
 * its process from the start, or if its process ended for the third time: it was alone every time but the first.
 *
 * A skill may block its process as long as no other attempt waits for it. A waiting attempt waits for at most half of its
 * lease; then the process is ended, which leaves time to run the attempt elsewhere.
 */

import { serialize } from "node:v8";
import { MeshworkError } from "../../../protocol/core/errors.ts";
import { failureMessage } from "../perform.ts";
import type { HostedSkill, SkillContext, SkillLog, SkillOutcome } from "../skill.ts";
import { isCanonical } from "./canonical.ts";
import type { Described, FromProcess } from "./messages.ts";
import { PrintLog } from "./print-log.ts";
import { SkillProcess } from "./skill-process.ts";

interface SkillModuleOptions {
  readonly file: string;
  /** The most memory that the process may use, bytes; half of it for the JavaScript heap. */
  readonly memoryBytes: number;
  /** The longest that the module may take to load, ms. */
  readonly loadMs: number;
  readonly log: SkillLog;
}

/** The longest that the module's `close()` may take, ms. */
const CLOSE_MS = 1_000;
/** Wait before a restart, ms: none after the first end in a row, then this, then twice as long each time. */
const RESTART_MS = 250;
const RESTART_MS_MAX = 30_000;
/** At most this many ends in a row count once an attempt was blamed: then the module itself seems healthy. */
const BLAMED_ENDS_MAX = 2;
/** An attempt is blamed when this many processes have ended under it. */
const ENDS_MAX = 3;
/** An event loop that did not turn for this long is blocked, ms. */
const BLOCKED_MS = 2_000;

interface Attempt {
  readonly id: number;
  readonly skill: string;
  readonly context: SkillContext;
  readonly input: unknown;
  readonly givenMs: number;
  readonly resolve: (outcome: SkillOutcome) => void;
  /** Processes that ended while it was in them. */
  ends: number;
  hasBegun: boolean;
}

type Waiting = { resolve(skills: readonly Described[]): void; reject(error: Error): void };

export class SkillModule {
  readonly #options: SkillModuleOptions;
  readonly #prints: PrintLog;
  #process: SkillProcess | null = null;
  #isLoaded = false;
  #isClosed = false;
  /** Attempts that began in this process, including ended ones: they may have left a timer behind. */
  #begun = 0;
  /** Ends in a row with no finished attempt in between. */
  #ends = 0;
  #nextStartMs = 0;
  #restart: NodeJS.Timeout | null = null;
  #loadTimer: NodeJS.Timeout | null = null;
  #uncaught = "";
  #nextId = 1;
  #first: Waiting | null = null;
  #onClosed: (() => void) | null = null;
  /** Attempts in the process now. */
  readonly #inside = new Map<number, Attempt>();
  /** Attempts that nobody waits for any longer and that have not reported their end. */
  readonly #abandoned = new Set<number>();
  /** Attempts to run alone, in this order, before all others. */
  #alone: Attempt[] = [];
  #waiting: Attempt[] = [];

  constructor(options: SkillModuleOptions) {
    this.#options = options;
    this.#prints = new PrintLog(options.log);
  }

  /** Starts the process and loads the file. Rejects with `invalid-file`, and the line where it is known. */
  start(): Promise<readonly Described[]> {
    return new Promise((resolve, reject) => {
      this.#first = { resolve, reject };
      this.#launch();
      this.#process!.ref();
    });
  }

  skillOf(skill: Described): HostedSkill {
    return {
      ...skill,
      perform: (input, context) => new Promise((resolve) => this.#take({ skill: skill.name, input, context, resolve })),
    };
  }

  // --- the process ------------------------------------------------------------------------------------

  #launch(): void {
    this.#restart = null;
    this.#isLoaded = false;
    this.#begun = 0;
    this.#abandoned.clear();
    this.#uncaught = "";
    const { file, memoryBytes, loadMs } = this.#options;
    const started: SkillProcess = new SkillProcess(file, memoryBytes, {
      onFrame: (message, body) => this.#onFrame(message, body),
      onLine: (stream, line) => this.#prints.line(this.#onlyOne(), stream, line),
      onTick: (silentMs) => this.#onTick(silentMs),
      onEnd: (how) => this.#onEnd(how),
    });
    this.#process = started;
    this.#loadTimer = setTimeout(() => started.kill(`it did not load within ${loadMs / 1_000} s`), loadMs).unref();
  }

  #onFrame(message: FromProcess, body: Buffer): void {
    switch (message.kind) {
      case "loaded":
        this.#onLoaded(message.skills);
        break;
      case "refused":
        this.#first?.reject(new MeshworkError("invalid-file", message.message, message.remedy));
        this.#first = null;
        this.#process?.kill(`it cannot be loaded: ${message.message}`);
        break;
      case "begun":
        this.#begun++;
        for (const attempt of this.#of(message.id)) attempt.hasBegun = true;
        break;
      case "done":
        this.#onDone(message.id, message.outcome, body);
        break;
      case "print":
        this.#prints.text(this.#facts(message.id), message.stream, body.toString());
        break;
      case "log":
        this.#options.log(message.message, { ...message.facts, ...this.#facts(message.id) });
        break;
      case "uncaught":
        this.#uncaught = message.text;
        this.#options.log(`nobody caught: ${message.text}`, this.#facts(message.id));
        break;
      case "closed":
        this.#onClosed?.();
        break;
    }
  }

  #onLoaded(skills: readonly Described[]): void {
    clearTimeout(this.#loadTimer!);
    this.#isLoaded = true;
    this.#process!.unref();
    this.#first?.resolve(skills);
    this.#first = null;
    this.#pump();
  }

  /** Ends a process whose event loop is blocked while another attempt waits for it. */
  #onTick(silentMs: number): void {
    if (!this.#isLoaded || silentMs < BLOCKED_MS) return;
    const inside = [...this.#inside.values()];
    const behind = [...inside.filter((attempt) => !attempt.hasBegun), ...this.#alone, ...this.#waiting];
    const concerned = behind.length > 0 ? behind : inside;
    const isAlone = inside.length === 1 && behind.length === 0;
    const now = Date.now();
    const isLate = ({ givenMs, context }: Attempt): boolean => now >= givenMs + (context.deadlineMs - givenMs) / 2;
    const isLeft = concerned.length === 0 && this.#abandoned.size > 0;
    if (isAlone || !(isLeft || concerned.some(isLate))) return;
    this.#process!.kill(`its event loop was blocked for ${(silentMs / 1_000).toFixed(1)} s`);
  }

  #onEnd(how: string): void {
    clearTimeout(this.#loadTimer!);
    this.#process = null;
    this.#isLoaded = false;
    const { file, log } = this.#options;
    const why = this.#uncaught === "" ? how : this.#uncaught;
    if (this.#first !== null) {
      const what = how.startsWith("it ") ? how : `it ended its process while it was loaded (${why})`;
      this.#first.reject(new MeshworkError("invalid-file", `${file}: ${what}`, "correct the module"));
      this.#first = null;
      this.#isClosed = true;
    }
    this.#onClosed?.();
    if (this.#isClosed) return;
    const waitMs = this.#ends === 0 ? 0 : Math.min(RESTART_MS * 2 ** (this.#ends - 1), RESTART_MS_MAX);
    this.#ends++;
    this.#nextStartMs = Date.now() + waitMs;
    log(`the process of ${file} ended (${why}); it starts again ${waitMs === 0 ? "now" : `in ${waitMs} ms`}`);
    this.#judge(`it ended the process of its skills file: ${why}`);
    this.#restart = setTimeout(() => this.#launch(), waitMs).unref();
  }

  /** Blames the attempts that ended the process, and queues the others to run again. */
  #judge(why: string): void {
    const inside = [...this.#inside.values()];
    this.#inside.clear();
    for (const attempt of inside) attempt.ends++;
    const begun = inside.filter((attempt) => attempt.hasBegun);
    const isAlone = begun.length === 1 && this.#begun === 1;
    const isBlamed = (attempt: Attempt): boolean =>
      attempt.ends >= ENDS_MAX || (isAlone && attempt === begun[0]) || attempt.context.deadlineMs <= this.#nextStartMs;
    const again = inside.filter((attempt) => !isBlamed(attempt));
    const rank = (attempt: Attempt): number => Number(attempt.hasBegun);
    again.sort((a, b) => rank(a) - rank(b) || a.id - b.id);
    for (const attempt of again) attempt.hasBegun = false;
    this.#alone = [...again, ...this.#alone];
    const blamed = inside.filter(isBlamed);
    for (const attempt of blamed) this.#crash(attempt, why);
    // An attempt was to blame, so the module itself works, and a long wait would punish the other attempts.
    if (blamed.length > 0) this.#ends = Math.min(this.#ends, BLAMED_ENDS_MAX);
  }

  #crash(attempt: Attempt, why: string): void {
    attempt.resolve({ ok: false, reason: "crashed", retryMs: 0, message: failureMessage(attempt.skill, why) });
  }

  // --- attempts ---------------------------------------------------------------------------------------

  #take({ skill, input, context, resolve }: Pick<Attempt, "skill" | "input" | "context" | "resolve">): void {
    const attempt = { id: this.#nextId++, skill, input, context, resolve, givenMs: Date.now() };
    const taken: Attempt = { ...attempt, ends: 0, hasBegun: false };
    if (this.#isClosed || (this.#process === null && this.#nextStartMs >= context.deadlineMs)) {
      const when = this.#isClosed ? "is closed" : `ended ${this.#ends} times in a row and waits before it starts again`;
      this.#crash(taken, `the process of its skills file ${when}`);
      return;
    }
    context.signal.addEventListener("abort", () => this.#drop(taken), { once: true });
    this.#waiting.push(taken);
    this.#pump();
  }

  /** Sends the process the attempts that it may run now. */
  #pump(): void {
    if (!this.#isLoaded) return;
    if (this.#inside.size === 0) this.#process!.unref();
    const isAlone = [...this.#inside.values()].some((attempt) => attempt.ends > 0);
    if (isAlone) return;
    if (this.#alone.length === 0) for (const attempt of this.#waiting.splice(0)) this.#send(attempt);
    else if (this.#inside.size === 0) this.#send(this.#alone.shift()!);
  }

  #send(attempt: Attempt): void {
    const { id, skill, context, input } = attempt;
    const { job, task, attempt: count, deadlineMs } = context;
    this.#inside.set(id, attempt);
    this.#process!.ref(); // whoever waits for an attempt waits for this process
    this.#process!.send({ kind: "run", id, skill, job, task, attempt: count, deadlineMs }, serialize(input));
  }

  #onDone(id: number, outcome: (FromProcess & { kind: "done" })["outcome"], output: Buffer): void {
    this.#abandoned.delete(id);
    for (const attempt of this.#of(id)) {
      this.#inside.delete(id);
      this.#ends = 0;
      if (!outcome.ok) attempt.resolve(outcome);
      else if (isCanonical(output)) attempt.resolve({ ...outcome, output });
      else
        attempt.resolve({
          ok: false,
          reason: "error",
          retryMs: 0,
          message: failureMessage(attempt.skill, "its output is not a value"),
        });
    }
    this.#pump();
  }

  /** Nobody waits for the outcome any longer: the process is told to abort it. */
  #drop(attempt: Attempt): void {
    this.#alone = this.#alone.filter((other) => other !== attempt);
    this.#waiting = this.#waiting.filter((other) => other !== attempt);
    if (!this.#inside.delete(attempt.id)) return;
    this.#abandoned.add(attempt.id);
    const { reason } = attempt.context.signal;
    this.#process?.send({
      kind: "abort",
      id: attempt.id,
      reason: reason instanceof Error ? reason.message : "stopped",
    });
    this.#pump();
  }

  /** The attempt with this id, or none if it has ended. */
  #of(id: number): Attempt[] {
    const attempt = this.#inside.get(id);
    return attempt === undefined ? [] : [attempt];
  }

  #facts(id: number | null): Record<string, unknown> {
    const attempt = id === null ? undefined : this.#inside.get(id);
    if (attempt === undefined) return { file: this.#options.file };
    return { skill: attempt.skill, job: attempt.context.job, task: attempt.context.task };
  }

  /** Output outside of frames can be attributed only while exactly one attempt runs. */
  #onlyOne(): Record<string, unknown> {
    return this.#facts(this.#inside.size === 1 ? [...this.#inside.keys()][0]! : null);
  }

  // --- the end ----------------------------------------------------------------------------------------

  /** Calls the module's `close()`, then ends the process by force. Never rejects. */
  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    if (this.#restart !== null) clearTimeout(this.#restart);
    const running = this.#process;
    if (running === null) return;
    running.ref();
    if (this.#isLoaded) {
      const closed = new Promise<void>((resolve) => {
        this.#onClosed = resolve;
        setTimeout(resolve, CLOSE_MS).unref();
      });
      running.send({ kind: "close" });
      await closed;
    }
    running.kill("closed");
    await running.ended;
  }
}
