/**
 * `certificate.json` of a real job: whatever people read in it is what was certified, or `verify` refuses the file and
 * names the field.
 */

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { parseJob } from "../../node/job-file/parse-job.ts";
import { createNode } from "../../node/node.ts";
import { RunFolder } from "../../node/run/run-folder.ts";
import { builtInSkills } from "../../node/skills/built-in.ts";
import { runInProcess, type Said } from "../support/in-process-cli.ts";

type Path = readonly (string | number)[];
type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

const folder = mkdtempSync(join(tmpdir(), "meshwork-certificate-"));
const resultFile = join(folder, "result.json");
let text = "";

beforeAll(async () => {
  const mesh = `certificate-file-${process.pid}`;
  const first = await createNode({ mesh, local: true, skills: builtInSkills });
  const nodes = [first];
  try {
    for (let i = 0; i < 3; i++)
      nodes.push(await createNode({ mesh, local: true, skills: builtInSkills, join: first.addresses() }));
    await first.until(
      async () => ((await first.status()) as { agents: unknown[] }).agents.length === 4,
      10_000,
      "meeting",
    );
    const yaml =
      "name: shout\nbudget: 1\ntasks:\n  shout: { skill: text.upper, map: { over: [to, be] } }\noutput: shout\n";
    const handle = await first.submit(await parseJob(yaml, { file: "job.yaml", directory: "." }));
    const outcome = await handle.result();
    if (outcome.status !== "certified") throw new Error(`${outcome.status}: ${outcome.reason}`);
    const out = new RunFolder(folder);
    out.writeResult(outcome.result);
    text = readFileSync(out.writeCertificate(outcome.certificate), "utf8");
  } finally {
    await Promise.all(nodes.map((node) => node.stop()));
  }
}, 60_000);

afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function verify(changed: string, ...more: readonly string[]): Promise<Said> {
  const file = join(folder, "changed.json");
  writeFileSync(file, changed);
  return runInProcess(["verify", file, ...more], {});
}

/** Every leaf, and every map and list on the way. */
function pathsOf(value: Json, path: Path = []): Path[] {
  if (typeof value !== "object" || value === null) return [path];
  const inner = Object.keys(value).flatMap((key) => {
    const at = Array.isArray(value) ? Number(key) : key;
    return pathsOf((value as { [key: string]: Json })[key]!, [...path, at]);
  });
  return path.length === 0 ? inner : [path, ...inner];
}

/** A copy in which `change` was applied to what holds the last step of the path. */
function altered(path: Path, change: (holder: { [key: string | number]: Json }, key: string | number) => void): string {
  const copy = JSON.parse(text) as Json;
  let holder = copy as { [key: string | number]: Json };
  for (const key of path.slice(0, -1)) holder = holder[key] as typeof holder;
  change(holder, path.at(-1)!);
  return JSON.stringify(copy);
}

const other = (value: Json): Json =>
  typeof value === "number"
    ? value + 1
    : typeof value === "string"
      ? `${value}x`
      : typeof value === "boolean"
        ? !value
        : "x";

const wordOf = (path: Path): string =>
  path
    .map((key) => (typeof key === "number" ? `[${key}]` : key))
    .join(".")
    .replaceAll(".[", "[");

test("as it was written it is valid, however it is laid out", async () => {
  for (const same of [text, JSON.stringify(JSON.parse(text)), JSON.stringify(JSON.parse(text), null, "\t")])
    expect(await verify(same, "--result", resultFile)).toMatchObject({ code: 0, err: "" });
});

test("each field that says something else than what is certified is named", async () => {
  const paths = pathsOf(JSON.parse(text) as Json);
  expect(paths.length).toBeGreaterThan(20);
  for (const path of paths) {
    const word = wordOf(path);
    const isBytes = word === "certificate";
    const changed = await verify(altered(path, (holder, key) => void (holder[key] = other(holder[key]!))));
    expect(changed, word).toMatchObject({ code: isBytes ? 2 : 1, out: "" });
    if (!isBytes) expect(changed.err).toContain(`"${word}`);
    const without = await verify(
      altered(path, (holder, key) => (Array.isArray(holder) ? holder.splice(Number(key), 1) : delete holder[key])),
    );
    expect(without, word).toMatchObject({ code: isBytes ? 2 : 1, out: "" });
    // In a list, the next element takes the place of the one that is gone.
    if (!isBytes)
      expect(without.err).toContain(`"${typeof path.at(-1) === "number" ? wordOf(path.slice(0, -1)) : word}`);
    const beside = await verify(
      altered(path, (holder) => void (holder[Array.isArray(holder) ? holder.length : "verified"] = "yes")),
    );
    expect(beside, word).toMatchObject({ code: 1, out: "" });
    expect(beside.err).toContain("is no field of a certificate");
  }
});

test("the bytes themselves are checked as before", async () => {
  const { certificate } = JSON.parse(text) as { certificate: string };
  const at = certificate.length >> 1;
  const flipped = certificate.slice(0, at) + (certificate[at] === "A" ? "B" : "A") + certificate.slice(at + 1);
  const said = await verify(text.replace(certificate, flipped));
  expect(said.code).toBe(1);
});

test("one key twice is refused: a reader sees the first, a program the last", async () => {
  const said = await verify(text.replace('"name": "shout"', '"name": "whisper", "name": "shout"'));
  expect(said).toMatchObject({ code: 1, out: "" });
  expect(said.err).toContain("name");
});

test("a file of the first format, whose words were others, is still read", async () => {
  const document = JSON.parse(text) as { [key: string]: Json };
  const about =
    "Check it with: meshwork verify certificate.json --result result.json. Only `certificate` is checked; the rest is for reading.";
  expect(await verify(JSON.stringify({ ...document, format: 1, about }))).toMatchObject({ code: 0 });
  const said = await verify(JSON.stringify({ ...document, format: 1 }));
  expect(said).toMatchObject({ code: 1 });
  expect(said.err).toContain('"about"');
});

test("a result is compared as it is read: nothing in it is rounded or left out", async () => {
  const file = join(folder, "other.json");
  for (const other of ['["TO", "NOT"]', '["TO", "BE", "BE"]', '{"a": "TO", "a": "BE"}', "[9007199254740993]"]) {
    writeFileSync(file, other);
    expect((await verify(text, "--result", file)).code, other).toBe(1);
  }
});
