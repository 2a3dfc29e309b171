/** Makes the bundle of the sources before programs are tested: those that start while one makes it would run unbundled. */

import { bundledMain } from "../../scripts/bundle/fast-start.ts";

export async function setup(): Promise<void> {
  await bundledMain(() => process.stdout.write("making the bundle of the sources\n"));
}
