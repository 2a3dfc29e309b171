/** What a node offers to the program around it: the library's main interface. node.ts implements it. */

import type { AgentId, JobId, TaskId } from "../protocol/core/ids.ts";
import type { Certificate } from "../protocol/wire/certificate.ts";
import type { Value } from "../protocol/wire/value.ts";
import type { DriverStats } from "./driver.ts";
import type { ExplainedChoice } from "./explained-choices.ts";
import type { FoundAgent } from "./found-agents.ts";
import type { ParsedJob } from "./job-file/parse-job.ts";
import type { ClockOffset, ClockState } from "./network/clock-findings.ts";
import type { SubmitOptions } from "./submissions.ts";
import type { JobEvent, JobHandle } from "./submitted-job.ts";

export interface MeshworkNode {
  readonly id: AgentId;
  /** The owner of the jobs that it submits: itself, or the owner for which it acts. */
  readonly owner: AgentId;
  readonly name: string;
  readonly mesh: string;
  /** Where it can be joined. */
  addresses(): string[];
  /** Agents that it talks to now. */
  peers(): AgentId[];
  /** Everything this node knows, as plain data (`meshwork status`). `of`: another agent. */
  status(of?: AgentId): Promise<Value>;
  /** Agents whose skills are like the words, best first: of those that `of` (default: this node) knows or can ask about. */
  findAgents(query: string, most?: number, of?: AgentId): Promise<readonly FoundAgent[]>;
  /** Why a task's workers were chosen, as far as `of` (default: this node), which hosts the job, remembers. */
  explanation(job: JobId, task: TaskId, of?: AgentId): Promise<readonly ExplainedChoice[]>;
  /** Submits a job and resolves when its committee decided the first block. Rejects with `refused`. */
  submit(job: ParsedJob, options?: SubmitOptions): Promise<JobHandle>;
  /** The certified answer of a job that `of` (default: this node) keeps. Rejects with `refused` if there is none. */
  certified(job: JobId, of?: AgentId): Promise<{ readonly result: Value; readonly certificate: Certificate }>;
  /** A host of the job: `first` (default: this node), else one that this node knows; null if none says so. */
  hostOf(job: JobId, first?: AgentId): Promise<AgentId | null>;
  /**
   * As its owner, says how good a result was, from 0 (wrong) to 1 (right); this owner's next jobs take it into account.
   * Throws `refused` if no such job waits for a score.
   */
  feedback(job: JobId, score: number): void;
  /** As its owner, ends a job. */
  cancel(job: JobId, via?: AgentId): void;
  /** Resolves when `condition` holds; checked when something changes. Rejects with `unreachable` after `timeoutMs`. */
  until(condition: (node: MeshworkNode) => boolean | Promise<boolean>, timeoutMs: number, what: string): Promise<void>;
  onJobEvent(listener: (event: JobEvent) => void): () => void;
  stats(): DriverStats;
  /** How this machine's clock compares with those of the peers that are there; and with one's, null until it answered. */
  clock(): ClockState;
  clockOf(agent: AgentId): ClockOffset | null;
  /** Stops in good order: what is under way leaves, the log is on disk. */
  stop(): Promise<void>;
}
