/** How a capability vector describes skills, and how many of them fit into one. */

import { createHash } from "node:crypto";
import { MeshworkError } from "../../protocol/core/errors.ts";
import type { Hash } from "../../protocol/core/ids.ts";
import { limits } from "../../protocol/core/limits.ts";
import type { OwnSkill } from "../../protocol/machine.ts";
import { skillAdCodec } from "../../protocol/wire/capability.ts";
import { encode } from "../../protocol/wire/codec.ts";
import { EMBEDDING_BYTES } from "../../protocol/wire/genesis.ts";
import { encodeValue, type Value } from "../../protocol/wire/value.ts";
import { type AnySkill, priceOf, schemasOf } from "./skill.ts";

/** The skill as a capability vector describes it. */
export function skillAd(skill: AnySkill, vector: Uint8Array): OwnSkill {
  return {
    name: skill.name,
    description: skill.description,
    price: priceOf(skill),
    expectedMs: skill.expectedMs,
    schemas: schemasHash(skill),
    vector,
  };
}

/** Hash of the JSON Schemas of input and output. */
function schemasHash(skill: AnySkill): Hash {
  const { input, output } = schemasOf(skill);
  const both = encodeValue([input, output] as unknown as Value);
  return createHash("sha256").update(both).digest("hex") as Hash;
}

/** What a capability vector holds beside its skills, bytes: names, labels, addresses. */
const REST_BYTES = 8 * 1024;

/** Throws `usage` if an agent has more skills than its capability vector can carry: nobody would ever hear of it. */
export function checkAdvertised(skills: readonly AnySkill[]): void {
  if (skills.length > limits.skills)
    throw new MeshworkError("usage", `${skills.length} skills, one agent may have ${limits.skills}`, TWO_AGENTS);
  const vector = new Uint8Array(EMBEDDING_BYTES);
  const bytes = skills.reduce((sum, skill) => sum + encode(skillAdCodec, skillAd(skill, vector)).length, 0);
  const most = limits.gossipBytes - REST_BYTES;
  if (bytes <= most) return;
  const kib = (size: number): number => Math.ceil(size / 1024);
  const what = `the capability vector of these ${skills.length} skills takes ${kib(bytes)} KiB, ${kib(most)} are allowed`;
  throw new MeshworkError("usage", what, `shorten their descriptions, or ${TWO_AGENTS}`);
}
const TWO_AGENTS = "run a second agent with some of them";
