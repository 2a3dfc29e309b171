/** Limits files: what they change, what is wrong with them in one line, and that the documentation has all of it. */

import { mkdtemp, readFile, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { DEFAULT_LIMITS, LIMIT_ROWS, limitOf, limitsTable } from "../../../node/limits/limits.ts";
import { parseLimits } from "../../../node/limits/limits-file.ts";
import { makeIdentity } from "../../../node/network/identity.ts";
import type { MeshworkError } from "../../../protocol/core/errors.ts";
import type { AgentId } from "../../../protocol/core/ids.ts";
import { DEFAULT_QUOTAS } from "../../../protocol/core/quotas.ts";
import { runInProcess } from "../../support/in-process-cli.ts";

const [ada, bob] = [1, 2].map((byte) => makeIdentity(new Uint8Array(32).fill(byte)).agent) as [AgentId, AgentId];
const limitsOf = (text: string, own: readonly AgentId[] = []) => parseLimits("limits.yaml", text, own);

function refusal(text: string, own: readonly AgentId[] = []): string {
  try {
    limitsOf(text, own);
  } catch (error) {
    const { code, message, remedy } = error as MeshworkError;
    expect(code).toBe("invalid-file");
    return `${message} – ${remedy}`;
  }
  throw new Error("it was taken");
}

describe("a limits file", () => {
  test("may say everything below limits:, with the same errors", () => {
    expect(limitsOf("limits:\n  hosting: { jobs: 8 }\n")).toEqual(limitsOf("hosting: { jobs: 8 }"));
    expect(limitsOf("limits:\n")).toEqual(limitsOf(""));
    expect(refusal("limits:\n  hosting:\n    job: 8\n")).toContain("limits.yaml:3");
  });

  test("changes what it names, in its own units", () => {
    const changed = limitsOf(`
owners: { known: [${ada}] }
hosting: { jobs: 8, guestDeadline: 2h }
work: { ownerSpend: 1.5 }
disk: { guestBlobs: 64MiB, ended: 365d }
`);
    expect(changed.owners).toEqual({ known: [ada], allow: null });
    expect(changed.hosting).toMatchObject({ jobs: 8, reserved: 2, perOwner: 8, guestDeadlineMs: 7_200_000 });
    expect(changed.hosting.idleMs).toBe(DEFAULT_QUOTAS.hosting.idleMs);
    expect(changed.work.ownerSpend).toBe(1_500_000);
    expect(changed.disk).toMatchObject({ guestBlobBytes: 64 * 1024 ** 2, endedMs: 365 * 86_400_000 });
  });

  test.each(["", "{}", "hosting: {}"])("that says nothing (%j) changes nothing", (text) => {
    expect(limitsOf(text)).toEqual(DEFAULT_LIMITS);
  });

  test.each([
    ["hosting:\n  reservd: 4", 'limits.yaml:2: unknown key "reservd" in hosting – did you mean "reserved"?'],
    ["hostng: {}", 'limits.yaml:1: unknown key "hostng" – did you mean "hosting"?'],
    ["hosting: { jobs: 0 }", "limits.yaml:1: hosting.jobs: it must be at least 1 – correct it"],
    ["hosting: { jobs: -4 }", "limits.yaml:1: hosting.jobs: it must be at least 1 – correct it"],
    ["hosting: { jobs: many }", "limits.yaml:1: hosting.jobs must be a number, not text – correct it"],
    ["hosting: { jobs: 1.5 }", "limits.yaml:1: hosting.jobs must be a whole number, not a number – correct it"],
    ["disk: { free: lots }", 'limits.yaml:1: disk.free: "lots" is not a size – write one like 512MiB or 4GiB'],
    ["hosting: { idle: 5 }", 'limits.yaml:1: hosting.idle: "5" is not a duration – write one like 30s, 5m, 1h or 30d'],
    [
      "hosting: { reserved: 90 }",
      "limits.yaml:1: hosting.reserved is 90, more than hosting.jobs with 64 – lower it, or raise hosting.jobs",
    ],
    [
      "disk: { jobBlobs: 32GiB }",
      "limits.yaml:1: disk.jobBlobs is 32GiB, more than disk.ownerBlobs with 16GiB – lower it, or raise disk.ownerBlobs",
    ],
    [
      "owners: { allow: [ada] }",
      "limits.yaml:1: owners.allow[0]: this is no owner's id – one has 52 characters, 12D3KooW first",
    ],
    ["connections: { upgrade: 60d }", "limits.yaml:1: connections.upgrade: it may be at most 1m – correct it"],
    ["connections: { pending: 0 }", "limits.yaml:1: connections.pending: it must be at least 8 – correct it"],
    [
      "connections: { total: 100, outbound: 100 }",
      "limits.yaml:1: connections.outbound takes all 100 of connections.total: nobody could dial this node – lower it, or raise connections.total",
    ],
    ["memory: { inbound: 1B }", "limits.yaml:1: memory.inbound: it must be at least 8MiB – correct it"],
    ["memory: { guestInbound: 1MiB }", "limits.yaml:1: memory.guestInbound: it must be at least 4MiB – correct it"],
    ["hosting: { guestDeadline: 60d }", "limits.yaml:1: hosting.guestDeadline: it may be at most 30d – correct it"],
    ["disk: { jobs: 1KiB }", "limits.yaml:1: disk.jobs: it must be at least 1MiB – correct it"],
    ["[1]", "limits.yaml:1: the file must be a map, not a list – correct it"],
  ])("is refused in one line: %j", (text, says) => {
    expect(refusal(text)).toBe(says);
  });

  test("does not exclude the node's own operator, or owners that it names as known", () => {
    expect(refusal(`owners: { allow: [${bob}] }`, [ada])).toBe(
      `limits.yaml:1: owners.allow leaves out your own key ${ada} – add it`,
    );
    expect(refusal(`owners: { allow: [${bob}], known: [${ada}] }`)).toMatch(
      /owners\.allow leaves out 12D3KooW\w+, which owners\.known names – add it, or take it out of owners\.known$/,
    );
    expect(limitsOf(`owners: { allow: [${ada}] }`, [ada]).owners.allow).toEqual([ada]);
  });
});

test("every limit that there is has a row", () => {
  const rows = LIMIT_ROWS.map(({ section, field }) => `${section}.${field}`).sort();
  const there = Object.entries(DEFAULT_LIMITS).flatMap(([section, fields]) =>
    Object.keys(fields as object).map((field) => `${section}.${field}`),
  );
  expect(rows).toEqual(there.sort());
  for (const row of LIMIT_ROWS) expect(limitOf(DEFAULT_LIMITS, row)).toBeDefined();
});

test("the defaults are among what a file may say", () => {
  for (const row of LIMIT_ROWS) {
    const value = limitOf(DEFAULT_LIMITS, row);
    if (typeof value !== "number" || row.kind === "credits") continue;
    expect([row.key, value >= row.least && value <= row.most]).toEqual([row.key, true]);
  }
});

test("docs/limits.md has the table", async () => {
  const page = await readFile(new URL("../../../docs/limits.md", import.meta.url), "utf8");
  expect(page).toContain(`\n${limitsTable().join("\n")}\n`);
});

describe("meshwork", () => {
  test("limits shows what is in force; node starts with no file that is wrong", async () => {
    const folder = await mkdtemp(join(tmpdir(), "meshwork-limits-"));
    const env = { XDG_CONFIG_HOME: folder };
    const good = join(folder, "good.yaml");
    const bad = join(folder, "bad.yaml");
    await writeFile(good, "hosting: { jobs: 8 }\n");
    await writeFile(bad, "hosting: { job: 8 }\n");
    const shown = await runInProcess(["limits", "--limits", good], env);
    expect([shown.code, shown.err]).toEqual([0, ""]);
    expect(shown.out).toContain("hosting.jobs: 8 (default 64)\n");
    const { out } = await runInProcess(["limits", "--limits", good, "--json"], env);
    expect(JSON.parse(out)).toContainEqual(
      expect.objectContaining({ section: "hosting", key: "jobs", value: 8, default: "64" }),
    );
    for (const command of ["limits", "node"]) {
      const { code, err } = await runInProcess([command, "--limits", bad], env);
      expect([command, code]).toEqual([command, 2]);
      expect(err).toBe(`meshwork: ${bad}:1: unknown key "job" in hosting – did you mean "jobs"?\n`);
    }
  });
});
