/**
 * What ends a job at one agent: its blocks contradict this agent's rules, or its records do not fit together.
 *
 * It is thrown because the step that found it must have no effect. It is not an assertion because bytes from the network
 * or the disk cause it: containment.ts ends that job here, and nothing else.
 */

import type { Block, Vote } from "../wire/consensus.ts";

/** A block with the quorum that decided it: the evidence that a committee and this agent disagree. */
export interface DecidedEvidence {
  readonly block: Block;
  readonly commit: readonly Vote[];
}

export class Divergence extends Error {
  override readonly name = "Divergence";
  /** Null if the stored records are the evidence. */
  readonly decided: DecidedEvidence | null;

  constructor(reason: string, decided: DecidedEvidence | null = null) {
    super(reason);
    this.decided = decided;
  }
}

/**
 * A quorum decided what this agent's rules refuse: the committee follows other rules, or more than 1/3 of its power lies.
 * Either way this agent takes no further part.
 */
export function refuseDecided(block: Block, commit: readonly Vote[]): never {
  const { height } = block.header;
  throw new Divergence(`its committee decided block ${height}, which is invalid by the rules of this agent`, {
    block,
    commit,
  });
}

/** `assert` for what follows from bytes of the network or of the disk. */
export function holds(condition: unknown, reason: string): asserts condition {
  if (!condition) throw new Divergence(reason);
}
