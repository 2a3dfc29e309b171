/**
 * Meshwork as a library: `import { createNode } from "meshwork"`.
 *
 * The one entry that is published; what is not exported here may change without notice.
 */

import { type Verification, type VerifyOptions, verify as verifyWith } from "../protocol/job/certificate.ts";
import type { Certificate } from "../protocol/wire/certificate.ts";
import { nodeCrypto } from "./platform/crypto.ts";

export { MeshworkError, type MeshworkErrorCode } from "../protocol/core/errors.ts";
export type { AgentId, Hash, JobId } from "../protocol/core/ids.ts";
export type { Standing } from "../protocol/effect.ts";
export type { LedgerEvent } from "../protocol/job/event.ts";
export type { Certificate } from "../protocol/wire/certificate.ts";
export type { Value } from "../protocol/wire/value.ts";
export { parseCertificateFile, toCertificateFile } from "./certificate-file.ts";
export { describeLeftOut, type LeftOut, type LeftOutWhy } from "./committee-report.ts";
export { type ParsedJob, parseJob, readJobFile } from "./job-file/parse-job.ts";
export type { ClockOffset, ClockState } from "./network/clock-findings.ts";
export { type Identity, loadOrMakeIdentity, makeIdentity } from "./network/identity.ts";
export { describeNews, type NetworkNews } from "./network/news.ts";
export { createNode, type MeshworkNode, type NodeOptions } from "./node.ts";
export type { Embedder } from "./search/embedder.ts";
export { createEndpointEmbedder, type EndpointOptions } from "./search/embeddings-endpoint.ts";
export { builtInSkills } from "./skills/built-in.ts";
export { type LoadOptions, loadSkills, type SkillsFile } from "./skills/process/load-skills.ts";
export {
  type AnySkill,
  defineSkill,
  type HostedSkill,
  type Skill,
  type SkillContext,
  type SkillReply,
  type SkillUsage,
} from "./skills/skill.ts";
export { SkillError, type SkillErrorCode } from "./skills/skill-error.ts";
export type { JobEvent, JobHandle, JobOutcome } from "./submitted-job.ts";
export type { Verification, VerifyOptions };

/** Checks a certificate, offline and without trusting anybody but those in `options.trust`. Never throws. */
export function verify(certificate: Certificate, options: VerifyOptions = {}): Verification {
  return verifyWith(nodeCrypto, certificate, options);
}
