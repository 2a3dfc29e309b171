/** Temporary folders go with the process that made them, also by Ctrl-C. */

import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

const SOURCE = fileURLToPath(new URL("../../../../node/platform/files/temporary-folder.ts", import.meta.url));

/** Runs a program that makes a folder and says where; returns that, and how to wait for its end. */
async function made(then: string) {
  const program = `
    import { temporaryFolder } from ${JSON.stringify(SOURCE)};
    const { path, remove } = temporaryFolder("meshwork-test");
    ${then}
    console.log(path);
  `;
  const child = spawn(process.execPath, ["--input-type=module", "-e", program], { stdio: ["pipe", "pipe", "inherit"] });
  const [path] = (await once(child.stdout, "data")) as [Buffer];
  const folder = path.toString().trim();
  const ended = once(child, "exit");
  return { child, folder, ended };
}

test("by Ctrl-C", async () => {
  const { child, folder, ended } = await made("process.stdin.resume();");
  expect(existsSync(folder)).toBe(true);
  child.kill("SIGINT");
  expect(await ended).toEqual([130, null]);
  expect(existsSync(folder)).toBe(false);
});

test("by an exit, also of a program that handles signals itself", async () => {
  const { child, folder, ended } = await made("process.on('SIGTERM', () => process.exit(7)); process.stdin.resume();");
  child.kill("SIGTERM");
  expect(await ended).toEqual([7, null]);
  expect(existsSync(folder)).toBe(false);
});

test("at once, and then nobody listens for signals any more", async () => {
  const { child, folder, ended } = await made("remove(); remove(); process.stdin.resume();");
  child.kill("SIGTERM");
  expect(await ended).toEqual([null, "SIGTERM"]);
  expect(existsSync(folder)).toBe(false);
});
