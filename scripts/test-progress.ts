/**
 * Says while tests run how many files are done, and which are running since when: beside the default reporter, which says
 * nothing between two files where there is no terminal.
 */

import type { Reporter, TestModule, TestSpecification } from "vitest/node";

const SAY_MS = 10_000;

export default class TestProgress implements Reporter {
  /** When each began, by its file. */
  readonly #running = new Map<string, number>();
  #files = 0;
  #done = 0;
  #tests = 0;
  #startMs = 0;
  #timer: NodeJS.Timeout | undefined;

  onTestRunStart(specifications: readonly TestSpecification[]): void {
    this.#files = specifications.length;
    this.#startMs = performance.now();
    this.#timer = setInterval(() => this.#say(), SAY_MS);
    this.#timer.unref();
  }

  onTestModuleQueued({ relativeModuleId }: TestModule): void {
    this.#running.set(relativeModuleId, performance.now());
  }

  onTestModuleEnd(module: TestModule): void {
    this.#running.delete(module.relativeModuleId);
    this.#done++;
    this.#tests += [...module.children.allTests()].length;
  }

  onTestRunEnd(): void {
    clearInterval(this.#timer);
  }

  #say(): void {
    const nowMs = performance.now();
    const seconds = (sinceMs: number): string => `${Math.round((nowMs - sinceMs) / 1_000)} s`;
    const running = [...this.#running].map(([file, sinceMs]) => `${file} (${seconds(sinceMs)})`);
    const counts = `${this.#done} of ${this.#files} files, ${this.#tests} tests, ${seconds(this.#startMs)}`;
    process.stdout.write(`… ${counts}; running ${running.join(", ") || "none"}\n`);
  }
}
