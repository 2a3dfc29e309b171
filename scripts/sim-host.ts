/**
 * What the simulator needs from outside, put together out of node/: hashing, real signatures, the agent, job files, the
 * calibration. sim/ and node/ do not import each other.
 *
 * Also loaded by the simulator's worker threads, by its address.
 */

import { createPrivateKey, createPublicKey, hash, type KeyObject, sign, verify } from "node:crypto";
import { readJobFile } from "../node/job-file/parse-job.ts";
import { hasher } from "../node/platform/crypto.ts";
import { createAgent } from "../protocol/agent/agent.ts";
import type { AgentId } from "../protocol/core/ids.ts";
import type { SimHost } from "../sim/model/host.ts";

/** The DER frame of an Ed25519 private key (RFC 8410): its 32 raw bytes follow. */
const PRIVATE_KEY_PREFIX = Buffer.from("302e020100300506032b657004220420", "hex");

/** Agents of a simulation are their names; their keys follow from the seed, so that runs repeat. */
function realSignatures(seed: string): ReturnType<SimHost["realSignatures"]> {
  const publicKeys = new Map<AgentId, KeyObject>();
  return {
    signerOf(name) {
      const raw = hash("sha256", `meshwork simulation ${seed}/${name}`, "buffer");
      const key = createPrivateKey({ key: Buffer.concat([PRIVATE_KEY_PREFIX, raw]), format: "der", type: "pkcs8" });
      const agent = name as AgentId;
      publicKeys.set(agent, createPublicKey(key));
      return { agent, sign: (message) => sign(null, message, key) };
    },
    verify(agent, message, signature) {
      const key = publicKeys.get(agent);
      return key !== undefined && signature.length === 64 && verify(null, message, key, signature);
    },
  };
}

export const simHost: SimHost = {
  hasher,
  createMachine: createAgent,
  realSignatures,
  async readJob(path) {
    const {
      name,
      nodes,
      output,
      budget,
      deadlineMs,
      windowMs,
      selector,
      redact = false,
      blobs,
    } = await readJobFile(path);
    return { name, nodes, output, budget, deadlineMs, windowMs, selector, redact, blobs: [...blobs.values()] };
  },
  url: import.meta.url,
  loadCalibrate: async () => (await import("./calibrate.ts")).calibrate,
  loadRunChain: async () => (await import("./run-chain.ts")).runChain,
};
