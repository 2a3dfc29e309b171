/**
 * One process of a skills file, from its start to its end: the frames that it exchanges with the agent, what it prints
 * outside of them, its memory, and whether its event loop turns.
 *
 * Leaves to skill-module.ts which attempts run in it, and what happens to them when it ends.
 */

import { type ChildProcess, spawn } from "node:child_process";
import type { Socket } from "node:net";
import { createInterface } from "node:readline";
import { setTimeout } from "node:timers/promises";
import { limits } from "../../../protocol/core/limits.ts";
import { describeThrown } from "../../platform/modules/thrown.ts";
import { programFile } from "../../platform/own-files.ts";
import { residentBytes } from "../../platform/process-vitals.ts";
import { killGroup } from "../process-group.ts";
import { encodeFrame, FrameReader } from "./frames.ts";
import { type FromProcess, fromProcessSchema, type ToProcess } from "./messages.ts";

/** A frame holds at most one output and the header beside it. */
const FRAME_BYTES_MAX = limits.blobBytes + 16 * 1024 * 1024;
/** How often the agent checks the process, ms. */
const TICK_MS = 250;
/** How long the channel may stay open after the process ends, ms: its last frames may still be under way. */
const LAST_WORDS_MS = 200;
/** Share of the memory for V8's heap; buffers and code need the rest. */
const HEAP_PART = 0.5;

interface SkillProcessEvents {
  onFrame(message: FromProcess, body: Buffer): void;
  /** A line of output that did not come in a frame. */
  onLine(stream: "stdout" | "stderr", line: string): void;
  /** Called each tick with how long the process has not answered, ms. */
  onTick(silentMs: number): void;
  /** Called once, when the process and its group have ended; `how` says why, in words. */
  onEnd(how: string): void;
}

export class SkillProcess {
  readonly #child: ChildProcess;
  readonly #channel: Socket;
  readonly #events: SkillProcessEvents;
  readonly #memoryBytes: number;
  readonly #timer: NodeJS.Timeout;
  readonly ended: Promise<void>;
  #why: string | null = null;
  /** Whether the module has loaded; until then it may block the event loop. */
  #isUp = false;
  #silentMs = 0;
  #isAsked = false;
  #tickedMs = performance.now();

  constructor(file: string, memoryBytes: number, events: SkillProcessEvents) {
    this.#events = events;
    this.#memoryBytes = memoryBytes;
    const heapMib = Math.max(16, Math.floor((memoryBytes * HEAP_PART) / 2 ** 20));
    const flags = [`--max-old-space-size=${heapMib}`, "--disable-warning=ExperimentalWarning"];
    this.#child = spawn(process.execPath, [...flags, programFile("skill-process"), file, String(process.pid)], {
      stdio: ["ignore", "pipe", "pipe", "pipe"],
      detached: true, // a group of its own, which ends as a whole
    });
    this.#channel = this.#child.stdio[3] as Socket;
    this.#listen();
    this.ended = this.#untilEnd();
    this.#timer = setInterval(() => this.#tick(), TICK_MS);
    this.unref();
  }

  async #untilEnd(): Promise<void> {
    const how = await new Promise<string>((resolve) => {
      this.#child.once("error", (error) => resolve(`it could not be started: ${error.message}`));
      this.#child.once("exit", (code, signal) => resolve(signal === null ? `exit code ${code}` : signal));
    });
    clearInterval(this.#timer);
    killGroup(this.#child.pid); // what it left behind
    // Its last frames may still be under way.
    const heard = new Promise((resolve) => this.#channel.once("close", resolve));
    if (!this.#channel.destroyed) await Promise.race([heard, setTimeout(LAST_WORDS_MS)]);
    this.#channel.destroy();
    this.#events.onEnd(this.#why ?? how);
  }

  #listen(): void {
    const reader = new FrameReader(FRAME_BYTES_MAX);
    this.#channel.on("data", (chunk: Buffer) => {
      if (this.#why !== null) return;
      try {
        for (const { header, body } of reader.push(chunk)) this.#onFrame(fromProcessSchema.parse(header), body);
      } catch (error) {
        this.kill(`it sent a message that cannot be read: ${describeThrown(error).split("\n")[0]}`);
      }
    });
    // Usually the channel closes because the process ends, and then its exit says more. A process without one is useless.
    const mute = () => void setTimeout(LAST_WORDS_MS).then(() => this.kill("it closed its channel"));
    this.#channel.once("end", mute);
    this.#channel.once("error", mute);
    for (const stream of ["stdout", "stderr"] as const) {
      const lines = createInterface({ input: this.#child[stream]! });
      lines.on("line", (line) => this.#events.onLine(stream, line));
    }
  }

  #onFrame(message: FromProcess, body: Buffer): void {
    if (message.kind === "loaded") this.#isUp = true;
    if (message.kind !== "pong") {
      this.#events.onFrame(message, body);
      return;
    }
    this.#silentMs = 0;
    this.#isAsked = false;
    this.#weigh(message.rssBytes);
  }

  #tick(): void {
    const now = performance.now();
    // A tick counts once, however long ago the last one was: the agent itself may have stood still.
    if (this.#isUp && this.#isAsked) this.#silentMs += Math.min(now - this.#tickedMs, 2 * TICK_MS);
    this.#tickedMs = now;
    const resident = residentBytes(this.#child.pid!);
    if (resident !== null) this.#weigh(resident);
    if (this.#isUp && !this.#isAsked) {
      this.send({ kind: "ping" });
      this.#isAsked = true;
    }
    this.#events.onTick(this.#silentMs);
  }

  #weigh(bytes: number): void {
    const mib = (size: number): number => Math.round(size / 2 ** 20);
    if (bytes > this.#memoryBytes)
      this.kill(`it used ${mib(bytes)} MiB of memory; ${mib(this.#memoryBytes)} MiB are allowed`);
  }

  send(message: ToProcess, body?: Uint8Array): void {
    if (this.#channel.destroyed || this.#why !== null) return;
    for (const part of encodeFrame(message, body)) this.#channel.write(part);
  }

  /** Ends the process and everything that it started, at once. The first reason counts. */
  kill(why: string): void {
    this.#why ??= why;
    killGroup(this.#child.pid);
  }

  /** While referenced, it keeps the agent's process alive. */
  ref(): void {
    this.#onHandles("ref");
  }

  unref(): void {
    this.#onHandles("unref");
  }

  #onHandles(what: "ref" | "unref"): void {
    this.#child[what]();
    for (const stream of [this.#channel, this.#child.stdout, this.#child.stderr] as (Socket | null)[]) stream?.[what]();
    this.#timer[what]();
  }
}
