/**
 * The program of a local mesh's agents: the command line without what scripts/meshwork.ts adds to it. Several command lines,
 * with `---` between them, run side by side: agents that share a process.
 */

import { runCli } from "./main.ts";
import { lingerNoLonger } from "./process-end.ts";

const lines: string[][] = [[]];
for (const word of process.argv.slice(2)) {
  if (word === "---") lines.push([]);
  else lines.at(-1)!.push(word);
}
// Each of them listens for signals, and for the end of whoever started them.
for (const source of [process, process.stdin]) source.setMaxListeners(0);
process.exitCode = Math.max(...(await Promise.all(lines.map((line) => runCli(line)))));
lingerNoLonger();
