/** What `meshwork sim new` writes: a scenario that runs, and says what else may stand in it. A test runs it. */

/** A command as the reader of the file calls it. */
type CommandLine = (words: readonly string[]) => string;

/** In columns, however long the name is. */
function commands(name: string, commandLine: CommandLine): string {
  const rows = [
    [commandLine(["sim", "run", `${name}.yaml`]), "one run: verdict and figures"],
    [commandLine(["sim", "run", `${name}.yaml`, "--runs", "10"]), "ten seeds: with confidence intervals"],
    [commandLine(["sim", "schema"]), "everything that may stand here, as JSON Schema"],
    [commandLine(["sim", "metrics"]), "what can be expected"],
  ] as const;
  const width = Math.max(...rows.map(([command]) => command.length));
  return rows.map(([command, what]) => `#   ${command.padEnd(width)}    ${what}`).join("\n");
}

export const scenarioTemplate = (
  name: string,
  commandLine: CommandLine = (words) => ["meshwork", ...words].join(" "),
): string => `# A scenario: agents, jobs, what goes wrong, and what is expected all the same.
${commands(name, commandLine)}

name: ${name}
description: A fifth of the agents die while jobs are under way.
# Chooses everything that is drawn: the same seed gives the same run, to the bit.
seed: 1

agents:
  - count: 16
    skills: [solve]
    # Stands in for an agent that works with a language model.
    profile: { accuracy: 0.92, latencyMs: { p50: 400, p95: 1500 }, price: 1, slots: 4, calibration: honest }
  - name: liar
    count: 2
    skills: [solve]
    # More behaviours: freeRider, copycat, flip, boast, neverDeliver, late, byzantineMember, flood, ….
    behave: { liar: { confidence: 1.0, collude: false } }
    hosts: false

network:
  overlay: { kind: random, degree: 6 }
  latencyMs: { p50: 20, p95: 60 }
  lossPct: 0.1

workload:
  jobs: { count: 5, arrival: { poisson: { perSecond: 0.5 } } }
  # single, bag, map-reduce or chain.
  shape: { kind: map-reduce, width: 10 }
  policy: { redundancy: 3, redundancyMax: 21, accept: { rule: majority }, timeout: 10s, retries: 20 }

# At a moment ( at: 20s ) or for a time ( between: [20s, 40s] ), from the run's beginning; the first job comes at 5s.
# A fault that hits fewer agents than it asks for fails the scenario, unless it says upTo: true.
faults:
  - { at: 10s, kill: { share: 0.2, which: non-members } }
  # - { between: [15s, 45s], churn: { leavePerMinute: 6, joinPerMinute: 6 } }
  # - { at: 20s, partition: { groups: [0.7, 0.3], for: 10s } }

expect:
  - completion >= 0.99
  - wrongAccepted <= 0.01
`;
