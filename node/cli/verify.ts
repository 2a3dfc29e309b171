/** `meshwork verify`: checks a certificate offline, and says what it rests on. */

import { existsSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { MeshworkError } from "../../protocol/core/errors.ts";
import type { AgentId } from "../../protocol/core/ids.ts";
import { type Verification, verify } from "../../protocol/job/certificate.ts";
import { CERTIFICATE_BYTES_MAX } from "../../protocol/wire/certificate.ts";
import { explainNotValue, type Value } from "../../protocol/wire/value.ts";
import { parseCertificateFile } from "../certificate-file.ts";
import { nodeCrypto } from "../platform/crypto.ts";
import { LossyJson, parseExactJson } from "../platform/files/exact-json.ts";
import { keepsAllDigits } from "../platform/files/exact-numbers.ts";
import { unreadable } from "../platform/files/file-error.ts";
import { LAST, runNamed } from "../platform/runs.ts";
import { type CliContext, EXIT, errorDocument } from "../platform/terminal/context.ts";
import { jobId, type Register } from "./context.ts";

interface VerifyCommandOptions {
  readonly result?: string;
  readonly job?: string;
  readonly owner?: string;
  readonly trust?: string;
  readonly json?: boolean;
}

const EXAMPLES = `
Examples:
  $ meshwork verify certificate.json --result result.json
  $ meshwork verify last                     what the newest run of this folder left, with its result
  $ meshwork verify certificate.json --result result.json --job JOB --trust agents.txt`;

export const registerVerify: Register = (program, act) => {
  program
    .command("verify <certificate>")
    .description("check a certificate, offline")
    .option("--result <file>", "the result that it should certify, compared by value")
    .option("--job <id>", "the job that it should belong to", jobId)
    .option("--owner <id>", "the owner that the job should have")
    .option(
      "--trust <file>",
      "agents that you trust, one id on each line: more than 1/3 of every committee must be among them",
    )
    .option("--json", "print one JSON document")
    .addHelpText("after", EXAMPLES)
    .action(act(runVerify));
};

/** A result is read whole: more than this is no result of a job of ours. */
const RESULT_BYTES_MAX = 1024 ** 3;

async function runVerify(context: CliContext, given: string, asked: VerifyCommandOptions): Promise<number> {
  const run = given === LAST ? runNamed(given) : null;
  const file = run === null ? given : join(run, "certificate.json");
  if (run !== null && !existsSync(file))
    throw new MeshworkError("refused", `the newest run, ${run}, left no certificate`, "its summary.json says why");
  const options = run === null ? asked : { result: join(run, "result.json"), ...asked };
  const certificate = parseCertificateFile(readText(file, CERTIFICATE_BYTES_MAX), file);
  const checked = verify(nodeCrypto, certificate, {
    ...(options.result === undefined ? {} : { result: readResult(options.result) }),
    ...(options.job === undefined ? {} : { job: options.job }),
    ...(options.owner === undefined ? {} : { owner: options.owner }),
    ...(options.trust === undefined ? {} : { trust: readTrust(options.trust) }),
  });
  if (!checked.ok) {
    const { code, message } = checked;
    const remedy = code === "other-result" ? `is ${options.result} the result.json of the same run?` : "";
    if (context.json) context.printJson({ ok: false, ...errorDocument({ code, message, remedy }) });
    else context.print(`✗ refused: ${message}${remedy === "" ? "" : ` – ${remedy}`}`);
    return EXIT.no;
  }
  if (context.json) context.printJson(documentOf(checked));
  else for (const line of describe(checked, options.result !== undefined)) context.print(line);
  return EXIT.ok;
}

function readText(file: string, bytesMax: number): string {
  try {
    if (statSync(file).size > bytesMax)
      throw new MeshworkError("invalid-file", `${file}: larger than ${bytesMax} bytes`);
    return readFileSync(file, "utf8");
  } catch (error) {
    if (error instanceof MeshworkError) throw error;
    throw unreadable(file, error);
  }
}

function readResult(file: string): Value {
  const text = readText(file, RESULT_BYTES_MAX);
  let result: unknown;
  try {
    result = parseExactJson(text, keepsAllDigits);
  } catch (error) {
    // It would be compared as it is read, and people would read something else.
    if (error instanceof LossyJson)
      throw new MeshworkError("refused", `${file}: ${error.message}`, "give the result.json that the run wrote");
    const reason = error instanceof Error ? error.message : String(error);
    throw new MeshworkError("invalid-file", `${file}: not JSON (${reason})`, "give the result.json of the run");
  }
  const problem = explainNotValue(result);
  if (problem !== null) throw new MeshworkError("invalid-file", `${file}: no result: ${problem}`);
  return result as Value;
}

/** One id a line; empty lines and those that begin with # are skipped. */
function readTrust(file: string): ReadonlySet<AgentId> {
  const lines = readText(file, 16 * 1024 ** 2).split(/\r?\n/);
  const ids = lines.map((line) => line.trim()).filter((line) => line !== "" && !line.startsWith("#"));
  return new Set(ids as AgentId[]);
}

type Accepted = Extract<Verification, { readonly ok: true }>;

function documentOf({ job, genesis, event, height, timeMs, committees, replaced, basis }: Accepted): object {
  return {
    ok: true,
    job,
    name: genesis.name,
    owner: genesis.owner,
    decision: event,
    height,
    timeMs,
    committees,
    replaced,
    basis,
  };
}

function whatIsProven({ event }: Accepted, hasResult: boolean): string {
  if (event.kind !== "completed") return event.kind;
  if (event.status !== "certified") return `the job ${event.status}`;
  return hasResult
    ? "the job has this result"
    : "the job has a result; none was compared with it (--result result.json)";
}

function describe(accepted: Accepted, hasResult: boolean): string[] {
  const { job, genesis, height, timeMs, basis, committees } = accepted;
  return [
    `✓ the certificate is valid: ${whatIsProven(accepted, hasResult)}`,
    `  job        ${job}  ${JSON.stringify(genesis.name)}`,
    `  owner      ${genesis.owner}`,
    `  decided    in block ${height}, ${new Date(timeMs).toISOString()}`,
    `  committee  ${committees
      .at(-1)!
      .map((member) => member.agent)
      .join("\n             ")}`,
    "  it rests on:",
    ...basis.map((words) => `  - ${words}`),
  ];
}
