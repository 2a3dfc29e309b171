/**
 * Skills from a file of the operator: a module (.ts, .mts, .js, .mjs) or YAML.
 *
 * A module is loaded and run in a separate process: it may print, throw, block and end without harm to others. YAML files
 * contain no code: built-in skills run here, and commands are processes anyway (docs/decisions/0017).
 *
 * Responsible for telling the kinds of files apart. load-module.ts and load-yaml.ts read them.
 */

import { extname } from "node:path";
import { MeshworkError } from "../../../protocol/core/errors.ts";
import { fileError, readTextFile } from "../../platform/files/file-error.ts";
import { parseSkillsYaml } from "../load-yaml.ts";
import type { AnySkill, SkillLog } from "../skill.ts";
import { SkillModule } from "./skill-module.ts";

/** What the process of a module may take by default, bytes; half of it for the JavaScript heap. */
const SKILLS_MEMORY_BYTES = 1024 ** 3;

/** A cold start under load takes a few seconds. */
const LOAD_MS = 20_000;

export interface LoadOptions {
  /** Whether skills that run commands may be used at all. Default false; a YAML file may also allow its own. */
  readonly allowCommands?: boolean;
  /** The most memory that the process of a module may take, bytes. Default 1 GiB. */
  readonly memoryBytes?: number;
  /** The longest that a module may take to load, ms. Default 20 s. */
  readonly loadMs?: number;
  /** Gets what the module prints, line by line, and what becomes of its process. Default: nobody. */
  readonly log?: SkillLog;
  /** Ends loading; rejects with `interrupted`. */
  readonly signal?: AbortSignal;
}

/** The skills of a file, to be given to one node. */
export interface SkillsFile {
  readonly skills: readonly AnySkill[];
  /** Ends the process of a module: its own `close()`, if it exports one, then all that it started. Never rejects. */
  close(): Promise<void>;
}

const MODULE_ENDINGS = [".ts", ".mts", ".js", ".mjs"];
const YAML_ENDINGS = [".yaml", ".yml"];

/** Throws a MeshworkError about the first problem. */
export async function loadSkills(file: string, options: LoadOptions = {}): Promise<SkillsFile> {
  const ending = extname(file);
  if (YAML_ENDINGS.includes(ending)) {
    const skills = parseSkillsYaml(file, await readTextFile(file), options);
    return { skills, close: () => Promise.resolve() };
  }
  if (MODULE_ENDINGS.includes(ending)) return startModule(file, options);
  throw fileError(
    file,
    null,
    `a skills file cannot end in "${ending}"`,
    `use ${[...MODULE_ENDINGS, ...YAML_ENDINGS].join(", ")}`,
  );
}

async function startModule(file: string, options: LoadOptions): Promise<SkillsFile> {
  const { memoryBytes = SKILLS_MEMORY_BYTES, loadMs = LOAD_MS, log = () => {}, signal } = options;
  const host = new SkillModule({ file, memoryBytes, loadMs, log });
  const onAbort = (): void => void host.close();
  signal?.addEventListener("abort", onAbort, { once: true });
  try {
    signal?.throwIfAborted();
    const described = await host.start();
    return { skills: described.map((skill) => host.skillOf(skill)), close: () => host.close() };
  } catch (error) {
    await host.close();
    if (signal?.aborted === true) throw new MeshworkError("interrupted", "interrupted");
    throw error;
  } finally {
    signal?.removeEventListener("abort", onAbort);
  }
}
