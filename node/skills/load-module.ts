/**
 * Skills of a module (.ts, .mts, .js, .mjs): by default it exports a list of skills, or a function
 * `({ z, defineSkill, SkillError }) => list`: with it a skills file needs nothing installed beside it.
 *
 * Binding: called in the process of that file only (process/process-main.ts), because a module may do anything while it loads.
 */

import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { z } from "zod";
import type { MeshworkError } from "../../protocol/core/errors.ts";
import { fileError, unreadable } from "../platform/files/file-error.ts";
import { codeOf, describeThrown, lineOfThrow } from "../platform/modules/thrown.ts";
import { suggest } from "../platform/text/nearest.ts";
import { checkTogether } from "./check-together.ts";
import { defineSkill, type Skill, skillShape } from "./skill.ts";
import { SkillError } from "./skill-error.ts";

/** What a module's function is handed. */
const TOOLS = { z, defineSkill, SkillError };

interface LoadedModule {
  readonly skills: readonly Skill[];
  /** What it exports to be called when the agent stops. */
  readonly close: (() => unknown) | null;
}

/** Throws a MeshworkError about the first problem. */
export async function loadModule(file: string): Promise<LoadedModule> {
  const text = await readFile(file, "utf8").catch((error: unknown) => {
    throw unreadable(file, error);
  });
  const url = pathToFileURL(resolve(file)).href;
  const { default: exported, close } = await importModule(file, url);
  const list = typeof exported === "function" ? await callModule(file, exported) : exported;
  if (!Array.isArray(list)) {
    const remedy = "export default [ … ], or a function ({ z, defineSkill, SkillError }) => [ … ]";
    throw fileError(file, null, "it has no list of skills as its default export", remedy);
  }
  const skills = list.map((item: unknown, i) => checkSkill(file, text, item, i));
  checkTogether(skills, (i) => fileErrorAt(file, lineOfText(text, skills[i]?.name ?? "export default")));
  return { skills, close: typeof close === "function" ? (close as () => unknown) : null };
}

async function importModule(file: string, url: string): Promise<{ default?: unknown; close?: unknown }> {
  try {
    return (await import(url)) as { readonly default?: unknown; readonly close?: unknown };
  } catch (error) {
    throw moduleProblem(file, error, "it cannot be loaded");
  }
}

async function callModule(file: string, make: unknown): Promise<unknown> {
  try {
    return await (make as (tools: typeof TOOLS) => unknown)(TOOLS);
  } catch (error) {
    throw moduleProblem(file, error, "its function threw");
  }
}

function moduleProblem(file: string, error: unknown, what: string): MeshworkError {
  const line = lineOfThrow(file, error);
  const message = describeThrown(error);
  const missing = codeOf(error) === "ERR_MODULE_NOT_FOUND";
  const remedy = missing ? "install it beside the file, or export a function ({ z }) => [ … ]" : "correct the module";
  return fileError(file, line, `${what}: ${message.split("\n")[0]}`, remedy);
}

/** The line on which `word` stands, if it stands on one only; a module does not tell where its parts are. */
function lineOfText(text: string, word: string): number | null {
  const lines = text.split("\n").flatMap((line, i) => (line.includes(word) ? [i + 1] : []));
  return lines.length === 1 ? lines[0]! : null;
}

const fileErrorAt =
  (file: string, line: number | null) =>
  (what: string, remedy: string): MeshworkError =>
    fileError(file, line, what, remedy);

function checkSkill(file: string, text: string, item: unknown, index: number): Skill {
  const parsed = skillShape.safeParse(item);
  if (parsed.success) return item as Skill; // as it is: `run` may use `this`
  const given = typeof item === "object" && item !== null && "name" in item ? ` "${String(item.name)}"` : "";
  const skill = `skill ${index + 1}${given}`;
  const issue = parsed.error.issues[0]!;
  if (issue.code === "unrecognized_keys") {
    const key = issue.keys[0]!;
    const remedy = suggest(key, Object.keys(skillShape.shape));
    throw fileError(file, lineOfText(text, key), `${skill} has an unknown key "${key}"`, remedy);
  }
  const key = issue.path.length === 0 ? null : String(issue.path[0]);
  if (key !== null && !(key in (item as object))) {
    throw fileError(
      file,
      null,
      `${skill} has no "${key}"`,
      `add it; a skill has ${Object.keys(skillShape.shape).join(", ")}`,
    );
  }
  throw fileError(file, null, `${skill}${key === null ? "" : `: ${key}`} – ${issue.message}`, "correct it");
}
