/** Running jobs that depend on an agent that is about to stop. */

import type { NodeStatus } from "../node-status.ts";
import { counted, plainText } from "../platform/terminal/terminal-text.ts";

const SHOWN_DIGITS = 12;

/** A line for each job. `comesBack`: a restart continues with its data. */
export function leavingWords({ agent, jobs }: NodeStatus, comesBack: boolean): string[] {
  return jobs.flatMap(({ job, name, role, status, committee, silent, agents }) => {
    if (status !== "running" || role !== "member") return [];
    const others = committee.filter((member) => member.agent !== agent).length;
    const away = silent.filter((member) => member !== agent).length + 1;
    const isStuck = 3 * away >= committee.length;
    const back = comesBack ? "until it is back, with the same --data" : "for good: without --data, nothing is kept";
    const how =
      others === 0
        ? `rests on this agent alone, and stands still ${back}`
        : isStuck
          ? `stands still without this agent${comesBack ? ", until it is back with the same --data" : ""}: ${away} of ${committee.length} members are away`
          : `continues with the ${counted(others, "other member")} of its committee`;
    const live = agents.find((one) => one.agent === agent)?.live ?? 0;
    const work =
      live === 0
        ? ""
        : `; ${counted(live, "task")} that this agent was at work on ${live === 1 ? "goes" : "go"} to others`;
    return [`job ${job.slice(0, SHOWN_DIGITS)} "${plainText(name)}" ${how}${work}`];
  });
}
