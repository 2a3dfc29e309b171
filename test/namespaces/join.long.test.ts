/**
 * Machines with addresses of their own that meet by the README's two lines, in network namespaces without a way out and
 * without mDNS: all of them can be dialled, they form a real committee, and it outlives the first of them.
 */

import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import type { LeftOut } from "../../node/committee-report.ts";
import { createLan, type Lan, type TestHost, whyNoNamespaces } from "../../scripts/attack/lan.ts";
import { endAll, meshwork, type PrintingNode, type Ran, startPrinting } from "../support/cli.ts";
import { waitFor } from "../support/wait.ts";

const reason = whyNoNamespaces();
const inNamespaces = (name: string, body: () => Promise<void>): void =>
  test.skipIf(reason !== null)(reason === null ? name : `${name} (skipped: ${reason})`, body, 180_000);

const WAIT = { timeoutMs: 60_000 };
const folder = mkdtempSync(join(tmpdir(), "meshwork-join-"));
let lan: Lan;
const nodes: PrintingNode[] = [];
/** Where commands run: a machine without an agent. */
let visitor: TestHost;

const env = { XDG_CONFIG_HOME: folder };
const command = (...args: readonly string[]): Promise<Ran> => meshwork(args, { env, within: visitor.within });
const start = (host: TestHost, ...args: readonly string[]): Promise<PrintingNode> =>
  startPrinting([...args, "--no-mdns"], { env, within: host.within });

interface Told {
  readonly agents: readonly { readonly agent: string; readonly addresses: readonly string[]; readonly reach: string }[];
}

async function statusOf(node: PrintingNode): Promise<Told> {
  const { code, out, err } = await command("status", "--json", "--to", node.address);
  expect(code, err).toBe(0);
  return JSON.parse(out) as Told;
}

interface Submitted {
  readonly committee: readonly { readonly agent: string }[];
  readonly leftOut: readonly LeftOut[];
}

async function submit(to: PrintingNode): Promise<Submitted> {
  const { code, out, err } = await command("submit", join(folder, "job.yaml"), "--json", "--to", to.address);
  expect(code, err).toBe(0);
  return JSON.parse(out) as Submitted;
}

async function runJob(to: PrintingNode): Promise<string> {
  const out = join(folder, "result");
  const ran = await command("submit", join(folder, "job.yaml"), "--to", to.address, "--wait", "--out", out, "--force");
  expect(ran.code, ran.err).toBe(0);
  expect(JSON.parse(readFileSync(join(out, "result.json"), "utf8"))).toBe("TO\nBE\nOR\nNOT");
  return ran.out;
}

beforeAll(async () => {
  if (reason !== null) return;
  writeFileSync(
    join(folder, "job.yaml"),
    `name: shout
budget: 1
deadline: 2m
policy: { redundancy: 3, accept: { rule: majority }, timeout: 20s }
tasks:
  shout: { skill: text.upper, map: { over: [to, be, or, not] } }
  join: { skill: text.join, input: { from: shout } }
output: join
`,
  );
  lan = createLan(7);
  visitor = lan.hosts[6]!;
  const [one, ...others] = lan.hosts;
  const first = await start(one!, "--listen", "/ip4/0.0.0.0/tcp/4001");
  nodes.push(first);
  nodes.push(...(await Promise.all(others.slice(0, 4).map((host) => start(host, "--join", first.address)))));
}, 180_000);

afterEach(({ task }) => {
  if (task.result?.state === "fail") for (const node of nodes) console.error(node.said());
});

afterAll(() => {
  endAll();
  lan?.remove();
  rmSync(folder, { recursive: true, force: true });
});

inNamespaces(
  "who joins another machine listens on every interface, and everybody can be dialled and says so",
  async () => {
    for (const [place, node] of nodes.entries()) {
      const address = `/ip4/${lan.hosts[place]!.address}/tcp/4001`;
      expect(node.address).toBe(`${address}/p2p/${node.id}`);
      await waitFor(() => node.said().includes(`reachable at ${address} (agent `), WAIT);
      expect(node.said().includes("listens on every interface, because it joins another machine")).toBe(place > 0);
    }
    // Nobody hears of an address that leads to the machine of whoever reads it.
    await waitFor(async () => {
      const told = (await statusOf(nodes[1]!)).agents.filter(({ agent }) => nodes.some(({ id }) => id === agent));
      return told.length === 5 && told.every(({ agent, addresses }) => addresses.join() === addressOf(agent));
    }, WAIT);
  },
);

const addressOf = (id: string): string => nodes.find((node) => node.id === id)!.address;

inNamespaces("a job gets a committee of four, and outlives the first node", async () => {
  const { committee, leftOut } = await submit(nodes[0]!);
  expect([committee.length, leftOut]).toEqual([4, []]);
  expect(await runJob(nodes[0]!)).toContain("a committee of 4");
  nodes[0]!.signal("SIGKILL");
  await nodes[0]!.ended();
  expect(await runJob(nodes[1]!)).toContain("a committee of 4");
});

inNamespaces("nobody has others dialled, nor more often than it may", async () => {
  const asker = new URL("asker.ts", import.meta.url).pathname;
  const [command, ...rest] = [...visitor.within, process.execPath, asker, "default", nodes[1]!.address, "5000"];
  const told = JSON.parse(execFileSync(command!, rest, { encoding: "utf8", timeout: 60_000 })) as unknown;
  // Privileged ports are left alone; what listens without the asker's key is no success; and then it has to wait.
  expect(told).toEqual({ answers: ["busy", "busy", "failed", "busy", "busy"], dialled: 1 });
});

inNamespaces("another key at the address to join is told and not joined; a command says it, too", async () => {
  const old = nodes[0]!;
  const again = await start(lan.hosts[0]!, "--listen", "/ip4/0.0.0.0/tcp/4001");
  const bare = old.address.replace(/\/p2p\/.*/, "");
  expect(again.address).toBe(`${bare}/p2p/${again.id}`);
  for (const node of nodes.slice(1))
    await waitFor(() => node.said().includes(`${bare} answers as ${again.id}, not ${old.id}`), WAIT);
  const asked = await command("status", "--to", old.address);
  expect(asked.code).toBe(1);
  expect(asked.err).toContain(`answers as ${again.id}, not ${old.id}`);
  const strangers = (await statusOf(again)).agents.filter(({ agent }) => nodes.some(({ id }) => id === agent));
  expect(strangers).toEqual([]);
  // An address without a key takes whoever answers there.
  const asking = await command("status", "--to", bare);
  expect(asking.code, asking.err).toBe(0);
  again.signal("SIGTERM");
  expect(await again.ended()).toBe(0);
});

inNamespaces("a stop says good-bye; a committee smaller than it could be says why", async () => {
  const leaving = nodes[4]!;
  leaving.signal("SIGTERM");
  expect(await leaving.ended()).toBe(0);
  const known = (await statusOf(nodes[1]!)).agents.map(({ agent }) => agent);
  expect(known).not.toContain(leaving.id);
  expect(known).toContain(nodes[0]!.id); // it was killed, and could not say anything

  const hidden = await start(lan.hosts[5]!, "--listen", "/ip4/127.0.0.1/tcp/0", "--join", nodes[1]!.address);
  const idle = await start(lan.hosts[5]!, "--no-host", "--join", nodes[1]!.address);
  await waitFor(async () => {
    const ids = (await statusOf(nodes[1]!)).agents.map(({ agent }) => agent);
    return ids.includes(hidden.id) && ids.includes(idle.id);
  }, WAIT);
  const { committee, leftOut } = await submit(nodes[1]!);
  expect(committee.length).toBe(1);
  const why = new Map(leftOut.map((one) => [one.agent as string, one]));
  expect(why.get(idle.id)?.why).toBe("keeps-no-jobs");
  expect(why.get(hidden.id)?.why).toBe("hidden");
  const gone = nodes[0]!;
  expect(["unreachable", "silent"]).toContain(why.get(gone.id)?.why);
  expect(why.get(gone.id)?.detail).toContain(gone.address.replace(/\/p2p\/.*/, ""));
  const inWords = await command("submit", join(folder, "job.yaml"), "--to", nodes[1]!.address);
  expect(inWords.err).toContain(`(${idle.id}) hosts no jobs`);
  nodes.push(hidden, idle);
});

inNamespaces("a firewall is noticed: by the agent behind it, its doctor, and the committee", async () => {
  const host = lan.hosts[4]!;
  // What this machine would answer from its port does not leave it.
  host.ip("rule", "add", "ipproto", "tcp", "sport", "4001", "prohibit");
  const behind = await start(host, "--join", nodes[1]!.address);
  const told = `nobody could dial this agent back at /ip4/${host.address}/tcp/4001: open TCP port 4001 in the firewall`;
  await waitFor(() => behind.said().includes(told), WAIT);
  await waitFor(async () => {
    const one = (await statusOf(nodes[1]!)).agents.find(({ agent }) => agent === behind.id);
    return one !== undefined && one.addresses.length === 0;
  }, WAIT);
  behind.signal("SIGTERM");
  expect(await behind.ended()).toBe(0);
  const doctor = await meshwork(["doctor", nodes[1]!.address], { env, within: host.within });
  expect(doctor.out, doctor.err).toContain(`it cannot dial this machine at /ip4/${host.address}/tcp/4001`);
  expect(doctor.out).toMatch(/clock of \S+\s+within/);
  host.ip("rule", "delete", "ipproto", "tcp", "sport", "4001", "prohibit");
  const well = await meshwork(["doctor", nodes[1]!.address], { env, within: host.within });
  expect(well.out, well.err).toContain(`it can dial this machine at /ip4/${host.address}/tcp/4001`);
});

inNamespaces("who lost all others says so and keeps trying, by names resolved again each time", async () => {
  const [one, two, three] = [lan.hosts[0]!, lan.hosts[2]!, lan.hosts[4]!];
  for (const node of nodes) node.signal("SIGKILL");
  await Promise.all(nodes.map((node) => node.ended()));
  const data = join(folder, "named");
  const serve = (host: TestHost): Promise<PrintingNode> =>
    start(host, "--listen", "/ip4/0.0.0.0/tcp/4001", "--data", data);
  three.nameHost("first.test", one.address);
  const before = await serve(one);
  const joiner = await start(three, "--join", "/dns4/first.test/tcp/4001");
  await waitFor(() => joiner.said().includes("reachable at "), WAIT);
  before.signal("SIGKILL");
  await before.ended();
  await waitFor(() => joiner.said().includes("no longer connected to any agent"), WAIT);
  three.nameHost("first.test", two.address);
  const after = await serve(two);
  expect(after.id).toBe(before.id);
  await waitFor(() => joiner.said().includes(`connected to agent ${after.id}`), WAIT);
  // Two agents of one machine: the second one takes a free port, and both can be dialled.
  const second = await start(three, "--join", after.address);
  await waitFor(() => second.said().includes(`reachable at /ip4/${three.address}/tcp/`), WAIT);
  expect(second.address).not.toContain("/tcp/4001/");
  nodes.push(before, joiner, after, second);
});
