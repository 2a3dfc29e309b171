/** The program of a local mesh's agents: the command line without what scripts/meshwork.ts adds to it. */

import { runCli } from "./main.ts";
import { lingerNoLonger } from "./process-end.ts";

process.exitCode = await runCli(process.argv.slice(2));
lingerNoLonger();
