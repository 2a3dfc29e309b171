/**
 * `meshwork doctor`: whether this machine can run agents and reach others, and what to do if not.
 */

import { createSocket } from "node:dgram";
import { existsSync } from "node:fs";
import { mkdtemp, rm, statfs, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { dirname, join, resolve } from "node:path";
import { MeshworkError } from "../../protocol/core/errors.ts";
import { type CliContext, EXIT } from "../platform/terminal/context.ts";
import { columnsOf, hang, padEnd, painter, plainText, wantsColor } from "../platform/terminal/terminal-text.ts";
import { formatSize } from "../platform/text/quantities.ts";
import { isBehind, readUses } from "../store/key-uses.ts";
import { address, configFolder, MESH_OPTION, type Register } from "./context.ts";
import { type Check, checkAgent } from "./doctor-agent.ts";

interface DoctorOptions {
  readonly mesh: string;
  readonly data?: string;
  readonly json?: boolean;
}

const NODE_MAJOR_MIN = 22;
const NODE_MINOR_MIN = 18;
/** A node's log and blobs fill less in a day of ordinary jobs. */
const FREE_BYTES_MIN = 256 * 1024 ** 2;
/** Before this, no machine that runs this program can have its clock set right. */
const EARLIEST_MS = Date.UTC(2025, 0, 1);
/** Consensus takes a clock that is a little off; one that jumps this much while it is watched is being set. */
const CLOCK_JUMP_MS = 100;
const PROBE_MS = 1_500;
const MDNS_GROUP = "224.0.0.251";

const EXAMPLES = `
Examples:
  $ meshwork doctor
  $ meshwork doctor /ip4/192.0.2.7/tcp/4001
  $ meshwork doctor --data ~/agent              whether its votes are all there`;

export const registerDoctor: Register = (program, act) => {
  program
    .command("doctor")
    .argument("[addr...]", "agents that should be reachable", (text: string, before: readonly string[] | undefined) => [
      ...(before ?? []),
      address(text),
    ])
    .description("check this machine, whether others can be reached, and whether they can dial it back")
    .option(...MESH_OPTION)
    .option("--data <dir>", "also check this data folder of a node")
    .option("--json", "print one JSON document")
    .addHelpText("after", EXAMPLES)
    .action(act(runDoctor));
};

async function runDoctor(
  context: CliContext,
  addresses: readonly string[] | undefined,
  options: DoctorOptions,
): Promise<number> {
  const { env } = context.io;
  if (addresses !== undefined && addresses.length > 0) context.note(`asking ${addresses.join(", ")} …`);
  const checks = await Promise.all([
    checkRuntime(process.versions.node),
    checkListen("127.0.0.1"),
    checkListen("0.0.0.0"),
    checkDisk("settings", configFolder(env)),
    checkDisk("runs", ".meshwork"),
    ...(options.data === undefined ? [] : [checkVotes(options.data)]),
    checkClock(),
    checkMulticast(),
  ]);
  // One after the other: each needs the port of agents on this machine for itself.
  for (const text of addresses ?? []) checks.push(...(await checkAgent(context, text, options.mesh)));
  const ok = checks.every((check) => check.state !== "fail");
  if (context.json) context.printJson({ ok, checks });
  else
    for (const line of renderChecks(checks, wantsColor(process.stdout, env), columnsOf(process.stdout, 100) - 1))
      context.print(line);
  return ok ? EXIT.ok : EXIT.no;
}

const NAME_MAX = 16;

/** Names that contain an address get their own line. */
export function renderChecks(checks: readonly Check[], color: boolean, width: number): string[] {
  const paint = painter(color);
  const signs = { ok: paint("✓", "green"), warn: paint("!", "yellow"), fail: paint("✗", "red") };
  const label = Math.min(NAME_MAX, Math.max(...checks.map((check) => check.name.length))) + 2;
  const indent = " ".repeat(label + 2);
  return checks.flatMap(({ name, state, detail, remedy }) => {
    const [first = "", ...more] = hang(plainText(detail), width - indent.length);
    const todo = remedy === "" ? [] : hang(`→ ${plainText(remedy)}`, width - indent.length, 2);
    const isLong = name.length > NAME_MAX;
    if (isLong && name.length + detail.length + 4 <= width)
      return [
        `${signs[state]} ${plainText(name)}  ${plainText(detail)}`,
        ...todo.map((line) => `${indent}${paint(line, "bold")}`),
      ];
    return [
      `${signs[state]} ${isLong ? plainText(name) : `${padEnd(name, label)}${first}`}`,
      ...[...(isLong ? [first] : []), ...more].map((line) => `${indent}${line}`),
      ...todo.map((line) => `${indent}${paint(line, "bold")}`),
    ];
  });
}

const fine = (name: string, detail: string): Check => ({ name, state: "ok", detail, remedy: "" });

/** `version` as in `process.versions.node`. */
export async function checkRuntime(version: string): Promise<Check> {
  const [major = 0, minor = 0] = version.split(".").map(Number);
  const enough = major > NODE_MAJOR_MIN || (major === NODE_MAJOR_MIN && minor >= NODE_MINOR_MIN);
  if (enough) return fine("runtime", `Node ${version}`);
  const remedy = `install Node ${NODE_MAJOR_MIN}.${NODE_MINOR_MIN} or newer, or start through npm, which brings its own`;
  return { name: "runtime", state: "fail", detail: `Node ${version} is too old`, remedy };
}

function checkListen(host: string): Promise<Check> {
  const name = `listen ${host}`;
  return new Promise((answer) => {
    const server = createServer();
    server.once("error", (error) =>
      answer({ name, state: "fail", detail: error.message, remedy: "allow this program to listen for connections" }),
    );
    server.listen(0, host, () => server.close(() => answer(fine(name, "a free port was found"))));
  });
}

/** Writes where `folder` is or would be made, and takes it away again: a check leaves nothing behind. */
async function checkDisk(what: string, folder: string): Promise<Check> {
  const name = `disk ${what}`;
  let base = resolve(folder);
  while (!existsSync(base) && dirname(base) !== base) base = dirname(base);
  try {
    const probe = await mkdtemp(join(base, ".meshwork-doctor-"));
    try {
      await writeFile(join(probe, "probe"), new Uint8Array(4_096));
    } finally {
      await rm(probe, { recursive: true, force: true });
    }
    const { bavail, bsize } = await statfs(base);
    const free = bavail * bsize;
    if (free >= FREE_BYTES_MIN) return fine(name, `${folder} can be written to, ${formatSize(free)} free`);
    return { name, state: "warn", detail: `only ${formatSize(free)} free in ${base}`, remedy: "make room" };
  } catch (error) {
    const remedy = `make ${base} writable, or choose other folders with --data, --key and --out`;
    return { name, state: "fail", detail: error instanceof Error ? error.message : String(error), remedy };
  }
}

const NEW_KEY = "start with a new data folder, which gives the agent a new key";

/** Whether the store of a node has all votes that were cast with its key. */
export async function checkVotes(folder: string): Promise<Check> {
  const name = "votes";
  try {
    const uses = readUses(folder);
    if (uses === null) return fine(name, `no node has used ${folder}`);
    const { lostVotesBeforeMs } = uses;
    if (lostVotesBeforeMs !== null) {
      const before = new Date(lostVotesBeforeMs).toISOString();
      const detail = `votes of the agent in ${folder} from before ${before} are lost: in jobs of before, it votes only where it cannot have voted`;
      return { name, state: "warn", detail, remedy: `wait until those jobs are over, or ${NEW_KEY}` };
    }
    if (isBehind(folder, uses)) {
      const detail = `the store in ${folder} is gone or older than the last use of its key`;
      return { name, state: "warn", detail, remedy: `put the newest store back, or ${NEW_KEY}` };
    }
    return fine(name, `${folder} has all that its agent ever said`);
  } catch (error) {
    const remedy = error instanceof MeshworkError ? (error.remedy ?? "") : "";
    return { name, state: "fail", detail: error instanceof Error ? error.message : String(error), remedy };
  }
}

/** Compares the wall clock with the one that only goes forward, over the time that this process runs. */
export async function checkClock(
  wallMs = Date.now(),
  monoMs = performance.timeOrigin + performance.now(),
): Promise<Check> {
  const name = "clock";
  const now = new Date(wallMs).toISOString();
  if (wallMs < EARLIEST_MS) {
    return { name, state: "fail", detail: `it says ${now}`, remedy: "set the clock, best by a time service (NTP)" };
  }
  const jump = Math.round(wallMs - monoMs);
  if (Math.abs(jump) <= CLOCK_JUMP_MS) return fine(name, `${now}, steady`);
  const detail = `it was set by ${jump} ms while this program ran`;
  return { name, state: "warn", detail, remedy: "let a time service (NTP) adjust it slowly" };
}

/** Sends a packet to the group of mDNS and waits for its own copy: the way in which agents of one network meet. */
function checkMulticast(): Promise<Check> {
  const name = "multicast";
  const remedy = "agents of this network will not find each other by themselves: join by address (--join)";
  return new Promise((answer) => {
    const socket = createSocket({ type: "udp4", reuseAddr: true });
    const token = `meshwork-doctor-${process.pid}-${performance.now()}`;
    const finish = (check: Check): void => {
      clearTimeout(timer);
      socket.removeAllListeners();
      socket.on("error", () => {}); // the answer is out; an error while closing changes nothing
      socket.close();
      answer(check);
    };
    const miss = (detail: string): void => finish({ name, state: "warn", detail, remedy });
    const timer = setTimeout(() => miss("no packet came back"), PROBE_MS);
    socket.once("error", (error) => miss(error.message));
    socket.on("message", (message) => {
      if (message.toString() === token) finish(fine(name, "packets come back: mDNS can work"));
    });
    socket.bind(0, () => {
      try {
        socket.addMembership(MDNS_GROUP);
        socket.setMulticastLoopback(true);
        socket.send(token, socket.address().port, MDNS_GROUP, (error) => {
          if (error !== null) miss(error.message);
        });
      } catch (error) {
        miss(error instanceof Error ? error.message : String(error));
      }
    });
  });
}
