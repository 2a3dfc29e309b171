/** What the consensus of one job at one agent is given, and what it asks of the agent around it. */

import type { Crypto, Signer } from "../core/crypto.ts";
import type { AgentId, JobId, MeshId } from "../core/ids.ts";
import type { TraceEvent } from "../core/trace.ts";
import type { CommandBody } from "../wire/command.ts";
import type { Block } from "../wire/consensus.ts";
import type { Message } from "../wire/message.ts";
import type { Abstention } from "./abstention.ts";
import type { Application } from "./application.ts";
import type { ConsensusRecord } from "./record.ts";

/** What a member's consensus asks of the agent around it. */
interface ConsensusOutput {
  send(to: readonly AgentId[], message: Message): void;
  /** Durable before anything that was sent in the same step leaves (A4). `blocks` must be durable with it. */
  persist(record: ConsensusRecord, blocks: readonly Block[]): void;
  trace(event: TraceEvent): void;
  /** Two statements that exclude each other, as a command for the ledger (A5). */
  evidence(body: CommandBody, culprit: AgentId): void;
  /** Give `to` the decided blocks from this height on. */
  serve(to: AgentId, fromHeight: number): void;
}

export interface ConsensusConfig {
  readonly meshId: MeshId;
  readonly job: JobId;
  readonly signer: Signer;
  readonly crypto: Crypto;
  readonly app: Application;
  readonly out: ConsensusOutput;
  /** If it may have lost votes of this job. */
  readonly abstention: Abstention | null;
}
