/** Vectors from an endpoint: the questions to it, the use of its answers, and the messages about bad ones. */

import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, describe, expect, test } from "vitest";
import type { Embedder } from "../../../node/search/embedder.ts";
import { createEndpointEmbedder, type EndpointOptions } from "../../../node/search/embeddings-endpoint.ts";
import { embed, isEmbedding, similarity } from "../../../protocol/capability/embedding.ts";
import type { MeshworkError } from "../../../protocol/core/errors.ts";
import { createPrng } from "../../../protocol/core/prng.ts";

interface Asked {
  readonly path: string | undefined;
  readonly authorization: string | undefined;
  readonly body: { readonly model: string; readonly input: readonly string[]; readonly dimensions?: number };
}
type Answer = (asked: Asked, response: ServerResponse) => void;

const servers: Server[] = [];
afterEach(async () => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
});

async function serve(answer: Answer): Promise<{ baseUrl: string; asked: Asked[] }> {
  const asked: Asked[] = [];
  const onRequest = (request: IncomingMessage, response: ServerResponse): void => {
    let text = "";
    request.on("data", (chunk) => {
      text += chunk;
    });
    request.on("end", () => {
      const { url: path, headers } = request;
      const one = { path, authorization: headers.authorization, body: JSON.parse(text) as Asked["body"] };
      asked.push(one);
      answer(one, response);
    });
  };
  const server = createServer(onRequest);
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return { baseUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`, asked };
}

/** A model whose vectors depend on the text alone: directions drawn at random. */
function vectorOf(text: string, dimensions: number): number[] {
  const prng = createPrng(text);
  return Array.from({ length: dimensions }, () => prng.unit() + prng.unit() - 1);
}
const json = (response: ServerResponse, value: unknown, status = 200): void => {
  response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(value));
};
const model =
  (dimensions: number): Answer =>
  ({ body }, response) =>
    json(response, {
      // In another order than asked for, which the index tells.
      data: body.input.map((text, index) => ({ index, embedding: vectorOf(text, dimensions) })).reverse(),
    });
const always =
  (value: unknown, status = 200): Answer =>
  (_, response) =>
    json(response, value, status);

async function embedderOf(
  answer: Answer,
  options: Partial<EndpointOptions> = {},
): Promise<Embedder & { asked: Asked[] }> {
  const { baseUrl, asked } = await serve(answer);
  const embedder = createEndpointEmbedder({ baseUrl, model: "m", ...options });
  return { name: embedder.name, embed: (texts) => embedder.embed(texts), asked };
}
const failure = (embedder: Embedder, texts: string[] = ["a", "b"]): Promise<MeshworkError> =>
  embedder.embed(texts).then(
    () => expect.fail("it gave vectors"),
    (error: MeshworkError) => error,
  );

describe("an endpoint", () => {
  test("is asked in batches, and its vectors come in the order of the texts", async () => {
    const embedder = await embedderOf(model(256), { batch: 3, apiKey: "secret" });
    const texts = ["one", "two", { name: "three", description: "the third" }, "four", "five", "six", "seven"];
    const vectors = await embedder.embed(texts);
    expect(embedder.asked.map(({ body }) => body.input)).toEqual([
      ["one", "two", "three: the third"],
      ["four", "five", "six"],
      ["seven"],
    ]);
    expect(embedder.asked[0]).toMatchObject({
      path: "/v1/embeddings",
      authorization: "Bearer secret",
      body: { model: "m" },
    });
    expect(vectors).toHaveLength(7);
    expect(vectors.every(isEmbedding)).toBe(true);
    expect(await embedder.embed(["four"])).toEqual([vectors[3]]);
    expect(await embedder.embed([])).toEqual([]);
    expect(embedder.asked).toHaveLength(4);
  });

  test("sends no key that it does not have, and asks for dimensions only if told", async () => {
    const plain = await embedderOf(model(8));
    await plain.embed(["a"]);
    expect(plain.asked[0]).toMatchObject({ authorization: undefined });
    expect(plain.asked[0]!.body).not.toHaveProperty("dimensions");
    const asking = await embedderOf(model(8), { dimensions: 8 });
    await asking.embed(["a"]);
    expect(asking.asked[0]!.body.dimensions).toBe(8);
  });

  test("has a name that tells the model and its dimensions", async () => {
    const options = { baseUrl: "http://127.0.0.1:1/v1/", model: "Qwen/Qwen3-Embedding-0.6B" };
    expect(createEndpointEmbedder(options).name).toBe("projected-256/1:Qwen/Qwen3-Embedding-0.6B");
    expect(createEndpointEmbedder({ ...options, dimensions: 256 }).name).toBe(
      "projected-256/1:Qwen/Qwen3-Embedding-0.6B@256",
    );
  });

  test.each([4, 256, 257, 1_536])("keeps similarities of vectors of %d numbers", async (dimensions) => {
    const embedder = await embedderOf(({ body }, response) => {
      const [base, other] = [vectorOf("base", dimensions), vectorOf("other", dimensions)];
      const mixed = (share: number) => base.map((value, i) => 1e-30 * (share * value + (1 - share) * other[i]!));
      json(response, { data: body.input.map((text, index) => ({ index, embedding: mixed(Number(text)) })) });
    });
    const [same, near, far] = await embedder.embed(["1", "0.8", "0"]);
    expect(similarity(same!, same!)).toBeCloseTo(1, 1);
    expect(similarity(same!, near!)).toBeGreaterThan(0.85);
    if (dimensions > 4) expect(Math.abs(similarity(same!, far!))).toBeLessThan(0.25);
  });

  test("has a projection that stays what it is", async () => {
    const embedder = await embedderOf(model(300));
    const [vector] = await embedder.embed(["golden"]);
    expect([...vector!.subarray(0, 12)]).toMatchInlineSnapshot(`
      [
        10,
        10,
        6,
        -8,
        0,
        -8,
        -1,
        7,
        2,
        -4,
        -2,
        -16,
      ]
    `);
  });

  test("whose vector is all zeros gives one that is similar to nothing", async () => {
    const embedder = await embedderOf(always({ data: [{ index: 0, embedding: [0, 0, 0] }] }));
    expect(await embedder.embed(["a"])).toEqual([embed("")]);
  });
});

describe("is told apart", () => {
  const vectors = (...embeddings: unknown[]) => ({
    data: embeddings.map((embedding, index) => ({ index, embedding })),
  });

  test.each<[string, Answer, string]>([
    ["no vectors", always({ hello: 1 }), "its answer is not a list of vectors: data: "],
    ["no JSON", (_, response) => void response.end("<html>"), "its answer is not a list of vectors: no JSON object"],
    ["an empty answer", (_, response) => void response.end(), "no JSON object"],
    ["text in place of a number", always(vectors([1, "2"], [1, 2])), "data.0.embedding.1: "],
    ["null in place of a number", always(vectors([1, null], [1, 2])), "data.0.embedding.1: "],
    [
      "infinity",
      (_, response) => void response.end('{"data":[{"index":0,"embedding":[1e999]}]}'),
      "data.0.embedding.0: ",
    ],
    ["base64", always(vectors("AAAA", "AAAA")), "data.0.embedding: "],
    ["one vector too few", always(vectors([1, 2])), "it gave 1 vectors for 2 texts"],
    ["one too many", always(vectors([1], [2], [3])), "it gave 3 vectors for 2 texts"],
    ["two for one text", always({ data: [0, 0].map((index) => ({ index, embedding: [1] })) }), "(index 0)"],
    ["one for no text", always({ data: [0, 2].map((index) => ({ index, embedding: [1] })) }), "(index 2)"],
    ["vectors of different lengths", always(vectors([1, 2], [1, 2, 3])), "a vector of 3 numbers where 2 were due"],
    ["vectors without numbers", always(vectors([], [])), "it gave vectors of 0 numbers"],
    ["HTTP 500", always({}, 500), "HTTP 500"],
    ["HTTP 404 with words", always({ error: { message: "no\nsuch model" } }, 404), "HTTP 404: no such model"],
    ["an answer without end", (_, response) => void response.end("x".repeat(33 * 1024 * 1024)), "larger than 33554432"],
  ])("%s", async (_, answer, message) => {
    const error = await failure(await embedderOf(answer));
    expect(error).toMatchObject({ name: "MeshworkError", code: "refused" });
    expect(error.message).toContain(message);
    expect(error.message).toMatch(/^the embeddings endpoint http:\/\/127\.0\.0\.1:\d+\/v1\/embeddings, model m: /);
    expect(error.remedy).not.toBe("");
  });

  test("other dimensions than asked for, or than before", async () => {
    expect((await failure(await embedderOf(model(8), { dimensions: 16 }))).message).toContain("8 numbers where 16");
    let dimensions = 8;
    const changing = await embedderOf((asked, response) => model(dimensions)(asked, response));
    await changing.embed(["a"]);
    dimensions = 9;
    expect((await failure(changing)).message).toContain("9 numbers where 8");
  });

  test("no answer in time", async () => {
    const error = await failure(await embedderOf(() => undefined, { timeoutMs: 50 }));
    expect(error).toMatchObject({ code: "unreachable" });
    expect(error.message).toContain("did not answer within 50 ms");
  });

  test("half an answer in time", async () => {
    const half: Answer = (_, response) => void response.writeHead(200).write('{"data":');
    const error = await failure(await embedderOf(half, { timeoutMs: 200 }));
    expect(error.message).toContain("did not answer within 200 ms");
  });

  test("nobody there", async () => {
    const { baseUrl } = await serve(model(8));
    await new Promise((resolve) => servers.splice(0)[0]!.close(resolve));
    const error = await failure(createEndpointEmbedder({ baseUrl, model: "m" }));
    expect(error).toMatchObject({ code: "unreachable" });
    expect(error.message).toContain("cannot be reached: ");
  });

  test("a redirection, which is not followed", async () => {
    const elsewhere = await serve(model(8));
    const error = await failure(
      await embedderOf((_, response) => void response.writeHead(307, { location: elsewhere.baseUrl }).end()),
    );
    expect(error.code).toBe("unreachable");
    expect(elsewhere.asked).toEqual([]);
  });

  test("the key is not repeated when the endpoint repeats it", async () => {
    const answer: Answer = ({ authorization }, response) =>
      json(response, { error: { message: `wrong key ${authorization}` } }, 401);
    const error = await failure(await embedderOf(answer, { apiKey: "sk-very-secret" }));
    expect(error.message).toContain("HTTP 401: wrong key Bearer …");
    expect(error.remedy).toBe("check its API key");
  });
});

test.each<[string, Partial<EndpointOptions>]>([
  ["no address", { baseUrl: "localhost" }],
  ["another protocol", { baseUrl: "file:///v1" }],
  ["a password in the address", { baseUrl: "http://me:secret@127.0.0.1/v1" }],
  ["no model", { model: "" }],
  ["a model whose name is too long", { model: "m".repeat(60) }],
  ["no batch", { batch: 0 }],
  ["half a dimension", { dimensions: 1.5 }],
  ["no time", { timeoutMs: Number.NaN }],
])("%s is the operator's mistake", (_, options) => {
  const make = (): Embedder => createEndpointEmbedder({ baseUrl: "http://127.0.0.1:1/v1", model: "m", ...options });
  expect(make).toThrow(expect.objectContaining({ name: "MeshworkError", code: "usage" }));
  expect(make).not.toThrow(/secret/);
});
