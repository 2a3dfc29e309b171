/**
 * Published modules that bring along what they use of a package, so that installing Meshwork does not install it: of
 * echarts a hundredth is needed, and msgpackr would come with a native part that runs a script when it is installed.
 */

import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { rolldown } from "rolldown";
import { licencesOf, PLAIN_MSGPACKR } from "./make-bundle.ts";

/** The only modules that import these packages, without extension. A checkout runs them with the packages themselves. */
const MODULES = ["node/platform/traces/trace-encoding", "sim/report/chart"] as const;
/** With what they import in turn. package.json has them as development packages. */
const INLINED = /^(?:msgpackr|echarts|zrender|tslib)(?:\/|$)/;

/** Replaces these modules in `dist`, and writes the licences of what became part of them. */
export async function inlinePackages(dist: string): Promise<void> {
  const parts: string[] = [];
  for (const module of MODULES) {
    const file = join(dist, `${module}.js`);
    const bundle = await rolldown({
      input: file,
      platform: "node",
      resolve: { alias: PLAIN_MSGPACKR },
      external: (id, importer, isResolved) => !isResolved && importer === file && !INLINED.test(id),
      logLevel: "silent",
    });
    try {
      const { output } = await bundle.write({ file, format: "esm" });
      parts.push(...output.flatMap((chunk) => (chunk.type === "chunk" ? chunk.moduleIds : [])));
    } finally {
      await bundle.close();
    }
  }
  writeFileSync(join(dist, "LICENSES.txt"), licencesOf(parts));
}
