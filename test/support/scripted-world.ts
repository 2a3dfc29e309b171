/** Small worlds of scripted machines, for tests of the simulated network, disks and clocks. */

import { hasher } from "../../node/platform/crypto.ts";
import type { AgentId, AwardRef, JobId } from "../../protocol/core/ids.ts";
import type { Now } from "../../protocol/core/now.ts";
import type { Effect } from "../../protocol/effect.ts";
import type { Input } from "../../protocol/input.ts";
import type { AgentConfig, CreateMachine, StoredRecord } from "../../protocol/machine.ts";
import type { AgentSpec, WorldOptions } from "../../sim/world/options.ts";
import { createWorld, type World } from "../../sim/world/world.ts";

export const JOB = "ab".repeat(32) as JobId;
export const id = (name: string): AgentId => name as AgentId;

/** What a machine was given, for looking at. */
export interface Seen {
  readonly now: Now;
  readonly input: Input;
}

export interface Scripted {
  readonly create: CreateMachine;
  /** By the agent's name; across restarts. */
  readonly seen: Map<string, Seen[]>;
  readonly configs: AgentConfig[];
  kinds(name: string): string[];
  /** The first bytes of the frames that an agent got, in their order. */
  frames(name: string): number[];
}

type Script = (input: Input, now: Now, config: AgentConfig, records: readonly StoredRecord[]) => readonly Effect[];

/** A machine without memory beyond its records: what it does on each input is `script`. */
export function scripted(script: Script = () => []): Scripted {
  const seen = new Map<string, Seen[]>();
  const configs: AgentConfig[] = [];
  const of = (name: string): Seen[] => {
    const list = seen.get(name) ?? [];
    seen.set(name, list);
    return list;
  };
  return {
    seen,
    configs,
    create(config, records) {
      configs.push(config);
      const stored = [...records.jobs()].flatMap((job) => [...records.of(job, "")]);
      return {
        step(now, input) {
          of(config.name).push({ now, input });
          return script(input, now, config, stored);
        },
      };
    },
    kinds: (name) => of(name).map(({ input }) => input.kind),
    frames: (name) => of(name).flatMap(({ input }) => (input.kind === "frame" ? [input.bytes[0]!] : [])),
  };
}

export const send = (to: string, ...bytes: number[]): Effect => ({
  kind: "send",
  to: id(to),
  queue: "main",
  bytes: new Uint8Array(bytes),
});

export const persist = (slot: string, byte: number | null, durable: boolean): Effect => ({
  kind: "persist",
  job: JOB,
  slot,
  bytes: byte === null ? null : new Uint8Array([byte]),
  durable,
});

export const award = (attempt = 0): AwardRef => ({ job: JOB, task: "t" as AwardRef["task"], attempt });

/** Agents a, b, … without extras, on a network that takes 10 ms. */
export function worldOf(
  names: string,
  create: CreateMachine,
  options: Partial<WorldOptions> = {},
  spec: Partial<AgentSpec> = {},
): World {
  const agents = names.split("").map((name) => ({ name, ...spec }));
  return createWorld({ seed: 1, hasher, create, agents, ...options, network: { latencyMs: 10, ...options.network } });
}

/** a sends 0, 1, … to b, one a millisecond from 100 ms on, each with `effect`. */
export const counting = (count: number, effect: (n: number) => readonly Effect[] = (n) => [send("b", n)]) =>
  scripted((input, now, config) => {
    if (config.name !== "a") return [];
    const n = Math.round(now.monoMs) - 100;
    if (input.kind === "start") return [{ kind: "wake", atMonoMs: 100 }];
    if (input.kind !== "tick" || n >= count) return [];
    return [...effect(n), { kind: "wake", atMonoMs: now.monoMs + 1 }];
  });
