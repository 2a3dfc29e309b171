/** The command line inside the test's own process: what it prints, and its exit code. */

import { createServer } from "node:net";
import { runCli } from "../../node/cli/main.ts";
import type { CliIo } from "../../node/platform/terminal/context.ts";

export interface Said {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

export async function runInProcess(argv: readonly string[], env: NodeJS.ProcessEnv): Promise<Said> {
  const written = { out: "", err: "" };
  const io: CliIo = {
    stdout: (text) => void (written.out += text),
    stderr: (text) => void (written.err += text),
    terminal: null,
    env,
  };
  const code = await runCli(argv, io);
  return { code, ...written };
}

/** An address of this machine where nobody listens. */
export async function deadAddress(): Promise<string> {
  const closed = createServer();
  await new Promise<void>((resolve) => closed.listen(0, "127.0.0.1", resolve));
  const { port } = closed.address() as { port: number };
  await new Promise((resolve) => closed.close(resolve));
  return `/ip4/127.0.0.1/tcp/${port}`;
}
