/** What `meshwork sim calibrate` measures and writes; scenarios may take it as what inputs cost (load/service-costs.ts). */

import { z } from "zod";

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
