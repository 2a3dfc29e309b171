/**
 * Two attacks on five real nodes, as `npm run attack` makes them. How long jobs take beside them is not looked at here, since
 * whatever else this machine does counts too.
 */

import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { whyNoNamespaces } from "../../scripts/attack/lan.ts";
import type { AttackResults } from "../../scripts/attack/results.ts";

const SCRIPT = fileURLToPath(new URL("../../scripts/attack.ts", import.meta.url));
const reason = whyNoNamespaces();

test.skipIf(reason !== null)(
  reason === null ? "honest jobs are certified beside attacks" : `attacks (skipped: ${reason})`,
  async () => {
    const args = ["--only", "take-slots", "--only", "silent-sockets", "--seconds", "10", "--json"];
    const ran = await promisify(execFile)(process.execPath, [SCRIPT, ...args]).catch((error: unknown) => {
      return error as { stdout: string; stderr: string };
    });
    const { baseline, measured } = JSON.parse(ran.stdout) as AttackResults;
    expect(measured.map(({ attack }) => attack)).toEqual(["take-slots", "silent-sockets"]);
    for (const one of [baseline, ...measured]) {
      expect(one.problem, `${one.attack}`).toBe("");
      expect(one.jobs).toBeGreaterThan(0);
      expect(one.nodesUp).toBe(5);
    }
  },
  240_000,
);
