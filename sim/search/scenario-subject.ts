/** Random variations of a scenario as the subject of a search: what breaks is an invariant, never an expectation. */

import type { Checker } from "../checkers/checker.ts";
import type { SimHost } from "../host.ts";
import type { Registry } from "../plugins/registry.ts";
import { simulate } from "../run/simulate.ts";
import type { LoadedScenario } from "../scenario/load-scenario.ts";
import { agentNames, countAgents } from "../scenario/parse-agents.ts";
import type { Scenario } from "../scenario/scenario.ts";
import type { RunTap } from "../virtual/options.ts";
import type { TraceEntry } from "../virtual/trace.ts";
import { BRANCHES, CoverageChecker } from "./coverage.ts";
import { describeEntry } from "./seed-report.ts";
import { smallerScenarios } from "./smaller-scenario.ts";
import type { Failure, SeedOutcome, Subject } from "./subject.ts";
import type { Occurrences } from "./tameness.ts";
import { variety, varyScenario } from "./vary-scenario.ts";

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

const describe = ({ agents, faults, workload }: Scenario): string =>
  `${faults.length} faults, ${countAgents(agents)} agents, ${workload.count} jobs`;

function textOf(seed: number, message: string, plan: Scenario, recent: readonly TraceEntry[]): string {
  const groups = plan.agents.map(({ name, count, behave }) => `${count} ${[name, ...behave.keys()].join(" ")}`);
  return [
    `seed ${seed}: ${message}`,
    `plan ${describe(plan)}: ${groups.join(", ")}`,
    ...plan.faults.map(({ text }) => `  ${text}`),
    ...recent.map(describeEntry),
  ].join("\n");
}

function occurrencesOf(scenario: Scenario, registry: Registry): Occurrences {
  const { faults, adversaries } = variety(scenario, registry);
  const drawn = [...faults.map((kind) => `fault: ${kind}`), ...adversaries.map((name) => `adversary: ${name}`)];
  // Which branches a scenario can come to at all is its own matter.
  return { all: [...drawn, ...BRANCHES, LOST_COMMITTEE], rare: new Set([...BRANCHES, LOST_COMMITTEE]) };
}

const liarsOf = (plan: Scenario, { behaviours }: Registry): Set<string> =>
  new Set(
    plan.agents
      .filter(({ behave }) => [...behave.keys()].some((name) => behaviours.get(name)!.isByzantine === true))
      .flatMap(agentNames),
  );

export function scenarioSubject({ scenario, registry, files }: LoadedScenario, host: SimHost): Subject<Scenario> {
  function run(
    seed: number,
    plan: Scenario,
    events: number,
    shouldStop: () => boolean,
    tap: RunTap = {},
  ): SeedOutcome | null {
    const counts = new Map<string, number>();
    const recent: TraceEntry[] = [];
    const liars = liarsOf(plan, registry);
    const whole = new CoverageChecker(counts);
    const failed = (property: string, message: string): Failure => ({
      property,
      message,
      text: textOf(seed, message, plan, recent),
    });
    try {
      const result = simulate(plan, {
        seed,
        host,
        registry,
        files,
        shouldStop,
        checkers: ({ genesis }) => [
          new CoverageChecker(counts),
          watchCommittee(genesis.committee, liars, () => counts.set(LOST_COMMITTEE, 1)),
        ],
        tap: {
          ...tap,
          onEntry(entry) {
            tap.onEntry?.(entry);
            // What is of no job: the checkers of jobs are not told.
            if (!("job" in entry.event) && !liars.has(entry.agent)) whole.onTrace(entry);
            recent.push(entry);
            if (recent.length > events) recent.shift();
          },
        },
      });
      const broken = result.invariants.find(({ first }) => first !== null)?.first ?? null;
      if (broken === null && result.partial) return null;
      for (const { kind, tookEffect } of result.faults) if (tookEffect) counts.set(`fault: ${kind}`, 1);
      for (const { behave } of plan.agents) for (const name of behave.keys()) counts.set(`adversary: ${name}`, 1);
      const { digest, events: steps } = result;
      const failure = broken === null || counts.has(LOST_COMMITTEE) ? null : failed(broken.property, broken.message);
      return { seed, digest, steps, coverage: counts, failure };
    } catch (error) {
      const { message, stack = "" } = error instanceof Error ? error : new Error(String(error));
      const failure = failed("no exception", message);
      const text = `${failure.text}\n${stack}`;
      return { seed, digest: "", steps: 0, coverage: counts, failure: { ...failure, text } };
    }
  }

  return {
    occurrences: occurrencesOf(scenario, registry),
    draw: (seed) => varyScenario(scenario, seed, registry),
    run,
    smaller: smallerScenarios,
    describe,
  };
}
