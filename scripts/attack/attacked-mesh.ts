/**
 * Five real nodes, each in a network namespace with an address that counts as public; the honest clients in another, the
 * stranger in the last. Nodes and clients share one core; the stranger has the other to itself.
 */

import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { availableParallelism, tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface, type Interface } from "node:readline";
import { fileURLToPath } from "node:url";
import type { NodeLine } from "../../node/run/local-agent.ts";
import type { MeshId } from "../../protocol/core/ids.ts";
import type { Attack } from "./attack.ts";
import { createLan, type Lan, PUBLIC, type TestHost } from "./lan.ts";
import { type HonestJob, IN_FORCE, type Order, type Target } from "./order.ts";

export const NODES = 5;
const PORT = 4001;
/** A node or a stranger that has not begun after this never will, ms. */
const START_MS = 60_000;
const MIB = 1024 * 1024;

const scriptOf = (name: string): string => fileURLToPath(new URL(name, import.meta.url));

const linesOf = (child: ChildProcess): Interface => createInterface({ input: child.stdout! });

/** Rejects if the process ends, or takes too long, before a line is what `read` looks for. */
function awaitLine<T>(
  child: ChildProcess,
  what: string,
  read: (line: string) => T | null,
  withinMs = START_MS,
): Promise<T> {
  let err = "";
  child.stderr!.on("data", (chunk) => (err = `${err}${chunk}`.slice(-2_000)));
  return new Promise((resolve, reject) => {
    const timer = setTimeout(
      () => reject(new Error(`${what} did not begin within ${withinMs / 1_000} s: ${err}`)),
      withinMs,
    );
    child.once("exit", (code, signal) => {
      clearTimeout(timer);
      reject(new Error(`${what} ended with ${code ?? signal}: ${err}`));
    });
    linesOf(child).on("line", (line) => {
      const found = read(line);
      if (found === null) return;
      clearTimeout(timer);
      resolve(found);
    });
  });
}

/** Files come and go while it looks: what it did not find counts as nothing. */
function bytesIn(folder: string): number {
  try {
    let sum = 0;
    for (const entry of readdirSync(folder, { withFileTypes: true, recursive: true }))
      if (entry.isFile()) sum += statSync(join(entry.parentPath, entry.name), { throwIfNoEntry: false })?.size ?? 0;
    return sum;
  } catch {
    return 0;
  }
}

/** The most memory that a process ever held, MiB. */
function peakMib(pid: number): number {
  try {
    const kib = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1];
    return Number(kib ?? 0) / 1024;
  } catch {
    return 0; // it ended
  }
}

export interface Vitals {
  /** Nodes that still run. */
  readonly nodesUp: number;
  /** What the node that held most memory held at most, MiB. */
  readonly peakMib: number;
  /** The size of the fullest data folder, MiB. */
  readonly diskMib: number;
}

export class AttackedMesh {
  readonly #folder = mkdtempSync(join(tmpdir(), "meshwork-attack-"));
  readonly #lan: Lan;
  readonly #nodes: ChildProcess[] = [];
  readonly #targets: Target[] = [];
  readonly #mesh = `attacked-${process.pid}-${Math.floor(performance.now())}` as MeshId;
  readonly #others: ChildProcess[] = [];
  #isStopped = false;

  constructor() {
    try {
      this.#lan = createLan(NODES + 2, PUBLIC);
    } catch (error) {
      this.#removeFolder();
      throw error;
    }
  }

  async start(): Promise<void> {
    for (let i = 0; i < NODES; i++) await this.#startNode(i);
  }

  async #startNode(i: number): Promise<void> {
    const host = this.#lan.hosts[i]!;
    const joined = this.#targets[0] === undefined ? [] : ["--join", this.#targets[0].address];
    const listen = `/ip4/${host.address}/tcp/${PORT}`;
    const args = [
      "node",
      "--json",
      "--mesh",
      this.#mesh,
      "--name",
      `n${i}`,
      "--no-mdns",
      "--listen",
      listen,
      ...joined,
    ];
    const child = this.#spawn(host, 0, [scriptOf("../meshwork.ts"), ...args, "--data", join(this.#folder, `n${i}`)]);
    this.#nodes.push(child);
    const ready = await awaitLine(child, `node n${i}`, (text) => {
      const line = JSON.parse(text) as NodeLine;
      return line.event === "ready" ? line : null;
    });
    this.#targets.push({ agent: ready.agent, address: `${listen}/p2p/${ready.agent}` });
  }

  /** `core`: where it runs, if there are two. What it leaves in the folder for temporary files goes with the mesh. */
  #spawn(host: TestHost, core: number, args: readonly string[]): ChildProcess {
    if (this.#isStopped) throw new Error("the mesh was stopped");
    const pinned = availableParallelism() < 2 ? [] : ["taskset", "-c", String(core)];
    const [command, ...rest] = [...host.within, ...pinned, process.execPath, ...args];
    const env = { ...process.env, XDG_CONFIG_HOME: join(this.#folder, "config"), TMPDIR: this.#folder };
    return spawn(command!, rest, { stdio: ["ignore", "pipe", "pipe"], env });
  }

  #order(host: TestHost, seconds: number): Order {
    return { mesh: this.#mesh, targets: this.#targets, listen: `/ip4/${host.address}/tcp/0`, seconds };
  }

  /** Honest jobs for this long; resolves when the last has ended. `onJob`: called with each. */
  async runHonestJobs(seconds: number, onJob: (job: HonestJob) => void): Promise<void> {
    const host = this.#lan.hosts[NODES]!;
    const child = this.#spawn(host, 0, [scriptOf("honest.ts"), JSON.stringify(this.#order(host, seconds))]);
    this.#others.push(child);
    linesOf(child).on("line", (line) => onJob(JSON.parse(line) as HonestJob));
    await once(child, "close");
  }

  /** Resolves when the attack is in force; it is kept up until `stop`. */
  async attack({ name, startsWithinMs }: Attack, seconds: number): Promise<void> {
    const host = this.#lan.hosts[NODES + 1]!;
    const order = { ...this.#order(host, seconds), attack: name };
    const child = this.#spawn(host, 1, [scriptOf("stranger.ts"), JSON.stringify(order)]);
    this.#others.push(child);
    await awaitLine(child, `the attack ${name}`, (line) => (line === IN_FORCE ? true : null), startsWithinMs);
  }

  /** What the stranger's core does in the run that others are compared with. */
  spin(): void {
    const host = this.#lan.hosts[NODES + 1]!;
    this.#others.push(this.#spawn(host, 1, ["-e", "for (;;);"]));
  }

  vitals(): Vitals {
    const up = this.#nodes.filter(({ exitCode, signalCode }) => exitCode === null && signalCode === null);
    const disks = this.#nodes.map((_, i) => bytesIn(join(this.#folder, `n${i}`)) / MIB);
    return {
      nodesUp: up.length,
      peakMib: Math.round(Math.max(0, ...up.map(({ pid }) => peakMib(pid!)))),
      diskMib: Math.round(Math.max(...disks)),
    };
  }

  /** Ends all that it started, at any time, and leaves nothing. What is waited for rejects. */
  stop(): void {
    if (this.#isStopped) return;
    this.#isStopped = true;
    for (const child of [...this.#others, ...this.#nodes]) child.kill("SIGKILL");
    this.#lan.remove();
    this.#removeFolder();
  }

  /** Again and again, since a process that was killed may still write for a moment. */
  #removeFolder(): void {
    rmSync(this.#folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 });
  }
}
