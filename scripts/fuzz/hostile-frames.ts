/**
 * `node scripts/fuzz/hostile-frames.ts [--frames N] [--seed S]`: N hostile frames (default 1,000,000) against every
 * codec, half of them damaged valid ones. Ends with a table of the verdicts and a line of counts; exit 3 if a codec
 * threw, or accepted bytes that it would not write.
 */

import { parseArgs } from "node:util";
import { runHostileFrames } from "./hostile.ts";
import { SHAPES } from "./shapes.ts";

const PROGRESS_MS = 2_000;

function main(): number {
  const { values } = parseArgs({
    options: { frames: { type: "string", default: "1000000" }, seed: { type: "string", default: "1" } },
  });
  const [frames, seed] = [Number(values.frames), Number(values.seed)];
  if (!(Number.isSafeInteger(frames) && frames > 0 && Number.isInteger(seed) && Math.abs(seed) < 0x80000000)) {
    process.stderr.write("usage: hostile-frames.ts [--frames N] [--seed S]: whole numbers, N above 0\n");
    return 2;
  }
  const startMs = performance.now();
  let saidMs = startMs;
  const run = runHostileFrames(frames, seed, (done) => {
    const nowMs = performance.now();
    if (nowMs - saidMs < PROGRESS_MS) return;
    saidMs = nowMs;
    process.stdout.write(`${done} of ${frames} frames, ${Math.round((1000 * done) / (nowMs - startMs))}/s\n`);
  });
  for (const [verdict, count] of [...run.verdicts].sort((a, b) => b[1] - a[1])) {
    process.stdout.write(`${String(count).padStart(10)}  ${verdict}\n`);
  }
  for (const { shape, frame, problem } of run.failures) process.stdout.write(`FAILED ${shape} ${frame}: ${problem}\n`);
  const seconds = Math.round((performance.now() - startMs) / 1000);
  const codecs = SHAPES.length;
  process.stdout.write(`${frames} frames of seed ${seed} against ${codecs} shapes in ${seconds} s\n`);
  const counts = { frames, accepted: run.verdicts.get("accepted") ?? 0, failures: run.failures.length };
  process.stdout.write(`${JSON.stringify({ counts })}\n`);
  return run.failures.length === 0 ? 0 : 3;
}

process.exitCode = main();
