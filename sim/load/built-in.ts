/** What scenarios can name without plugins, and what plugins add to it. */

import { createSelectors } from "../../protocol/selection/catalog.ts";
import type { Plugin, Registry } from "../model/registry.ts";
import { BEHAVIOURS } from "../parts/adversaries/behaviours.ts";
import { FAULTS } from "../parts/faults/catalog.ts";
import { METRICS } from "../run/metric-catalog.ts";

const byName = <T extends { readonly name: string }>(items: readonly T[]): Map<string, T> =>
  new Map(items.map((item) => [item.name, item]));

/** `plugins`: checked, so that no name is there twice. */
export function createRegistry(plugins: readonly Plugin[] = []): Registry {
  const computed = plugins.flatMap((plugin) => plugin.metrics ?? []);
  return {
    behaviours: byName([...BEHAVIOURS, ...plugins.flatMap((plugin) => plugin.behaviours ?? [])]),
    faults: byName([...FAULTS, ...plugins.flatMap((plugin) => plugin.faults ?? [])]),
    shapes: byName(plugins.flatMap((plugin) => plugin.shapes ?? [])),
    checkers: plugins.flatMap((plugin) => plugin.checkers ?? []),
    metrics: byName([...METRICS, ...computed]),
    computed,
    selectors: createSelectors(plugins.flatMap((plugin) => plugin.selectors ?? [])),
  };
}
