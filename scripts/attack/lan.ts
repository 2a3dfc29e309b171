/**
 * Several hosts on one machine: Linux network namespaces with an address each, on a bridge in a namespace of its own.
 * No route leads out of them, and nothing is left when they go. Names are unique to a run.
 */

import { execFileSync } from "node:child_process";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const ip = (...args: readonly string[]): string => execFileSync("ip", args, { encoding: "utf8", stdio: "pipe" });

/** Why this machine cannot do it; null if it can, or must (MESHWORK_NAMESPACES_REQUIRED, in CI): then it fails. */
export function whyNoNamespaces(): string | null {
  if (process.env.MESHWORK_NAMESPACES_REQUIRED === "1") return null;
  if (process.platform !== "linux") return "network namespaces are Linux's";
  if (process.getuid?.() !== 0) return "network namespaces need root";
  const probe = `mw-probe-${process.pid}`;
  try {
    ip("netns", "add", probe);
    ip("netns", "delete", probe);
    return null;
  } catch (error) {
    return `\`ip netns\` does not work here: ${error instanceof Error ? error.message.split("\n").at(-2) : error}`;
  }
}

export interface TestHost {
  readonly namespace: string;
  readonly address: string;
  /** In front of a command that is to run there. */
  readonly within: readonly string[];
  /** More of `ip`, there. */
  ip(...args: readonly string[]): string;
  /** From now on, for what is started there after the first time: a name and nothing else in its hosts file. */
  nameHost(name: string, address: string): void;
}

export interface Lan {
  readonly hosts: readonly TestHost[];
  /** Ends what still runs in them, and takes them away. Never throws. */
  remove(): void;
}

/** Addresses of a LAN: each host's, by its number from 1 on, and the bits of their common network. */
interface Addressing {
  of(host: number): string;
  readonly bits: number;
}

/** One private network. */
const PRIVATE: Addressing = { of: (host) => `10.77.0.${host}`, bits: 24 };
/** Each host in a network of its own that counts as public: a range that is reserved for benchmarks (RFC 2544). */
export const PUBLIC: Addressing = { of: (host) => `198.18.${host}.1`, bits: 15 };

export function createLan(size: number, addressing: Addressing = PRIVATE): Lan {
  const run = `mw-${process.pid}-${Math.floor(performance.timeOrigin) % 100_000}`;
  const hub = `${run}-hub`;
  const hosts: TestHost[] = [];
  const made: string[] = [];
  const remove = (): void => {
    for (const namespace of made) removeNamespace(namespace);
  };
  const add = (namespace: string): void => {
    ip("netns", "add", namespace);
    made.push(namespace);
    ip("-n", namespace, "link", "set", "lo", "up");
  };
  try {
    add(hub);
    ip("-n", hub, "link", "add", "bridge", "type", "bridge");
    ip("-n", hub, "link", "set", "bridge", "up");
    for (let number = 1; number <= size; number++) {
      const namespace = `${run}-${number}`;
      const address = addressing.of(number);
      add(namespace);
      ip("-n", hub, "link", "add", `port${number}`, "type", "veth", "peer", "name", "eth0", "netns", namespace);
      ip("-n", hub, "link", "set", `port${number}`, "master", "bridge", "up");
      ip("-n", namespace, "address", "add", `${address}/${addressing.bits}`, "dev", "eth0");
      ip("-n", namespace, "link", "set", "eth0", "up");
      const within = ["ip", "netns", "exec", namespace];
      const nameHost = (name: string, at: string): void => {
        // `ip netns exec` lays what is there over /etc; written in place, processes that run see it change.
        mkdirSync(etcOf(namespace), { recursive: true });
        writeFileSync(join(etcOf(namespace), "hosts"), `${at} ${name}\n`);
      };
      hosts.push({ namespace, address, within, ip: (...args) => ip("-n", namespace, ...args), nameHost });
    }
  } catch (error) {
    remove();
    throw error;
  }
  return { hosts, remove };
}

const etcOf = (namespace: string): string => join("/etc/netns", namespace);

function removeNamespace(namespace: string): void {
  rmSync(etcOf(namespace), { recursive: true, force: true });
  try {
    for (const pid of ip("netns", "pids", namespace).split("\n").filter(Boolean)) process.kill(Number(pid), "SIGKILL");
  } catch {
    // it ended by itself in the meantime
  }
  try {
    ip("netns", "delete", namespace);
  } catch (error) {
    console.error(`${namespace} is left behind:`, error);
  }
}
