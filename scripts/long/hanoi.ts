/**
 * A part of the experiment hanoi, for `npm run test:long`: no step may be wrong, and the last part leaves the tower moved. Each
 * part but the first takes up the state that the one before left in `.build/hanoi/`.
 *
 *   node scripts/long/hanoi.ts [--disks N] [--driver virtual|libp2p] [--part N] [--of N]
 *
 * Ends with a line `{"counts":{…}}`; throws if anything of this is not so.
 */

import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { type HanoiParams, hanoi, moveTower, planOf } from "../../sim/experiments/hanoi.ts";
import { isMoved, stepsOf, type TowerStep, towerStart } from "../../sim/experiments/tower.ts";
import { simHost } from "../sim-host.ts";

const SEED = 1;

const { values } = parseArgs({
  options: {
    disks: { type: "string", default: "10" },
    driver: { type: "string", default: "virtual" },
    part: { type: "string", default: "1" },
    of: { type: "string", default: "1" },
  },
});
const { driver } = values;
const [disks, part, of] = [Number(values.disks), Number(values.part), Number(values.of)];
const params = hanoi.params as HanoiParams;
const all = stepsOf(disks);
/** The steps that are done when a part has ended. */
const doneAfter = (parts: number): number => Math.floor((all * parts) / of);

interface Left {
  readonly done: number;
  readonly state: TowerStep;
}

const folder = join(import.meta.dirname, "../../.build/hanoi");
const fileOf = (step: number): string => join(folder, `${driver}-${disks}-disks-after-${step}.json`);

function leftBefore(): Left {
  const before = doneAfter(part - 1);
  if (before === 0) return { done: 0, state: towerStart(disks) };
  const file = fileOf(before);
  if (!existsSync(file)) throw new Error(`${file} is missing: run part ${part - 1} of ${of} first`);
  return JSON.parse(readFileSync(file, "utf8")) as Left;
}

const { done, state } = leftBefore();
const asked = doneAfter(part) - done;
const leg = await moveTower(state, asked, { disks, driver, seed: SEED, params, host: simHost });
const { failure, steps, wrong, results, left, tookMs, paid } = leg;
const round = (value: number): number => Number(value.toFixed(3));
const samples = round(results / steps);
const counts = {
  steps,
  wrong,
  samples,
  predicted: round(planOf(params, all).samples),
  stepMs: Math.round(tookMs / steps),
};
process.stdout.write(
  `${driver}: steps ${done + 1} to ${done + steps} of ${all}, ${round(paid / steps)} credits a step\n`,
);
if (failure !== null) throw new Error(`the job failed after ${steps} of ${asked} steps: ${failure}`);
if (wrong > 0) throw new Error(`${wrong} of ${steps} steps are wrong`);
if (part === of && !isMoved(left)) throw new Error("the tower is not moved");
mkdirSync(folder, { recursive: true });
writeFileSync(fileOf(done + steps), JSON.stringify({ done: done + steps, state: left } satisfies Left));
process.stdout.write(`${JSON.stringify({ counts })}\n`);
