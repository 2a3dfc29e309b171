/**
 * What was run: agents and their profiles, network, workload and faults of the scenario; and the digest of each run, so that
 * readers can tell whether theirs is the same.
 */

import { SHARD_AGENTS } from "../../protocol/capability/shards.ts";
import type { RunResult, Summary } from "../model/result.ts";
import type { AgentGroup, BehaviourOptions, JobShape, NetworkSpec, Scenario, Workload } from "../model/scenario.ts";
import type { DistributionSpec } from "../world/distribution.ts";
import { violationsOf } from "./focus.ts";
import { bound, counted, duration, fixed, quantity } from "./format.ts";
import { type Html, html, type Part } from "./html.ts";
import { outcome } from "./verdict.ts";

/** `20 ms (p95 60 ms)`, `10 ms to 20 ms`. */
function distribution(spec: DistributionSpec, unit: string): string {
  if (typeof spec === "number") return quantity(spec, unit);
  if ("p50" in spec) return `${quantity(spec.p50, unit)} (p95 ${quantity(spec.p95, unit)})`;
  return `${quantity(spec.min, unit)} to ${quantity(spec.max, unit)}`;
}

const options = (values: BehaviourOptions): string =>
  Object.entries(values)
    .map(([name, value]) => `${name}: ${typeof value === "string" ? value : JSON.stringify(value)}`)
    .join(", ");

function behaviours({ behave }: AgentGroup): Part {
  if (behave.size === 0) return html`<span class="soft">honest</span>`;
  return [...behave].map(([name, values]) => html`<em>${name}</em> <span class="soft">${options(values)}</span> `);
}

function accuracy({ profile }: AgentGroup): string {
  const { accuracy: chance } = profile;
  if (typeof chance === "number") return bound(chance, "share");
  return [...chance].map(([kind, value]) => `${kind} ${bound(value, "share")}`).join(", ");
}

function groupTable(scenario: Scenario): Html {
  const rows = scenario.agents.map(
    (group) => html`<tr><th scope="row">${group.name}</th><td class="number">${fixed(group.count)}</td>
<td>${group.skills.join(", ")}</td><td class="behaviour">${behaviours(group)}</td><td class="number">${accuracy(group)}</td>
<td class="number">${distribution(group.profile.latencyMs, "ms")}</td><td class="number">${fixed(group.profile.slots)}</td>
<td>${group.profile.calibration}</td><td>${group.hosts ? "yes" : "no"}</td></tr>\n`,
  );
  return html`<div class="scroll" tabindex="0" role="region" aria-label="Groups of agents, table"><table>
<caption>Agents</caption><thead><tr><th scope="col">Group</th><th scope="col" class="number">Agents</th><th scope="col">Skills</th>
<th scope="col">Behaviour</th><th scope="col" class="number">Accuracy</th><th scope="col" class="number">Latency</th>
<th scope="col" class="number">Slots</th><th scope="col">Confidence</th><th scope="col">Committees</th></tr></thead><tbody>\n${rows}</tbody></table></div>`;
}

function shape(job: JobShape): string {
  switch (job.kind) {
    case "bag":
      return `${counted(job.width, "independent task")}`;
    case "map-reduce":
      return `${counted(job.width, "task")} and one over their outputs`;
    case "chain":
      return `a chain of ${counted(job.steps, "step")}`;
    case "single":
      return "one task";
    case "stages":
      return `${counted(job.stages.length, "stage")} of tasks, one after the other`;
    case "file":
      return `of ${job.file}`;
    case "plugin":
      return `${job.name} (a plugin\u2019s)`;
  }
}

function arrival({ arrival: spec }: Workload): string {
  switch (spec.kind) {
    case "poisson":
      return `at random, ${bound(spec.perSecond, "")} a second`;
    case "every":
      return `one every ${duration(spec.everyMs)}`;
    case "at-once":
      return `all at ${duration(spec.atMs)}`;
    case "trace":
      return `as in ${spec.file}`;
  }
}

/** What an input costs: figures of one set do not go beside those of another. */
function costs({ service }: NetworkSpec): string {
  if (service === null) return "none: inputs cost their agents no time";
  const { preset, baseMs, perKibMs, forcedWriteMs, sharedCores } = service;
  const cores = sharedCores === null ? "a core for each agent" : `${counted(sharedCores, "core")} for all agents`;
  const disk = forcedWriteMs === 0 ? "disks take no time" : `${quantity(forcedWriteMs, "ms")} a forced write`;
  return `${preset}: ${quantity(baseMs, "ms")} an input and ${quantity(perKibMs, "ms")} a KiB of it; ${cores}; ${disk}`;
}

function settings(scenario: Scenario): Html {
  const { network, workload } = scenario;
  const { policy } = workload;
  const { kind: rule, ...limits } = policy.accept;
  const fact = (name: string, value: Part): Html => html`<div><dt>${name}</dt><dd>${value}</dd></div>`;
  return html`<dl class="settings">
${fact("Network", `${network.overlay.kind} overlay; latency ${distribution(network.latencyMs, "ms")}; loss ${bound(network.loss, "share")}${network.shardAgents === SHARD_AGENTS ? "" : `; shards of at most ${network.shardAgents} agents`}${network.realSignatures ? "; real signatures" : ""}${network.fullGossip ? "; gossip message by message" : ""}`)}
${fact("Costs", costs(network))}
${fact("Jobs", `${fixed(workload.count)}, each ${shape(workload.shape)}; ${arrival(workload)}; deadline ${duration(workload.deadlineMs)}`)}
${fact("Policy", `redundancy ${policy.redundancy} to ${policy.redundancyMax}; accept by ${rule}${Object.keys(limits).length > 0 ? ` (${options(limits as BehaviourOptions)})` : ""}; lease ${duration(policy.timeoutMs)}`)}
${fact("Selector", workload.selector)}
${scenario.mechanism !== null && fact("Exercises", scenario.mechanism.name)}
${scenario.ablate.length > 0 && fact("Switched off", scenario.ablate.join(", "))}
${scenario.plugins.length > 0 && fact("Plugins", scenario.plugins.join(", "))}
</dl>`;
}

function runTable(results: readonly RunResult[], summary: Summary): Html {
  const failed = new Set(summary.expectations.flatMap(({ failedSeeds }) => failedSeeds));
  const rows = results.map((result) => {
    const { seed, endedMs, wallMs, events, digest, partial, shortfalls } = result;
    const pass = !failed.has(seed) && violationsOf(result).length === 0 && shortfalls.length === 0;
    return html`<tr class="${pass ? "" : "bad"}"><th scope="row" class="number">${seed}</th><td>${outcome(pass)}${partial && " (partial)"}</td>
<td class="number">${duration(endedMs)}</td><td class="number">${fixed(events)}</td><td class="number">${duration(wallMs)}</td>
<td><code class="digest">${digest}</code></td></tr>\n`;
  });
  return html`<div class="scroll" tabindex="0" role="region" aria-label="Runs, table"><table>
<caption>Runs</caption><thead><tr><th scope="col" class="number">Seed</th><th scope="col">Outcome</th><th scope="col" class="number">Length</th>
<th scope="col" class="number">Events</th><th scope="col" class="number">Took</th><th scope="col">Digest of the trace</th></tr></thead><tbody>\n${rows}</tbody></table></div>`;
}

export const setup = (scenario: Scenario, results: readonly RunResult[], summary: Summary): Html =>
  html`${settings(scenario)}${groupTable(scenario)}${results.length > 0 && runTable(results, summary)}`;
