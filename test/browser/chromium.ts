/**
 * A headless Chromium for tests of pages: found on the machine, driven by the DevTools protocol over a pipe, without a
 * library. Pages are opened from files; what they say on the console and what fails to load is collected.
 *
 * Source: the DevTools protocol (chromedevtools.github.io/devtools-protocol), messages ended by a null byte on file
 * descriptors 3 (in) and 4 (out).
 */

import { type ChildProcess, spawn } from "node:child_process";
import { accessSync, constants, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import type { Readable, Writable } from "node:stream";
import { pathToFileURL } from "node:url";

const NAMES = ["chromium", "chromium-browser", "google-chrome-stable", "google-chrome"];
const START_TIMEOUT_MS = 30_000;

/** The browser's path: `MESHWORK_BROWSER`, or the first known name on the search path; null if there is none. */
export function findBrowser(): string | null {
  const named = process.env.MESHWORK_BROWSER;
  const folders = (process.env.PATH ?? "").split(delimiter);
  const candidates = named ? [named] : NAMES.flatMap((name) => folders.map((folder) => join(folder, name)));
  const isExecutable = (path: string): boolean => {
    try {
      accessSync(path, constants.X_OK);
      return true;
    } catch {
      return false;
    }
  };
  return candidates.find(isExecutable) ?? null;
}

interface Reply {
  readonly id?: number;
  readonly method?: string;
  readonly sessionId?: string;
  readonly params?: Record<string, unknown>;
  readonly result?: Record<string, unknown>;
  readonly error?: { readonly message: string };
}

export interface View {
  readonly width: number;
  readonly height: number;
  readonly scheme?: "light" | "dark";
  readonly media?: "screen" | "print";
}

export class Chromium {
  /** Errors and warnings of the console, exceptions, and requests that went anywhere but to the page's own file. */
  readonly complaints: string[] = [];
  readonly #process: ChildProcess;
  readonly #folder: string;
  readonly #waiting = new Map<
    number,
    { resolve: (result: Record<string, unknown>) => void; reject: (e: Error) => void }
  >();
  readonly #exited: Promise<void>;
  #received = "";
  #next = 1;
  #session: string | undefined;
  #loaded: (() => void) | null = null;
  #url = "";

  private constructor(path: string) {
    this.#folder = mkdtempSync(join(tmpdir(), "meshwork-browser-"));
    const flags = ["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run"];
    this.#process = spawn(
      path,
      [...flags, "--hide-scrollbars", `--user-data-dir=${this.#folder}`, "--remote-debugging-pipe"],
      { stdio: ["ignore", "ignore", "ignore", "pipe", "pipe"] },
    );
    this.#exited = new Promise((resolve) => {
      const over = (): void => {
        for (const { reject } of this.#waiting.values()) reject(new Error("the browser ended"));
        this.#waiting.clear();
        resolve();
      };
      this.#process.once("exit", over).once("error", over);
    });
    (this.#process.stdio[3] as Writable).on("error", () => undefined);
    (this.#process.stdio[4] as Readable).setEncoding("utf8").on("data", (text: string) => this.#onData(text));
  }

  static async start(path: string): Promise<Chromium> {
    const browser = new Chromium(path);
    const timer = setTimeout(() => browser.#process.kill("SIGKILL"), START_TIMEOUT_MS);
    const { targetId } = await browser.#send("Target.createTarget", { url: "about:blank" });
    const { sessionId } = await browser.#send("Target.attachToTarget", { targetId, flatten: true });
    browser.#session = sessionId as string;
    for (const domain of ["Page", "Runtime", "Log", "Network"]) await browser.#send(`${domain}.enable`);
    clearTimeout(timer);
    return browser;
  }

  /** Shows the page at hand as a reader with this screen sees it. */
  async show({ width, height, scheme = "light", media = "screen" }: View): Promise<void> {
    const metrics = { width, height, deviceScaleFactor: 1, mobile: width < 600 };
    await this.#send("Emulation.setDeviceMetricsOverride", metrics);
    const features = [{ name: "prefers-color-scheme", value: scheme }];
    await this.#send("Emulation.setEmulatedMedia", { media, features });
  }

  /** Opens a file as a page of this size, and waits until it is loaded. */
  async open(file: string, view: View): Promise<void> {
    this.#url = pathToFileURL(file).href;
    await this.show(view);
    const loaded = new Promise<void>((resolve) => {
      this.#loaded = resolve;
    });
    await this.#send("Page.navigate", { url: this.#url });
    await loaded;
  }

  /** The value of an expression in the page; it must be plain data. */
  async evaluate<T>(expression: string): Promise<T> {
    const options = { expression, returnByValue: true, awaitPromise: true };
    const { result, exceptionDetails } = await this.#send("Runtime.evaluate", options);
    if (exceptionDetails !== undefined) throw new Error(JSON.stringify(exceptionDetails));
    return (result as { value: T }).value;
  }

  /** Presses and releases a key where the focus is. */
  async press(key: "Enter"): Promise<void> {
    const event = { key, code: key, text: "\r", windowsVirtualKeyCode: 13 };
    await this.#send("Input.dispatchKeyEvent", { type: "keyDown", ...event });
    await this.#send("Input.dispatchKeyEvent", { type: "keyUp", ...event });
  }

  /** A picture of the whole page, PNG. */
  async screenshot(): Promise<Buffer> {
    const { data } = await this.#send("Page.captureScreenshot", { format: "png", captureBeyondViewport: true });
    return Buffer.from(data as string, "base64");
  }

  /** As it would be printed on A4. */
  async pdf(): Promise<Buffer> {
    const paper = { paperWidth: 8.27, paperHeight: 11.69, preferCSSPageSize: true };
    const { data } = await this.#send("Page.printToPDF", paper);
    return Buffer.from(data as string, "base64");
  }

  async close(): Promise<void> {
    this.#send("Browser.close").catch(() => undefined);
    const timer = setTimeout(() => this.#process.kill("SIGKILL"), 5_000);
    await this.#exited;
    clearTimeout(timer);
    rmSync(this.#folder, { recursive: true, force: true, maxRetries: 5 });
  }

  #send(method: string, params: object = {}): Promise<Record<string, unknown>> {
    const id = this.#next++;
    const message = { id, method, params, ...(this.#session === undefined ? {} : { sessionId: this.#session }) };
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
      (this.#process.stdio[3] as Writable).write(`${JSON.stringify(message)}\0`);
    });
  }

  #onData(text: string): void {
    const parts = (this.#received + text).split("\0");
    this.#received = parts.pop()!;
    for (const part of parts) this.#onReply(JSON.parse(part) as Reply);
  }

  #onReply({ id, method, params = {}, result, error }: Reply): void {
    if (id !== undefined) {
      const waiting = this.#waiting.get(id);
      this.#waiting.delete(id);
      if (error !== undefined) waiting?.reject(new Error(error.message));
      else waiting?.resolve(result ?? {});
      return;
    }
    if (method === "Page.loadEventFired") this.#loaded?.();
    if (method === "Runtime.exceptionThrown") this.complaints.push(`exception: ${JSON.stringify(params)}`);
    if (method === "Log.entryAdded") this.complaints.push(`log: ${JSON.stringify(params)}`);
    if (method === "Runtime.consoleAPICalled" && ["error", "warning", "assert"].includes(params.type as string))
      this.complaints.push(`console: ${JSON.stringify(params)}`);
    if (method === "Network.requestWillBeSent") {
      const { url } = params.request as { url: string };
      if (url !== this.#url && !url.startsWith("data:")) this.complaints.push(`request: ${url}`);
    }
  }
}
