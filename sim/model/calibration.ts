/** What `meshwork sim calibrate` measures and writes; scenarios may take it as what inputs cost (load/service-costs.ts). */

import { z } from "zod";

const ms = z.number().min(0).max(60_000);

export const calibrationSchema = z
  .strictObject({
    baseMs: ms.describe("Processor time of an input, without its bytes."),
    perKibMs: ms.describe("In addition, for each KiB of the input."),
    forcedWriteMs: ms.describe("A write that the disk is made to carry out before anything leaves, median."),
    measured: z
      .strictObject({
        node: z.string(),
        processor: z.string(),
        cores: z.number().int().min(1),
        agents: z.number().int().min(1),
        inputs: z.number().int().min(1).describe("Inputs that were measured."),
        signMs: ms.describe("A signature; part of an input's cost."),
        verifyMs: ms.describe("Its verification; part of an input's cost."),
        loopbackMs: ms.describe("One way over the loopback device: network.latencyMs of agents on one machine."),
      })
      .optional()
      .describe("On what machine and with what load it was measured, and what else was: for readers only."),
  })
  .describe("What inputs cost agents, as meshwork sim calibrate measured it.");
type Calibration = z.output<typeof calibrationSchema>;

export type Measured = Calibration & { readonly measured: NonNullable<Calibration["measured"]> };
