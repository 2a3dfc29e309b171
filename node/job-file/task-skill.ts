/** What a task of a job file asks for: a skill of that name, or one that resembles some words. */

import { createHash } from "node:crypto";
import { bytesOf } from "../../protocol/capability/embedding.ts";
import { clip, utf8Length } from "../../protocol/core/bytes.ts";
import { limits } from "../../protocol/core/limits.ts";
import type { NodeSpec } from "../../protocol/wire/genesis.ts";
import type { Path } from "../platform/files/file-error.ts";
import type { YamlSource } from "../platform/files/yaml-source.ts";
import type { Embedder } from "../search/embedder.ts";
import type { TaskFile } from "./schema.ts";

/**
 * Similarity that is near enough, parts per million. Higher: skills that say it in other words are missed; lower: agents
 * offer for what they do not do. With the built-in embedder questions that share no word with a skill stay below 0.3,
 * those that share one of two reach 0.45. Federation of Agents takes 0.3 with a trained one (arXiv 2509.20175, tau).
 */
const DEFAULT_LEAST = 400_000;
export const DEFAULT_SIMILARITY = DEFAULT_LEAST / 1_000_000;
/** Marks what was asked for in words, where names of skills stand: no skill's name begins with it. */
const LIKE_MARK = "~";
/** Hexadecimal characters that tell long words with the same beginning apart. */
const HASH_CHARACTERS = 8;

/** What offers, awards and records of such a task go by: the same for the same words, in every job. */
function nameOf(words: string): string {
  const name = `${LIKE_MARK}${words}`;
  if (utf8Length(name) <= limits.nameBytes) return name;
  const hash = createHash("sha256").update(words).digest("hex").slice(0, HASH_CHARACTERS);
  return `${clip(name, limits.nameBytes - HASH_CHARACTERS - 1)}#${hash}`;
}

/** Throws a MeshworkError where the task says neither, or both, or where the embedder fails. */
export async function skillOf(
  source: YamlSource,
  id: string,
  { skill, like, similarity }: TaskFile,
  embedder: Embedder,
): Promise<Pick<NodeSpec, "skill" | "like">> {
  const at: Path = ["tasks", id];
  if (skill !== undefined && like !== undefined)
    throw source.error([...at, "like"], `task "${id}" has both skill and like`, "keep the one that is meant");
  if (skill !== undefined && similarity !== undefined)
    throw source.error([...at, "similarity"], `task "${id}" names its skill, so similarity means nothing`, "remove it");
  if (skill !== undefined) return { skill, like: null };
  if (like === undefined)
    throw source.error(at, `task "${id}" asks for no skill`, "add `skill: NAME`, or `like:` with words");
  const [vector] = await embedder.embed([like]);
  if (vector!.every((place) => place === 0))
    throw source.error([...at, "like"], `task "${id}": there are no words in "${like}"`, "say what is to be done");
  const least = similarity ?? DEFAULT_LEAST;
  return { skill: nameOf(like), like: { embedder: embedder.name, vector: bytesOf(vector!), least } };
}
