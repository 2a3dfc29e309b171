/** What inputs cost agents: the options of a world, from the figures of its scenario. */

import type { Input } from "../../protocol/input.ts";
import type { NetworkSpec } from "../model/scenario.ts";
import { CorePool } from "../world/core-pool.ts";
import type { CostOptions } from "../world/options.ts";

const bytesOf = (input: Input): number => (input.kind === "frame" || input.kind === "gossip" ? input.bytes.length : 0);

export function costOptionsOf({ service }: Pick<NetworkSpec, "service">): CostOptions {
  if (service === null) return {};
  const { baseMs, perKibMs, forcedWriteMs, sharedCores } = service;
  return {
    serviceMs: (input) => baseMs + (bytesOf(input) * perKibMs) / 1_024,
    forcedWriteMs,
    ...(sharedCores === null ? {} : { cores: new CorePool(sharedCores) }),
  };
}
