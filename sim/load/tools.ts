/**
 * The tools that a plugin module receives, so that it needs nothing installed beside it: schemas, functions that define parts
 * of a registry, builders of task graphs, and the building blocks of adversaries.
 */

import { z } from "zod";
import { defineBehaviour, defineFault, defineShape } from "../model/define.ts";
import type { Plugin } from "../model/registry.ts";
import { type CreateAdversary, withAdversary } from "../parts/adversaries/adversary.ts";
import { chain, map, single } from "../parts/workloads/job-builder.ts";
import { policyOf } from "../parts/workloads/shapes.ts";
import { rightAnswer, wrongAnswer } from "../parts/workloads/truth.ts";
import type { WrapMachine } from "../world/options.ts";

export interface PluginTools {
  /** Zod, for the schemas of options. */
  readonly z: typeof z;
  readonly defineBehaviour: typeof defineBehaviour;
  readonly defineFault: typeof defineFault;
  readonly defineShape: typeof defineShape;
  /** One task, over a value or over the output of another node: `{ from: "node" }`. */
  readonly single: typeof single;
  /** A task for each value, or for each output of another node. */
  readonly map: typeof map;
  /** Tasks one after the other, each over the output of the one before. */
  readonly chain: typeof chain;
  /** What the scenario's `policy` asks of each task's workers. */
  readonly policyOf: typeof policyOf;
  /** The right answer to an award's task; undefined where its input is lost. */
  readonly rightAnswer: typeof rightAnswer;
  /** A wrong one that nobody can take for it; the same `variant` gives the same. */
  readonly wrongAnswer: typeof wrongAnswer;
  /** Puts an adversary between a machine and its world: for `spec.wrap` of an agent. */
  readonly withAdversary: (create: CreateAdversary) => WrapMachine;
}

/** What a plugin module exports as its default: a plugin, or a function that is given tools and returns one. */
export type PluginModule = Plugin | ((tools: PluginTools) => Plugin | Promise<Plugin>);

export const PLUGIN_TOOLS: PluginTools = {
  z,
  defineBehaviour,
  defineFault,
  defineShape,
  single,
  map,
  chain,
  policyOf,
  rightAnswer,
  wrongAnswer,
  withAdversary,
};
