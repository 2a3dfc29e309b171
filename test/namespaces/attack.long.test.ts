/**
 * Two attacks on five real nodes, as `npm run attack` makes them, and one that is interrupted. How long jobs take beside them
 * is not looked at here, since whatever else this machine does counts too.
 */

import { execFile, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
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

test.skipIf(reason !== null)(
  reason === null ? "an interruption while the nodes start leaves nothing behind" : `interruption (skipped: ${reason})`,
  async () => {
    const folder = mkdtempSync(join(tmpdir(), "meshwork-interrupted-"));
    try {
      const env = { ...process.env, TMPDIR: folder };
      const child = spawn(process.execPath, [SCRIPT, "--only", "take-slots", "--seconds", "5"], {
        env,
        stdio: "ignore",
      });
      const namespaces = (): string[] =>
        execFileSync("ip", ["netns", "list"], { encoding: "utf8" }).match(new RegExp(`mw-${child.pid}-\\S+`, "g")) ??
        [];
      const exited = once(child, "exit");
      // The first node has begun to write, so all namespaces are there.
      const isUnderWay = (): boolean =>
        readdirSync(folder, { recursive: true, encoding: "utf8" }).some((name) => name.endsWith("/n0"));
      while (child.exitCode === null && !isUnderWay()) await new Promise((resolve) => setTimeout(resolve, 20));
      expect(namespaces().length).toBeGreaterThan(7);
      child.kill("SIGINT");
      child.kill("SIGINT"); // whoever is impatient presses it twice
      expect(await exited).toEqual([130, null]);
      expect(namespaces()).toEqual([]);
      expect(readdirSync(folder).filter((name) => name.startsWith("meshwork-attack-"))).toEqual([]);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  },
  120_000,
);
