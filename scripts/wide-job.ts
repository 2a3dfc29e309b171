/**
 * A map as wide as a job may be, on real nodes with their traces: it is certified, its certificate holds for its result,
 * and a client that knows nothing but an address fetches both (docs/decisions/0024).
 *
 *   node scripts/wide-job.ts [--items N]
 *
 * Ends with a line `{"counts":{…}}`; throws if anything of this is not so.
 */

import { parseArgs } from "node:util";
import { createNode } from "../node/node.ts";
import { limits } from "../protocol/core/limits.ts";
import { mapJob, runJob, startMesh } from "./bench/mesh.ts";

const SLOTS = 256;
const MEET_MS = 30_000;

const { values } = parseArgs({ options: { items: { type: "string", default: String(limits.mapItems) } } });
const items = Number(values.items);

const mesh = await startMesh(SLOTS, null, { isTraced: true });
try {
  const { yaml, isRight } = mapJob(items, 1);
  const { ms, events } = await runJob(mesh, yaml, isRight);
  const [first] = events;
  const [host] = mesh.nodes;
  const stranger = await createNode({ mesh: mesh.owner.mesh, host: false, listen: [], join: host!.addresses() });
  try {
    await stranger.until((node) => node.peers().length > 0, MEET_MS, "the client meeting an agent");
    const { result } = await stranger.certified(first!.job, host!.id);
    if (!isRight(result)) throw new Error("the fetched result is not the expected one");
  } finally {
    await stranger.stop();
  }
  process.stdout.write(
    `${JSON.stringify({ counts: { items, blocks: events.length, seconds: Math.round(ms / 1_000) } })}\n`,
  );
} finally {
  await mesh.stop();
}
