/** What a simulated process is made of, and what it keeps of what its machine told. */

import type { Hash } from "../../protocol/core/ids.ts";
import type { Prng } from "../../protocol/core/prng.ts";
import type { LocalEvent } from "../../protocol/effect.ts";
import type { AgentConfig, CreateMachine } from "../../protocol/machine.ts";
import type { AgentClock } from "./clock.ts";
import type { CrashLoss } from "./disk.ts";
import type { AgentCosts } from "./options.ts";
import type { SimulatedSkill } from "./skill.ts";

export interface ReportedEvent {
  readonly atMs: number;
  readonly event: LocalEvent;
}

export interface ProcessOptions {
  readonly index: number;
  readonly name: string;
  readonly create: CreateMachine;
  readonly config: AgentConfig;
  readonly clock: AgentClock;
  readonly costs: AgentCosts;
  readonly skill: SimulatedSkill | null;
  readonly withholds: (hash: Hash) => boolean;
  readonly crashLoss: CrashLoss;
  readonly prng: Prng;
}
