/**
 * How long an agent takes to start as a separate process, as a person starts it, beside a process of bare Node and one
 * of bare libp2p (TCP, Noise, yamux, identify, gossipsub), in the same run. Medians; CPU time from /proc, so Linux only.
 */

import { spawn } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { temporaryFolder } from "../../node/platform/files/temporary-folder.ts";
import { PACKAGE_ROOT } from "../../node/platform/own-files.ts";
import { cpuMs, residentBytes } from "../../node/platform/process-vitals.ts";
import { type Row, row } from "./row.ts";

const RUNS = 7;

const BARE = `console.log("up"); setInterval(() => {}, 1e6);`;
const LIBP2P = `
import { noise } from "@chainsafe/libp2p-noise";
import { gossipsub } from "@libp2p/gossipsub";
import { identify } from "@libp2p/identify";
import { tcp } from "@libp2p/tcp";
import { yamux } from "@libp2p/yamux";
import { createLibp2p } from "libp2p";
await createLibp2p({
  addresses: { listen: ["/ip4/127.0.0.1/tcp/0"] },
  transports: [tcp()], connectionEncrypters: [noise()], streamMuxers: [yamux()],
  services: { identify: identify(), pubsub: gossipsub() },
});
${BARE}`;

interface Start {
  readonly cpuS: number;
  readonly wallS: number;
  readonly mib: number;
}

/** From the start of the process to the first line that it prints. */
async function once(argv: readonly string[]): Promise<Start> {
  const startedMs = performance.now();
  const child = spawn(process.execPath, [...argv], { stdio: ["ignore", "pipe", "inherit"] });
  const ended = new Promise((resolve) => child.once("exit", resolve));
  await new Promise((resolve) => createInterface({ input: child.stdout }).once("line", resolve));
  const wallS = (performance.now() - startedMs) / 1_000;
  const pid = child.pid!;
  const measured = { cpuS: (cpuMs(pid) ?? 0) / 1_000, wallS, mib: (residentBytes(pid) ?? 0) / 2 ** 20 };
  child.kill("SIGKILL");
  await ended;
  return measured;
}

const middle = (values: readonly number[]): number => [...values].sort((a, b) => a - b)[values.length >> 1]!;

export async function start(): Promise<Row[]> {
  const temporary = temporaryFolder("meshwork-bench");
  const folder = temporary.path;
  try {
    const file = join(folder, "libp2p.mjs");
    // It stands elsewhere, where the packages' names are not found.
    const resolved = (_: string, name: string): string => `from ${JSON.stringify(import.meta.resolve(name))}`;
    writeFileSync(file, LIBP2P.replace(/from "([^"]+)"/g, resolved));
    const programs = {
      meshwork: [join(PACKAGE_ROOT, "scripts/meshwork.ts"), "node", "--json"],
      node: ["--eval", BARE],
      libp2p: [file],
      version: [join(PACKAGE_ROOT, "scripts/meshwork.ts"), "--version"],
    };
    await once(programs.meshwork); // its bundle is made by then
    const starts = new Map<keyof typeof programs, Start[]>();
    // In turn, so that other load on the machine meets all of them alike.
    for (let run = 0; run < RUNS; run++)
      for (const name of Object.keys(programs) as (keyof typeof programs)[])
        starts.set(name, [...(starts.get(name) ?? []), await once(programs[name])]);
    const of = (name: keyof typeof programs, pick: (start: Start) => number): number =>
      middle(starts.get(name)!.map(pick));
    const rows = (["node", "libp2p"] as const).flatMap((floor) => [
      row(
        `start-cpu-${floor}`,
        of("meshwork", (s) => s.cpuS),
        `CPU s to an agent that is up, beside bare ${floor}`,
        of(floor, (s) => s.cpuS),
      ),
      row(
        `start-wall-${floor}`,
        of("meshwork", (s) => s.wallS),
        `s to an agent that is up, beside bare ${floor}`,
        of(floor, (s) => s.wallS),
      ),
      row(
        `start-memory-${floor}`,
        of("meshwork", (s) => s.mib),
        `MiB when it is up, beside bare ${floor}`,
        of(floor, (s) => s.mib),
      ),
    ]);
    return [
      ...rows,
      row(
        "version",
        of("version", (s) => s.cpuS),
        "CPU s for --version",
        of("node", (s) => s.cpuS),
      ),
    ];
  } finally {
    temporary.remove();
  }
}
