/** Attacks with the inputs of jobs: blobs that are there, that are not, and that are very many. */

import { randomBytes } from "node:crypto";
import type { Stream } from "@libp2p/interface";
import { decodeRequest, encodeReplyHead, REQUEST_BYTES } from "../../node/network/blob-messages.ts";
import { readToEnd, sendAll } from "../../node/network/streams.ts";
import { nodeCrypto } from "../../node/platform/crypto.ts";
import { toHex } from "../../protocol/core/bytes.ts";
import type { Hash, JobId } from "../../protocol/core/ids.ts";
import type { Items } from "../../protocol/wire/genesis.ts";
import type { Message } from "../../protocol/wire/message.ts";
import type { Attack } from "./attack.ts";
import { intrudersFor, keepDoing } from "./intruder.ts";
import { idleDraft, makeInvitation, range } from "./made-up.ts";
import { pause } from "./order.ts";

const MIB = 1024 * 1024;

/** A map over these blobs, of so many bytes each. */
const overBlobs = (hashes: readonly Hash[], bytes: number): Items => ({
  kind: "list",
  items: hashes.map((hash) => ({ kind: "blob", hash, bytes })),
});

/** Hashes of nothing. */
const made = (count: number): Hash[] => range(count).map(() => toHex(randomBytes(32)) as Hash);

// --- blobs that are there -------------------------------------------------------------------------------

const BLOB_BYTES = 16 * MIB;
const JOB_BLOBS = 4;
const JOBS_EVERY_MS = 1_000;
/** More than a node has for guests. */
const FILL_BYTES = 2_048 * MIB;
const FILLED_MS = 75_000;
const SERVE_MS = 20_000;

/** As many blobs as one likes, in the memory of one. */
class Blobs {
  readonly #base = randomBytes(BLOB_BYTES);
  readonly #hashes: Hash[] = [];

  #content(number: number): Uint8Array {
    const content = Buffer.from(this.#base);
    content.writeUInt32BE(number);
    return content;
  }

  hashOf(number: number): Hash {
    this.#hashes[number] ??= nodeCrypto.hash(this.#content(number));
    return this.#hashes[number];
  }

  /** Answers one request. */
  async serve(stream: Stream): Promise<void> {
    const request = decodeRequest(await readToEnd(stream, REQUEST_BYTES, SERVE_MS));
    const number = request === null ? -1 : this.#hashes.indexOf(request.hash);
    if (request === null || number < 0) {
      stream.send(encodeReplyHead("missing", 0));
    } else {
      stream.send(encodeReplyHead("have", BLOB_BYTES));
      await sendAll(stream, chunksFrom(this.#content(number), request.offset), SERVE_MS);
    }
    await stream.close();
  }
}

async function* chunksFrom(content: Uint8Array, offset: number): AsyncGenerator<Uint8Array> {
  for (let at = offset; at < content.length; at += MIB / 4) yield content.subarray(at, at + MIB / 4);
}

const fillDisks: Attack = {
  name: "fill-disks",
  does: `has each node begin jobs with ${JOB_BLOBS} inputs of ${BLOB_BYTES / MIB} MiB, ${FILL_BYTES / MIB} MiB in all`,
  aims: "the inputs take more disk than guests may have",
  startsWithinMs: FILLED_MS + 30_000,
  async start(order) {
    const draft = await idleDraft();
    const blobs = new Blobs();
    const intruders = await intrudersFor(order, (peer) =>
      peer.handleBlobs((stream) => void blobs.serve(stream).catch(() => undefined)),
    );
    for (const intruder of intruders) {
      const hosts = [intruder.target.agent];
      let named = 0;
      let asked: JobId | null = null;
      void keepDoing(JOBS_EVERY_MS, () =>
        intruder.send((signer): readonly Message[] => {
          // The last one has its inputs by now, or never gets them.
          const begin: readonly Message[] = asked === null ? [] : [{ kind: "start", job: asked }];
          if (named * BLOB_BYTES >= FILL_BYTES) return begin;
          const hashes = range(JOB_BLOBS).map((i) => blobs.hashOf(named + i));
          const { job, invite } = makeInvitation(order.mesh, signer, draft, {
            ...{ hosts, items: overBlobs(hashes, BLOB_BYTES) },
          });
          named += JOB_BLOBS;
          asked = job;
          return [...begin, invite];
        }),
      );
    }
    await pause(FILLED_MS);
  },
};

// --- blobs that are not there ---------------------------------------------------------------------------

const TINY_EVERY_MS = 2_000;
/** As many as fit into a genesis. */
const TINY_BLOBS = 27_500;

const nameTinyBlobs: Attack = {
  name: "tiny-blobs",
  does: `invites each node, every ${TINY_EVERY_MS / 1_000} s, to a job with ${TINY_BLOBS.toLocaleString("en")} inputs of one byte each`,
  aims: "nodes do nothing but note which job needs which blob",
  async start(order) {
    const draft = await idleDraft();
    for (const intruder of await intrudersFor(order)) {
      const hosts = [intruder.target.agent];
      void keepDoing(TINY_EVERY_MS, () =>
        intruder.send((signer) => [
          makeInvitation(order.mesh, signer, draft, { hosts, items: overBlobs(made(TINY_BLOBS), 1) }).invite,
        ]),
      );
    }
    await pause(1_000);
  },
};

const DECLARED_EVERY_MS = 1_000;
/** Large ones first, then smaller and smaller ones for what is left. */
const DECLARED_BYTES = [60 * MIB, 60 * MIB, 60 * MIB, 16 * MIB, 4 * MIB, MIB, 256 * 1_024, 64 * 1_024, 20 * 1_024];

const declareBytes: Attack = {
  name: "declared-bytes",
  does: `invites each node, every second, to ${DECLARED_BYTES.length} jobs with inputs of up to 240 MiB that it does not have, and is silent when asked for them`,
  aims: "the disk for blobs of guests is taken by bytes that never come",
  async start(order) {
    const draft = await idleDraft();
    const intruders = await intrudersFor(order, (peer) => peer.handleBlobs(() => undefined));
    for (const intruder of intruders) {
      const hosts = [intruder.target.agent];
      void keepDoing(DECLARED_EVERY_MS, () =>
        intruder.send((signer) =>
          DECLARED_BYTES.map((bytes) => {
            const items = overBlobs(made(bytes > 16 * MIB ? 4 : 1), bytes);
            return makeInvitation(order.mesh, signer, draft, { hosts, items }).invite;
          }),
        ),
      );
    }
    await pause(4_000);
  },
};

export const BY_BLOBS: readonly Attack[] = [fillDisks, nameTinyBlobs, declareBytes];
