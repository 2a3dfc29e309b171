/**
 * Turns behaviours, faults and job shapes as authors write them, each with its own type of options, into what a registry
 * holds. Built-in parts and plugins both use it.
 */

import { z } from "zod";
import type { Prng } from "../../protocol/core/prng.ts";
import type { NodeSpec } from "../../protocol/wire/genesis.ts";
import type { BehavedAgent, Behaviour, FaultContext, FaultType, ShapeType } from "./registry.ts";
import type { BehaviourOptions, ScheduledFault, Workload } from "./scenario.ts";

/** What all of them say. */
interface Definition<S extends z.ZodObject> {
  /** As scenarios write it. */
  readonly name: string;
  /** One line, for lists and the schema. */
  readonly summary: string;
  /** A strict object, best with defaults. Default: no options. */
  readonly options?: S;
}

interface BehaviourDefinition<S extends z.ZodObject> extends Definition<S> {
  /** Lies in the protocol: what such an agent says of it is not held to be true by the checkers. Default false. */
  readonly isByzantine?: boolean;
  /** The agent as it is instead; called for each agent of a group before the world begins. */
  apply(agent: BehavedAgent, options: z.output<S>): BehavedAgent;
}

interface FaultDefinition<S extends z.ZodObject> extends Definition<S> {
  /** Whether it hits agents (`which`, `share`, `count`). */
  readonly isTargeted: boolean;
  /** Whether it lasts (`for`, `between`). */
  readonly lasts: boolean;
  /** Only agents that are running can be hit. Default false: paused ones as well, and those that have yet to start. */
  readonly needsRunning?: boolean;
  /** What agents must do before it takes effect, in words: `precommitted no block`. */
  readonly waitsFor?: string;
  /** Begins it, and says `context.tookEffect`; what it returns ends it again. `agents`: those drawn. */
  begin(
    context: FaultContext,
    options: z.output<S>,
    agents: readonly string[],
    fault: ScheduledFault,
  ): (() => void) | null;
}

interface ShapeDefinition<S extends z.ZodObject> extends Definition<S> {
  /** How many tasks such a job has: its default budget pays for so many. */
  tasks(options: z.output<S>): number;
  /** The graph of job number `index`, from 0. The last node's output is the job's. */
  nodes(workload: Workload, options: z.output<S>, index: number, prng: Prng): readonly NodeSpec[];
}

const NONE = z.strictObject({});

/** Options were checked before the run, and lie as data in the scenario: read once more, they have their type. */
const reader =
  <S extends z.ZodObject>(schema: S) =>
  (given: BehaviourOptions): z.output<S> =>
    schema.parse(given);

export function defineBehaviour<S extends z.ZodObject = typeof NONE>(definition: BehaviourDefinition<S>): Behaviour {
  const options = definition.options ?? NONE;
  const read = reader(options as S);
  return { ...definition, options, apply: (agent, given) => definition.apply(agent, read(given)) };
}

export function defineFault<S extends z.ZodObject = typeof NONE>(definition: FaultDefinition<S>): FaultType {
  const options = definition.options ?? NONE;
  const read = reader(options as S);
  return {
    ...definition,
    options,
    begin: (context, fault, agents) => definition.begin(context, read(fault.options), agents, fault),
  };
}

export function defineShape<S extends z.ZodObject = typeof NONE>(definition: ShapeDefinition<S>): ShapeType {
  const options = definition.options ?? NONE;
  const read = reader(options as S);
  return {
    ...definition,
    options,
    tasks: (given) => definition.tasks(read(given)),
    nodes: (workload, given, index, prng) => definition.nodes(workload, read(given), index, prng),
  };
}
