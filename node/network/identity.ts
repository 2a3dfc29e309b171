/**
 * An agent's identity: one Ed25519 seed, as a key file, as a libp2p key and as a `node:crypto` key.
 *
 * Responsible for making, reading and writing it. What is signed with it is crypto.ts's and the protocol's.
 */

import { createPrivateKey, createPublicKey, type KeyObject, randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import { dirname } from "node:path";
import { privateKeyFromRaw } from "@libp2p/crypto/keys";
import type { PrivateKey } from "@libp2p/interface";
import { peerIdFromPrivateKey } from "@libp2p/peer-id";
import { z } from "zod";
import { MeshworkError } from "../../protocol/core/errors.ts";
import type { AgentId } from "../../protocol/core/ids.ts";
import { writeFileAtomic } from "../platform/files/atomic-write.ts";
import { closeToOthers, makeFolder, PRIVATE_FILE, PRIVATE_FOLDER } from "../platform/files/private-files.ts";
import { isFileMissing, storageError } from "../platform/files/storage-error.ts";

export interface Identity {
  readonly agent: AgentId;
  /** 32 bytes; whoever has them is this agent. */
  readonly seed: Uint8Array;
  /** For libp2p. */
  readonly privateKey: PrivateKey;
  /** For `createSigner`. */
  readonly key: KeyObject;
}

/** In a data folder. */
export const KEY_FILE = "agent.key";
const SEED_BYTES = 32;
/** The DER frame of an Ed25519 private key (RFC 8410): the seed follows. */
const PRIVATE_KEY_PREFIX = Buffer.from("302e020100300506032b657004220420", "hex");

const keyFileSchema = z.strictObject({
  format: z.literal(1),
  type: z.literal("ed25519"),
  agent: z.string(),
  seed: z.base64(),
});

/** A new identity, or the one of `seed` (32 bytes). */
export function makeIdentity(seed: Uint8Array = randomBytes(SEED_BYTES)): Identity {
  const der = Buffer.concat([PRIVATE_KEY_PREFIX, seed]);
  const key = createPrivateKey({ key: der, format: "der", type: "pkcs8" });
  const publicKey = createPublicKey(key).export({ format: "der", type: "spki" }).subarray(-SEED_BYTES);
  const privateKey = privateKeyFromRaw(Buffer.concat([seed, publicKey]));
  const agent = peerIdFromPrivateKey(privateKey).toString() as AgentId;
  return { agent, seed: Uint8Array.from(seed), privateKey, key };
}

const DAMAGED_REMEDY =
  "restore this one file from a copy, or start with a new data folder, which gives the agent a new key";

function parseKeyFile(text: string, path: string): Identity {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    throw new MeshworkError("invalid-file", `the key file ${path} is not JSON`, DAMAGED_REMEDY);
  }
  const parsed = keyFileSchema.safeParse(json);
  if (!parsed.success) {
    const issue = parsed.error.issues[0]!;
    const where = issue.path.length === 0 ? "" : ` at "${issue.path.join(".")}"`;
    throw new MeshworkError(
      "invalid-file",
      `the key file ${path} is damaged${where}: ${issue.message}`,
      DAMAGED_REMEDY,
    );
  }
  const seed = Buffer.from(parsed.data.seed, "base64");
  if (seed.length !== SEED_BYTES) {
    throw new MeshworkError("invalid-file", `the seed in ${path} has ${seed.length} bytes, not 32`, DAMAGED_REMEDY);
  }
  const identity = makeIdentity(seed);
  if (identity.agent !== parsed.data.agent) {
    throw new MeshworkError(
      "invalid-file",
      `the key file ${path} is damaged: its seed is of ${identity.agent}, not of ${parsed.data.agent}`,
      DAMAGED_REMEDY,
    );
  }
  return identity;
}

/** Null if there is no such file. */
export function loadIdentity(path: string): Identity | null {
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (error) {
    if (isFileMissing(error)) return null;
    throw storageError(`the key file ${path} cannot be read`, error);
  }
  closeToOthers(path, PRIVATE_FILE);
  return parseKeyFile(text, path);
}

/** Readable by its owner only; the file is there whole or not at all. Its folder is made if need be. */
function saveIdentity(path: string, identity: Identity): void {
  const file = {
    format: 1,
    type: "ed25519",
    agent: identity.agent,
    seed: Buffer.from(identity.seed).toString("base64"),
  };
  makeFolder(dirname(path), PRIVATE_FOLDER);
  writeFileAtomic(path, `${JSON.stringify(file, null, 2)}\n`, PRIVATE_FILE);
}

export function loadOrMakeIdentity(path: string): Identity {
  const loaded = loadIdentity(path);
  if (loaded !== null) return loaded;
  const identity = makeIdentity();
  saveIdentity(path, identity);
  return identity;
}
