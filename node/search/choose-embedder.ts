/** Which embedder the environment names: the built-in one, or an endpoint. */

import { MeshworkError } from "../../protocol/core/errors.ts";
import { BUILT_IN_EMBEDDER, type Embedder } from "./embedder.ts";
import { createEndpointEmbedder } from "./embeddings-endpoint.ts";

/** For the help of commands that need one. */
export const EMBEDDER_HELP = `
Skills are compared by their words, unless MESHWORK_EMBEDDINGS_URL names an OpenAI-compatible endpoint (as in
http://127.0.0.1:11434/v1) and MESHWORK_EMBEDDINGS_MODEL a model; MESHWORK_EMBEDDINGS_KEY is sent as a bearer token,
MESHWORK_EMBEDDINGS_DIMENSIONS asks for shorter vectors. All agents of a mesh must use the same.`;

/** The embedder that the environment names. Throws `usage`. */
export function embedderFrom(env: NodeJS.ProcessEnv): Embedder {
  const {
    MESHWORK_EMBEDDINGS_URL: baseUrl = "",
    MESHWORK_EMBEDDINGS_MODEL: model = "",
    MESHWORK_EMBEDDINGS_KEY: apiKey = "",
    MESHWORK_EMBEDDINGS_DIMENSIONS: dimensions = "",
  } = env;
  if (baseUrl === "") return BUILT_IN_EMBEDDER;
  if (model === "")
    throw new MeshworkError("usage", "MESHWORK_EMBEDDINGS_URL is set, and no model", "set MESHWORK_EMBEDDINGS_MODEL");
  return createEndpointEmbedder({
    baseUrl,
    model,
    ...(apiKey === "" ? {} : { apiKey }),
    ...(dimensions === "" ? {} : { dimensions: Number(dimensions) }),
  });
}
