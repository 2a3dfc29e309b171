/**
 * What an input costs its agent: presets by name, and the file that `meshwork sim calibrate` writes. `ideal` gives every agent a
 * machine of its own and a disk that takes no time; a calibration holds what a real machine took.
 *
 * A calibration is plain data. A run with the same figures is the same run, so each run keeps its figures in its own
 * files.
 */

import { z } from "zod";
import { readTextFile } from "../../node/platform/files/file-error.ts";
import type { YamlSource } from "../../node/platform/files/yaml-source.ts";
import { parseWith, parseYaml } from "../../node/platform/files/yaml-source.ts";
import { MeshworkError } from "../../protocol/core/errors.ts";
import type { ServiceCosts } from "../model/scenario.ts";

const ms = z.number().min(0).max(60_000);

export const calibrationSchema = z
  .strictObject({
    baseMs: ms.describe("The CPU time for an input, without the cost of its bytes."),
    perKibMs: ms.describe("The additional CPU time for each KiB of the input."),
    forcedWriteMs: ms.describe("The median time of a write that must reach the disk before anything is sent."),
    measured: z
      .strictObject({
        node: z.string(),
        processor: z.string(),
        cores: z.number().int().min(1),
        agents: z.number().int().min(1),
        inputs: z.number().int().min(1).describe("How many inputs were measured."),
        signMs: ms.describe("Making a signature; part of an input's cost."),
        verifyMs: ms.describe("Verifying a signature; part of an input's cost."),
        loopbackMs: ms.describe("One way over the loopback device: network.latencyMs of agents on one machine."),
      })
      .optional()
      .describe("The machine and load of the measurement, and further figures. For readers only."),
  })
  .describe("What inputs cost agents, as meshwork sim calibrate measured it.");
type Calibration = z.output<typeof calibrationSchema>;

export type Measured = Calibration & { readonly measured: NonNullable<Calibration["measured"]> };

/** Measures this machine; `onStage` receives the name of each stage. */
export type Calibrate = (options: {
  readonly signal: AbortSignal;
  readonly onStage: (stage: string) => void;
  /** How many tasks each job has, and how often both jobs run. Default: enough for two digits. */
  readonly tasks?: number;
  readonly rounds?: number;
}) => Promise<Measured>;

export const IDEAL = "ideal";
/** The preset of a scenario that gives its own figures. */
export const OWN = "own";
export const CALIBRATED = "calibrated";
/** Where `calibrate` writes, and where `calibrated` is read, from the working folder. */
export const CALIBRATION_FILE = ".meshwork/costs.json";

type Figures = Pick<ServiceCosts, "baseMs" | "perKibMs" | "forcedWriteMs">;

/** A processor of today for each agent alone, next to nothing for bytes, and no time for disks. */
export const IDEAL_COSTS: Figures = { baseMs: 0.2, perKibMs: 0.02, forcedWriteMs: 0 };

/** `name`: a preset, or a file. Throws MeshworkError: there is no such file, or it is no calibration. */
export async function readPreset(name: string): Promise<Figures> {
  if (name === IDEAL) return IDEAL_COSTS;
  const path = name === CALIBRATED ? CALIBRATION_FILE : name;
  let text: string;
  try {
    text = await readTextFile(path);
  } catch (error) {
    if (name !== CALIBRATED || !(error instanceof MeshworkError)) throw error;
    throw new MeshworkError("invalid-file", `${path}: this machine was not measured yet`, "run meshwork sim calibrate");
  }
  const { baseMs, perKibMs, forcedWriteMs } = parseWith(parseYaml(path, text), calibrationSchema);
  return { baseMs, perKibMs, forcedWriteMs };
}

/** The source with the figures of the preset that it names, except those that it gives itself. `pathOf`: of a file beside it. */
export async function withPreset(source: YamlSource, pathOf: (path: string) => string): Promise<YamlSource> {
  const { network } = (source.value ?? {}) as { readonly network?: { readonly service?: unknown } };
  const service = network?.service as { readonly [key: string]: unknown } | null | undefined;
  const preset = service?.preset;
  if (typeof preset !== "string" || preset === IDEAL) return source; // the schema says what is wrong with it
  if (service?.baseMs !== undefined && service.perKibMs !== undefined) return source;
  const figures = await readPreset(preset === CALIBRATED ? preset : pathOf(preset));
  const { forcedWriteMs, ...always } = figures;
  const known = forcedWriteMs > 0 ? figures : always;
  const value = { ...(source.value as object), network: { ...network, service: { ...known, ...service } } };
  return { ...source, value, lineOf: (path) => source.lineOf(path), error: (...about) => source.error(...about) };
}
