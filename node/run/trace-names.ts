/** The file names of a run's traces: one per agent while it runs, and one joined trace afterwards. */

import { existsSync } from "node:fs";
import { join } from "node:path";

/** What the owner and the agents of a local mesh write, below `agents/`. Only joining reads it. */
export const OWNER_TRACE = "owner.msgpack";
export const AGENT_TRACE = "trace.msgpack";

/** The joined trace of all agents, as JSON lines or as msgpack (trace-encoding.ts): one of them is in the folder of a run. */
export const JOINED_TRACES = ["trace.jsonl", "trace.msgpack"] as const;

/** Traces of more agents than this are not made as JSON lines, which would take hundreds of megabytes. */
const JSON_LINES_AGENTS = 20;

export const joinedTraceName = (agents: number): string => JOINED_TRACES[agents > JSON_LINES_AGENTS ? 1 : 0];

/** The joined trace in the folder of a run. */
export function traceIn(folder: string): string {
  const [lines, stream] = JOINED_TRACES.map((name) => join(folder, name)) as [string, string];
  return existsSync(stream) && !existsSync(lines) ? stream : lines;
}
