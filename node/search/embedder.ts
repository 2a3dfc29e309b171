/**
 * Embedders make vectors of texts. All agents of a mesh, and all who submit jobs to it in words, must use the same one.
 */

import { EMBEDDER_NAME, embed, type SkillText } from "../../protocol/capability/embedding.ts";

export interface Embedder {
  /** What a mesh calls it: vectors of embedders with other names cannot be compared. */
  readonly name: string;
  /** A vector for each text, in their order. Throws a MeshworkError. */
  embed(texts: readonly (string | SkillText)[]): Promise<Int8Array[]>;
}

export const BUILT_IN_EMBEDDER: Embedder = {
  name: EMBEDDER_NAME,
  embed: async (texts) => texts.map((text) => embed(text)),
};
