/**
 * What a search looks at: scenarios drawn from seeds, and the outcomes of their runs. A seed draws a whole scenario
 * (draw-scenario.ts), or a variation of a given one (vary-scenario.ts). A search looks for broken invariants and ignores
 * expectations. sim/batch/search.ts decides how many seeds run, and on which threads.
 */

import { createRegistry } from "../load/built-in.ts";
import { type LoadedScenario, loadScenarioSource } from "../load/load-scenario.ts";
import { agentNames, countAgents } from "../load/parse-agents.ts";
import type { ScenarioSource } from "../load/scenario-source.ts";
import type { SimHost } from "../model/host.ts";
import type { Registry } from "../model/registry.ts";
import type { RunResult } from "../model/result.ts";
import type { Scenario } from "../model/scenario.ts";
import type { DrawnJob } from "../model/submitted-job.ts";
import type { Checker } from "../parts/checkers/checker.ts";
import { NO_FILES } from "../run/run-options.ts";
import { simulate } from "../run/simulate.ts";
import type { RunTap } from "../world/options.ts";
import { describeEntry, type TraceEntry } from "../world/trace.ts";
import type { WorldStats } from "../world/world.ts";
import { BRANCHES, type Coverage, CoverageChecker, OCCURRENCES, RARE } from "./coverage.ts";
import { labelOf } from "./draw-faults.ts";
import { drawScenario } from "./draw-scenario.ts";
import type { Occurrences } from "./tameness.ts";
import { variety, varyScenario } from "./vary-scenario.ts";

/** What broke, in words. */
export interface Failure {
  /** The invariant, or `no exception`. */
  readonly property: string;
  readonly message: string;
  /** With the scenario, and what came before, for whoever looks for the reason. */
  readonly text: string;
}

/** Plain data: it goes from thread to thread. */
export interface SeedOutcome {
  readonly seed: number;
  readonly digest: string;
  readonly steps: number;
  readonly coverage: Coverage;
  readonly failure: Failure | null;
}

export interface Subject {
  readonly occurrences: Occurrences;
  readonly registry: Registry;
  draw(seed: number): Scenario;
  /** null: `shouldStop` ended it. Never throws. */
  run(seed: number, scenario: Scenario, options: SeedRunOptions): SeedOutcome | null;
}

interface SeedRunOptions {
  /** How many of the last events a failure shows. */
  readonly events: number;
  readonly shouldStop?: () => boolean;
  /** Writes the run down. */
  readonly tap?: RunTap;
  /** Watch beside the usual ones. */
  readonly checkers?: readonly Checker[];
}

/** A committee that promises nothing: faults left so few hosts that its liars are 1/3 of it or more. */
const LOST_COMMITTEE = "committee of liars";

interface Seat {
  readonly agent: string;
  readonly power: number;
}

/** Calls back when the committee of a job is one that promises nothing. */
function watchCommittee(first: readonly Seat[], liars: ReadonlySet<string>, onLost: () => void): Checker {
  const look = (committee: readonly Seat[]): void => {
    const sum = (seats: readonly Seat[]): number => seats.reduce((total, { power }) => total + power, 0);
    if (3 * sum(committee.filter(({ agent }) => liars.has(agent))) >= sum(committee)) onLost();
  };
  look(first);
  return { onDecided: ({ ledger }) => look(ledger.state.committee.get()) };
}

/** Its size in a few words. */
export const describeScenario = ({ agents, faults, workload }: Scenario): string =>
  `${faults.length} faults, ${countAgents(agents)} agents, ${workload.count} jobs`;

function textOf(seed: number, message: string, scenario: Scenario, recent: readonly TraceEntry[]): string {
  const groups = scenario.agents.map(({ name, count, behave }) => `${count} ${[name, ...behave.keys()].join(" ")}`);
  return [
    `seed ${seed}: ${message}`,
    `scenario ${describeScenario(scenario)}: ${groups.join(", ")}`,
    ...scenario.faults.map(({ text }) => `  ${text}`),
    ...recent.map(describeEntry),
  ].join("\n");
}

export const liarsOf = (scenario: Scenario, { behaviours }: Registry): Set<string> =>
  new Set(
    scenario.agents
      .filter(({ behave }) => [...behave.keys()].some((name) => behaviours.get(name)!.isByzantine === true))
      .flatMap(agentNames),
  );

/** What one run came through. */
class Watch {
  readonly counts = new Map<string, number>();
  readonly recent: TraceEntry[] = [];
  steps = 0;
  readonly #liars: ReadonlySet<string>;
  readonly #whole = new CoverageChecker(this.counts);
  readonly #events: number;

  constructor(liars: ReadonlySet<string>, events: number) {
    this.#liars = liars;
    this.#events = events;
  }

  get isLost(): boolean {
    return this.counts.has(LOST_COMMITTEE);
  }

  checkersOf({ genesis }: DrawnJob): Checker[] {
    const onLost = (): void => void this.counts.set(LOST_COMMITTEE, 1);
    return [new CoverageChecker(this.counts), watchCommittee(genesis.committee, this.#liars, onLost)];
  }

  onEntry(entry: TraceEntry): void {
    // What is of no job, or of a stranger's: the checkers of jobs are not told.
    const { event, agent } = entry;
    if ((!("job" in event) || event.kind === "diverged") && !this.#liars.has(agent)) this.#whole.onTrace(entry);
    this.recent.push(entry);
    if (this.recent.length > this.#events) this.recent.shift();
  }

  onDeed(deed: string): void {
    this.#whole.add(`adversary: ${deed}`);
  }

  onEnd({ faults }: RunResult, scenario: Scenario): void {
    for (const [index, { tookEffect }] of faults.entries())
      if (tookEffect) this.counts.set(`fault: ${labelOf(scenario.faults[index]!)}`, 1);
    for (const { behave } of scenario.agents)
      for (const name of behave.keys()) this.counts.set(`behaviour: ${name}`, 1);
  }

  onStats(stats: WorldStats): void {
    this.steps = stats.steps;
    this.#whole.addStats(stats);
  }
}

type Drawing = Pick<Subject, "occurrences" | "registry" | "draw">;

function subjectOf(drawing: Drawing, files: LoadedScenario["files"], host: SimHost): Subject {
  const { registry } = drawing;
  return {
    ...drawing,
    run(seed, scenario, { events, shouldStop = () => false, tap = {}, checkers = [] }) {
      const watch = new Watch(liarsOf(scenario, registry), events);
      const failed = (property: string, message: string): Failure => ({
        property,
        message,
        text: textOf(seed, message, scenario, watch.recent),
      });
      try {
        const result = simulate(scenario, {
          ...{ seed, host, registry, files, shouldStop },
          checkers: (job) => [...watch.checkersOf(job), ...checkers],
          onDeed: (deed) => watch.onDeed(deed),
          onStats: (stats) => watch.onStats(stats),
          tap: {
            ...tap,
            onEntry(entry) {
              tap.onEntry?.(entry);
              watch.onEntry(entry);
            },
          },
        });
        const broken = result.invariants.find(({ first }) => first !== null)?.first ?? null;
        if (broken === null && result.partial) return null;
        watch.onEnd(result, scenario);
        const { digest } = result;
        const failure = broken === null || watch.isLost ? null : failed(broken.property, broken.message);
        return { seed, digest, steps: watch.steps, coverage: watch.counts, failure };
      } catch (error) {
        const { message, stack = "" } = error instanceof Error ? error : new Error(String(error));
        const failure = failed("no exception", message);
        const text = `${failure.text}\n${stack}`;
        return { seed, digest: "", steps: 0, coverage: watch.counts, failure: { ...failure, text } };
      }
    },
  };
}

/** Random scenarios. */
export function randomSubject(host: SimHost): Subject {
  const registry = createRegistry();
  const occurrences = { all: OCCURRENCES, rare: RARE };
  return subjectOf({ occurrences, registry, draw: (seed) => drawScenario(seed, registry) }, NO_FILES, host);
}

/** Random variations of a scenario. */
export function variationSubject({ scenario, registry, files }: LoadedScenario, host: SimHost): Subject {
  const { faults, behaviours } = variety(scenario, registry);
  const drawn = [...faults.map((label) => `fault: ${label}`), ...behaviours.map((name) => `behaviour: ${name}`)];
  // Which branches a scenario can come to at all is its own matter.
  const occurrences = {
    all: [...drawn, ...BRANCHES, LOST_COMMITTEE],
    rare: new Set<string>([...BRANCHES, LOST_COMMITTEE]),
  };
  const draw = (seed: number): Scenario => varyScenario(scenario, seed, registry);
  return subjectOf({ occurrences, registry, draw }, files, host);
}

/** What the command line asks for: random scenarios (null), or variations of one. */
export async function openSubject(scenario: ScenarioSource | null, host: SimHost): Promise<Subject> {
  return scenario === null ? randomSubject(host) : variationSubject(await loadScenarioSource(scenario, host), host);
}
