/** What `meshwork init` writes. A test runs both. Commands in the files are written as their reader calls them, from where `init` ran. */

import { commandLine } from "../platform/terminal/command-line.ts";

export interface InitFiles {
  readonly skills: string;
  readonly job: string;
}

export const skillsTemplate = ({
  skills,
  job,
}: InitFiles): string => `// Skills of an agent. This command offers them to a mesh, and the next one to the agents of a local mesh:
//   ${commandLine(["node", "--skills", skills])}
//   ${commandLine(["run", job, "--skills", skills])}
//
// A skill is a function with a description. The schemas say what goes in and what comes out (zod:
// https://zod.dev); input that does not fit is refused before your code runs, output that does not fit is a
// failure instead of an answer.
//
// The function form gets its tools handed, so that this file needs no installed package. In a project of your own
// you may as well write: import { z } from "zod"; export default [ … ];
//
// This file is loaded in a process of its own beside the agent. What it prints is in the agent's log. It may export a
// function close(), which is called when the agent stops.

export default ({ z, defineSkill, SkillError }) => [
  defineSkill({
    // Job files name a skill by this: letters, digits, dots, dashes, underscores.
    name: "text.initials",
    description: "Returns the first letters of the words of a text.",
    input: z.string(),
    output: z.string(),
    // Credits for one task. Credits are accounting within a job, not money.
    price: 0.001,
    // How long one task usually takes, in milliseconds. Much later, the mesh asks somebody else as well.
    expectedMs: 10,
    // The context holds: signal (aborted when the work is no longer wanted), job, task, attempt,
    // deadlineMs (when the lease ends) and log(message, facts).
    run(input, { log }) {
      log("working", { length: input.length });
      const words = input.match(/\\p{L}+/gu) ?? [];
      // Say why there is no answer: "busy" (with { retryMs: 2000 }), "unavailable" (what you rest on is down), or this.
      if (words.length === 0) throw new SkillError("invalid-input", "the text has no words");
      const initials = words.map((word) => [...word][0]).join("");
      // Return the output alone, or say how sure you are (0 to 1), what it cost you (credits), and what it used
      // (inputTokens, outputTokens, usd, and counters of your own).
      return { output: initials, confidence: 0.9, cost: 0.0005, usage: { counters: { words: words.length } } };
    },
  }),
];
`;

export const jobTemplate = ({
  job,
}: InitFiles): string => `# A job: tasks, what they need of each other, and what is asked of those who work on them.
# On a mesh of its own, on this machine:
#   ${commandLine(["run", job])}
# On a mesh that runs already (ADDR is the address of one of its agents, as it prints it):
#   ${commandLine(["submit", job, "--to", "ADDR", "--wait"])}
# Everything that may stand here:
#   ${commandLine(["schema", "job"])}

name: hello-mesh
# The most that the whole job may cost, in credits.
budget: 1
# The job fails when it takes longer. Durations: 250ms, 30s, 5m, 1h.
deadline: 2m

# What is asked of every task's workers; a task may say otherwise.
policy:
  redundancy: 3               # how many agents work on each task, without seeing each other's results
  redundancyMax: 5            # how many at most, if they do not agree
  accept: { rule: majority }  # first, majority, or { rule: quorum, q: 3 }
  timeout: 30s                # an agent that takes longer loses the task to another one

tasks:
  # One task for each item. Items can also be files ( over: { files: "docs/**/*.md" } ) or a list that another
  # task made ( over: { from: other } ).
  words:
    skill: text.words
    map:
      over:
        - A mesh has no centre.
        - Every agent may ask, and every agent may answer.
        - What they agree on can be checked by anybody.

  # The output of a map is the list of its outputs.
  total:
    skill: math.sum
    input: { from: words }

  # A skill of your own: take away the marks and run with --skills skills.mjs.
  # initials:
  #   skill: text.initials
  #   input: What they agree on can be checked by anybody.

# The task whose output is the job's result.
output: total
`;
