/** All attacks that the repository runs against real nodes. */

import type { Attack } from "./attack.ts";
import { BY_BLOBS } from "./by-blobs.ts";
import { BY_CLIENTS } from "./by-clients.ts";
import { BY_FRAMES } from "./by-frames.ts";
import { BY_GOSSIP } from "./by-gossip.ts";
import { BY_JOBS } from "./by-jobs.ts";
import { BY_STREAMS } from "./by-streams.ts";

export const ATTACKS: readonly Attack[] = [
  ...BY_CLIENTS,
  ...BY_BLOBS,
  ...BY_JOBS,
  ...BY_FRAMES,
  ...BY_GOSSIP,
  ...BY_STREAMS,
];
