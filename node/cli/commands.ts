/**
 * The commands, with their arguments and purposes as `--help` lists them. The code of a command is loaded on demand,
 * because loading libp2p, as most commands do, takes longer than some other commands run.
 *
 * A test compares this list with what the commands say of themselves.
 */

import type { Register } from "./context.ts";

export interface LazyCommand {
  readonly name: string;
  /** As the list of commands shows it, after the name. */
  readonly takes: string;
  readonly summary: string;
  load(): Promise<Register>;
}

export const COMMANDS: readonly LazyCommand[] = [
  {
    name: "demo",
    takes: "[options]",
    summary: "survey a folder with a mesh of agents, one of which is killed and one of which lies",
    load: async () => (await import("./demo.ts")).registerDemo,
  },
  {
    name: "run",
    takes: "[options] <job>",
    summary: "run one job file on a local mesh",
    load: async () => (await import("./run.ts")).registerRun,
  },
  {
    name: "plan",
    takes: "[options] <job>",
    summary: "say what a job file will cost and how likely its answers are right; starts nothing",
    load: async () => (await import("./plan.ts")).registerPlan,
  },
  {
    name: "verify",
    takes: "[options] <certificate>",
    summary: "check a certificate, offline",
    load: async () => (await import("./verify.ts")).registerVerify,
  },
  {
    name: "node",
    takes: "[options]",
    summary: "run one agent until it is interrupted; prints the command for other machines to join it",
    load: async () => (await import("./node.ts")).registerNode,
  },
  {
    name: "submit",
    takes: "[options] <job>",
    summary: "submit a job file to a mesh; prints the job id",
    load: async () => (await import("./submit.ts")).registerSubmit,
  },
  {
    name: "result",
    takes: "[options] <job>",
    summary: "fetch the result of a job and its certificate",
    load: async () => (await import("./result.ts")).registerResult,
  },
  {
    name: "status",
    takes: "[options] [what]",
    summary: "show the agents and jobs that an agent knows",
    load: async () => (await import("./status.ts")).registerStatus,
  },
  {
    name: "cancel",
    takes: "[options] <job>",
    summary: "end a job that you own",
    load: async () => (await import("./cancel.ts")).registerCancel,
  },
  {
    name: "doctor",
    takes: "[options] [addr...]",
    summary: "check this machine, whether others can be reached, and whether they can dial it back",
    load: async () => (await import("./doctor.ts")).registerDoctor,
  },
  {
    name: "init",
    takes: "[options] [dir]",
    summary: "write a commented skills file and job file to start from",
    load: async () => (await import("./init.ts")).registerInit,
  },
  {
    name: "agents",
    takes: "[options] <query...>",
    summary: "find agents by what they can do",
    load: async () => (await import("./agents.ts")).registerAgents,
  },
  {
    name: "explain",
    takes: "[options] <job> [task]",
    summary: "show why a task went to its agents, what they said, and why one answer won",
    load: async () => (await import("./explain.ts")).registerExplain,
  },
  {
    name: "record",
    takes: "[options] <run>",
    summary: "write what the agents of a run answered, for the simulator to replay",
    load: async () => (await import("./record.ts")).registerRecord,
  },
  {
    name: "feedback",
    takes: "[options] <job> <score>",
    summary: "say how good the result of a job was; your next jobs take it into account",
    load: async () => (await import("./feedback.ts")).registerFeedback,
  },
  {
    name: "skills",
    takes: "[options] [file]",
    summary: "list the built-in skills, or those of a skills file",
    load: async () => (await import("./skills.ts")).registerSkills,
  },
  {
    name: "knowledge",
    takes: "",
    summary: "what your jobs taught about agents; your next job starts from it",
    load: async () => (await import("./knowledge.ts")).registerKnowledge,
  },
  {
    name: "limits",
    takes: "[options]",
    summary: "show what a node gives to others, and what happens at each bound",
    load: async () => (await import("./limits.ts")).registerLimits,
  },
  {
    name: "data",
    takes: "",
    summary: "what takes how much of a node's data folder; delete jobs that are over",
    load: async () => (await import("./data.ts")).registerData,
  },
  {
    name: "schema",
    takes: "<kind>",
    summary: "print the JSON Schema of a job file, a skills file in YAML, a limits file, or a line of a trace",
    load: async () => (await import("./schema.ts")).registerSchema,
  },
];
