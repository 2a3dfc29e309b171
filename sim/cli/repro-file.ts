/** Files that repeat a failure which `meshwork sim explore` found: what the seed drew, made small. */

import { readFileSync, writeFileSync } from "node:fs";
import { MeshworkError } from "../../protocol/core/errors.ts";
import type { SeedPlan } from "../explore/plan.ts";

const FORMAT = 1;

export interface Repro {
  readonly seed: number;
  /** The property that broke. */
  readonly property: string;
  readonly plan: SeedPlan;
}

/** Bytes as text, and back. */
function replacer(_: string, value: unknown): unknown {
  return value instanceof Uint8Array ? { hex: Buffer.from(value).toString("hex") } : value;
}

function reviver(_: string, value: unknown): unknown {
  const isHex = typeof value === "object" && value !== null && Object.keys(value).join() === "hex";
  return isHex ? new Uint8Array(Buffer.from((value as { hex: string }).hex, "hex")) : value;
}

export function writeRepro(file: string, repro: Repro): void {
  writeFileSync(file, `${JSON.stringify({ format: FORMAT, ...repro }, replacer, 1)}\n`);
}

export function readRepro(file: string): Repro {
  const remedy = "name a file that `meshwork sim explore` wrote";
  try {
    const read = JSON.parse(readFileSync(file, "utf8"), reviver) as Repro & { readonly format?: number };
    if (read.format === FORMAT) return read;
  } catch (error) {
    const isMissing = error instanceof Error && "code" in error && error.code === "ENOENT";
    const what = isMissing ? "there is no such file" : (error as Error).message;
    throw new MeshworkError("invalid-file", `${file}: ${what}`, remedy);
  }
  throw new MeshworkError("invalid-file", `${file}: not a file of this version`, remedy);
}
