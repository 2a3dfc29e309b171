/** Signed capability vectors for tests of directories and of those who fill them. */

import { EMBEDDER_NAME } from "../../protocol/capability/embedding.ts";
import { statementMessage } from "../../protocol/core/crypto.ts";
import { RULES_VERSION } from "../../protocol/core/limits.ts";
import { type SkillAd, type Vcv, type VcvContent, vcvHash } from "../../protocol/wire/capability.ts";
import { crypto, id, MESH, signerOf } from "./driven-agent.ts";

/** How long they hold, ms. */
const LIFE_MS = 300_000;

/** A skill that says nothing of itself but its name. */
export const plainSkill = (name = "work"): SkillAd => ({
  name,
  description: "",
  price: 1,
  expectedMs: 100,
  schemas: null,
  vector: new Uint8Array(0),
});

/** What the agent `name` says of itself at `nowMs`. */
export function signedVcv(name: string, nowMs: number, changes: Partial<VcvContent> = {}): Vcv {
  const content: VcvContent = {
    agent: id(name),
    incarnation: 1,
    version: 1,
    name,
    embedder: EMBEDDER_NAME,
    skills: [plainSkill()],
    slots: 2,
    labels: [],
    addresses: [],
    hosts: true,
    rulesVersion: RULES_VERSION,
    depth: 0,
    expiresMs: nowMs + LIFE_MS,
    ...changes,
  };
  const message = statementMessage(MESH, "vcv", vcvHash(crypto.hash, content));
  return { ...content, signature: signerOf(name).sign(message) };
}
