/** Skills modules as text, loaded in a process of their own as a node does, and attempts at their skills. */

import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type LoadOptions, loadSkills, type SkillsFile } from "../../node/skills/process/load-skills.ts";
import type { HostedSkill, SkillContext, SkillOutcome } from "../../node/skills/skill.ts";
import { decodeValue, type Value } from "../../protocol/wire/value.ts";

export interface Logged {
  readonly message: string;
  readonly facts: Readonly<Record<string, unknown>>;
}

export interface Module {
  readonly path: string;
  readonly logged: Logged[];
  run(skill: string, options?: RunOptions): Promise<SkillOutcome>;
  /** What a skill that succeeds gives. */
  output(skill: string, options?: RunOptions): Promise<Value>;
  close(): Promise<void>;
}

export interface RunOptions {
  readonly input?: unknown;
  readonly task?: string;
  readonly leaseMs?: number;
  readonly signal?: AbortSignal;
}

const folder = mkdtempSync(join(tmpdir(), "meshwork-modules-"));
process.once("exit", () => rmSync(folder, { recursive: true, force: true }));
let count = 0;

/** A module whose skills are these functions, by their names. `head` stands before them. */
export function moduleText(skills: Readonly<Record<string, string>>, head = ""): string {
  const entries = Object.entries(skills).map(
    ([name, run]) =>
      `skill(${JSON.stringify(name)}, async (input, context) => { await null; return (${run})(input, context); })`,
  );
  return `import fs from "node:fs"; import { spawn } from "node:child_process";
${head}
export default ({ z, defineSkill }) => {
  const skill = (name, run) => defineSkill({ name, description: name, input: z.unknown(), output: z.unknown(), price: 0.001, expectedMs: 5, run });
  return [${entries.join(",\n")}];
};`;
}

export function writeModule(text: string): string {
  const path = join(folder, `module-${count++}.mjs`);
  writeFileSync(path, text);
  return path;
}

export async function load(text: string, options: LoadOptions = {}): Promise<Module> {
  const path = writeModule(text);
  const logged: Logged[] = [];
  const file: SkillsFile = await loadSkills(path, {
    log: (message, facts = {}) => logged.push({ message, facts }),
    ...options,
  });
  const run = (name: string, { input = null, task = "t", leaseMs = 60_000, signal }: RunOptions = {}) => {
    const skill = file.skills.find((known) => known.name === name) as HostedSkill;
    const context: SkillContext = {
      signal: signal ?? new AbortController().signal,
      ...{ job: "job", task, attempt: 0, deadlineMs: Date.now() + leaseMs, log: () => {} },
    };
    return skill.perform(input, context);
  };
  return {
    path,
    logged,
    run,
    async output(name, options) {
      const outcome = await run(name, options);
      if (!outcome.ok) throw new Error(`${outcome.reason}: ${outcome.message}`);
      const decoded = decodeValue(outcome.output);
      if (!decoded.ok) throw new Error(decoded.code);
      return decoded.value;
    },
    close: () => file.close(),
  };
}

/** True while a process lives (and is more than a zombie that waits for its parent). */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch {
    return false;
  }
  if (process.platform !== "linux") return true;
  try {
    const { readFileSync } = process.getBuiltinModule("node:fs");
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, "utf8"));
  } catch {
    return false;
  }
}
