/**
 * Plugins of a scenario and of its caller → one registry. A module that is not there, throws, exports no plugin, or
 * takes a name that is taken is one line that says so.
 */

import { importDefault } from "../../node/platform/modules/import-default.ts";
import { nearest } from "../../node/platform/text/nearest.ts";
import { MeshworkError } from "../../protocol/core/errors.ts";
import type { Plugin, Registry } from "../model/registry.ts";
import { INVARIANTS } from "../run/job-monitor.ts";
import { ORACLE } from "../run/oracle.ts";
import { createRegistry } from "./built-in.ts";
import { checkPlugin, PARTS } from "./check-plugin.ts";
import { PLUGIN_TOOLS, type PluginModule } from "./tools.ts";

/** A plugin that is asked for: a module, or the plugin itself. */
export interface WantedPlugin {
  /** For messages. */
  readonly name: string;
  readonly from: string | PluginModule;
  /** The error to throw about it. */
  error(what: string, remedy: string): Error;
}

/** Job shapes that are no plugin's. */
const SHAPES = ["single", "bag", "map-reduce", "chain", "stages"];

const messageOf = (error: unknown): string =>
  (error instanceof Error ? error.message : String(error)).split("\n")[0]!.trim();

async function load({ name, from, error }: WantedPlugin): Promise<Plugin> {
  const fail = (what: string, remedy: string): Error => error(`the plugin ${name}: ${what}`, remedy);
  let exported: unknown = from;
  if (typeof from === "string") {
    try {
      exported = await importDefault(from);
    } catch (cause) {
      if (cause instanceof MeshworkError) throw fail(cause.message, cause.remedy);
      throw fail(`it cannot be loaded: ${messageOf(cause)}`, "correct the module");
    }
    if (exported === undefined) throw fail("it has no default export", "export default { faults: [ … ] } from it");
  }
  if (typeof exported === "function") {
    try {
      exported = await (exported as (tools: typeof PLUGIN_TOOLS) => unknown)(PLUGIN_TOOLS);
    } catch (cause) {
      throw fail(`its function threw: ${messageOf(cause)}`, "correct the module");
    }
  }
  const found = checkPlugin(exported, nearest);
  if (found !== null) throw fail(found.what, found.remedy);
  return exported as Plugin;
}

/** In their order; throws the error of the first that is wrong. */
export async function loadPlugins(wanted: readonly WantedPlugin[]): Promise<Registry> {
  const builtIn = createRegistry();
  const parts = Object.keys(PARTS) as (keyof typeof PARTS)[];
  const owners = new Map<string, string>();
  const take = (part: keyof typeof PARTS, names: Iterable<string>, owner: string): void => {
    for (const name of names) owners.set(`${part} ${name}`, owner);
  };
  for (const part of ["behaviours", "faults", "metrics", "selectors"] as const)
    take(part, builtIn[part].keys(), "the simulator");
  take("shapes", SHAPES, "the simulator");
  take("selectors", [ORACLE.name], "the simulator");
  take("checkers", INVARIANTS(true, true), "the simulator");
  const plugins: Plugin[] = [];
  for (const one of wanted) {
    const plugin = await load(one);
    for (const part of parts) {
      const names = (plugin[part] ?? []).map(({ name }) => name);
      const twice = names.find((name) => owners.has(`${part} ${name}`));
      if (twice !== undefined) {
        const owner = owners.get(`${part} ${twice}`)!;
        const what = `the plugin ${one.name}: ${owner} has a ${PARTS[part].noun} "${twice}" already`;
        throw one.error(what, "rename it");
      }
      take(part, names, one.name);
    }
    plugins.push(plugin);
  }
  return createRegistry(plugins);
}
