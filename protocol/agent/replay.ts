/**
 * Replays the stored blocks of a job into an empty replica. A disk can be damaged, so records are used only if they fit
 * together; otherwise this throws `Divergence`, and the job ends here (containment.ts).
 */

import { holds } from "../consensus/divergence.ts";
import type { Hasher } from "../core/crypto.ts";
import type { JobId } from "../core/ids.ts";
import type { Replica } from "../job/replica.ts";
import { blockHash } from "../wire/consensus.ts";
import type { CommittedBlock } from "../wire/message.ts";
import type { StoredJob } from "./job-records.ts";

/** Signatures are not checked again: that would take most of a restart, and the hashes chain everything that they sign. */
function replayBlock(replica: Replica, job: JobId, hasher: Hasher, { block, envelopes, commit }: CommittedBlock): void {
  const { header } = block;
  const { committee, tip, pool } = replica;
  const hash = blockHash(hasher, header);
  const isNext = header.job === job && header.height === tip.nextHeight && header.parent === tip.hash;
  const voters = new Set(commit.filter((vote) => vote.block === hash).map((vote) => vote.voter));
  const isDecided = header.committeeHash === committee.hash && committee.isQuorum(committee.powerOf(voters));
  const isWhole = envelopes.every((envelope) => envelope.job === job && pool.restore(envelope));
  holds(isNext && isDecided && isWhole, `its stored block ${tip.nextHeight} is damaged or lost`);
  holds(replica.check(block) === "valid", `its stored block ${header.height} does not apply`);
  replica.commit(block, commit);
}

export function replay(replica: Replica, job: JobId, hasher: Hasher, stored: StoredJob): void {
  for (const committed of stored.blocks()) replayBlock(replica, job, hasher, committed);
  for (const { commandsHash, envelopes } of stored.undecided)
    for (const envelope of envelopes)
      holds(replica.pool.restore(envelope), `its stored commands ${commandsHash} are damaged`);
}
