/**
 * What the commands that talk to a mesh share: each runs a client that only dials, joined to the agent of `--to`. The
 * client's connection has its own key and acts for the owner by a delegation, so one person can run several at a time.
 */

import { dirname, join } from "node:path";
import { MeshworkError } from "../../protocol/core/errors.ts";
import type { AgentId, JobId } from "../../protocol/core/ids.ts";
import type { Value } from "../../protocol/wire/value.ts";
import { KNOWLEDGE_FILE } from "../knowledge.ts";
import { clockProblem } from "../network/clock-findings.ts";
import { type Identity, loadIdentity, loadOrMakeIdentity, makeIdentity } from "../network/identity.ts";
import { describeNews, type NetworkNews } from "../network/news.ts";
import { createNode, type MeshworkNode } from "../node.ts";
import { agentsOf, type JobStatus, jobsOf, type KnownAgent } from "../node-status.ts";
import { LAST } from "../platform/runs.ts";
import { commandLine, meshWords } from "../platform/terminal/command-line.ts";
import { type CliContext, interrupted } from "../platform/terminal/context.ts";
import { pickOne } from "../platform/text/pick-one.ts";
import { embedderFrom } from "../search/choose-embedder.ts";
import { defaultKeyFile } from "./context.ts";
import { isWhole } from "./job-name.ts";
import { probe } from "./probe.ts";

const CONNECT_MS = 10_000;
/** After waiting this long, the command says what it waits for, ms. */
const PATIENCE_MS = 2_000;

export interface Client {
  readonly node: MeshworkNode;
  /** The agent of `--to`. */
  readonly target: AgentId;
}

interface ClientOptions {
  readonly to: string;
  readonly mesh: string;
  /** File of the owner's key; default: the user's own. */
  readonly key?: string;
  /** The owner, where the command cannot do without the user's key. Default: that of the file, if there is one. */
  readonly owner?: Identity;
  /** File with what the owner's jobs taught; what this one teaches is added. */
  readonly knowledge?: string;
}

/** The key of `--key`, or the user's own, made on first use. */
export function ownerIdentity(context: CliContext, keyFile: string | undefined): Identity {
  return loadOrMakeIdentity(keyFile ?? defaultKeyFile(context.io.env));
}

/** A command that only reads does not make a key on disk. */
const readerIdentity = (context: CliContext, keyFile: string | undefined): Identity =>
  keyFile === undefined
    ? (loadIdentity(defaultKeyFile(context.io.env)) ?? makeIdentity())
    : ownerIdentity(context, keyFile);

const noAnswer = (what: string, { to, mesh }: ClientOptions): MeshworkError => {
  const doctor = commandLine(["doctor", to, ...meshWords(mesh)]);
  return new MeshworkError("unreachable", what, `check the address, or run: ${doctor}`);
};

/** What the owner's jobs taught stands beside its key. */
export const ownerKnowledge = (context: CliContext, keyFile: string | undefined): string =>
  join(dirname(keyFile ?? defaultKeyFile(context.io.env)), KNOWLEDGE_FILE);

/** Fails at once if nothing listens there: libp2p would keep trying. */
async function checkThere(context: CliContext, options: ClientOptions): Promise<void> {
  const probed = await probe(options.to, context.signal);
  if (context.signal.aborted) throw interrupted();
  if (probed?.state === "refused") throw noAnswer(`nobody listens at ${options.to}`, options);
  if (probed?.state === "silent") throw noAnswer(`nobody answers at ${options.to}`, options);
}

/** It listens, and it is not the one that was meant. */
function wrongAgent({ to, mesh }: ClientOptions): MeshworkError {
  const who = to.includes("/p2p/") ? `no agent of mesh "${mesh}" with that id` : `no agent of mesh "${mesh}"`;
  const remedy = "compare the mesh's name (--mesh) and the /p2p/ part of the address";
  return new MeshworkError("unreachable", `something listens at ${to}, but it is ${who}`, remedy);
}

function otherKey({ address, expected, answers }: Extract<NetworkNews, { kind: "other-key" }>): MeshworkError {
  const remedy = `if it was given a new key on purpose, use ${address}/p2p/${answers}`;
  return new MeshworkError("unreachable", `${address} answers as ${answers}, not ${expected}`, remedy);
}

async function startClient(
  context: CliContext,
  { to, mesh, key, owner, knowledge }: ClientOptions,
  onNews: (news: NetworkNews) => void,
): Promise<MeshworkNode> {
  await checkThere(context, { to, mesh });
  return createNode({
    mesh,
    name: "client",
    embedder: embedderFrom(context.io.env),
    owner: owner ?? readerIdentity(context, key),
    listen: [],
    join: [to],
    onNews,
    ...(knowledge === undefined ? {} : { knowledge }),
  });
}

/** Runs `use` with a node joined to `--to`, and stops it. Throws `unreachable` if nobody of that mesh answers there. */
export async function withClient<T>(
  context: CliContext,
  options: ClientOptions,
  use: (client: Client) => Promise<T>,
): Promise<T> {
  const told = setTimeout(() => context.note(`connecting to ${options.to} …`), PATIENCE_MS);
  let other: MeshworkError | null = null;
  const onNews = (news: NetworkNews): void => {
    if (news.kind === "other-key") other = otherKey(news);
    else if (news.kind === "other-clock" || news.kind === "own-clock") context.note(describeNews(news));
  };
  const node = await startClient(context, options, onNews).catch((error: unknown) => {
    clearTimeout(told);
    throw error;
  });
  const onAbort = (): void => void node.stop();
  context.signal.addEventListener("abort", onAbort);
  try {
    const named = /\/p2p\/([^/]+)$/.exec(options.to)?.[1] as AgentId | undefined;
    const isThere = (): boolean => {
      if (other !== null) throw other;
      return named === undefined ? node.peers().length > 0 : node.peers().includes(named);
    };
    await node.until(isThere, CONNECT_MS, "connecting").catch((error: unknown) => {
      if (context.signal.aborted) throw interrupted();
      if (!(error instanceof MeshworkError) || error.code !== "unreachable") throw error;
      throw other ?? wrongAgent(options);
    });
    clearTimeout(told);
    return await use({ node, target: named ?? node.peers()[0]! });
  } catch (error) {
    if (context.signal.aborted) throw interrupted();
    throw error;
  } finally {
    clearTimeout(told);
    context.signal.removeEventListener("abort", onAbort);
    await node.stop();
  }
}

/** A mesh's new acquaintance learns of the other agents within about this time, ms. */
const SETTLE_MS = 3_000;

/** The agents that the one of `--to` knows, once this side knows as many that host jobs, or after `waitMs`. */
export async function agentsKnown({ node, target }: Client, waitMs: number): Promise<readonly KnownAgent[]> {
  const read = async (of: AgentId): Promise<readonly KnownAgent[]> =>
    agentsOf(await node.status(of)).filter(({ agent }) => agent !== node.id);
  const hosts = (agents: readonly KnownAgent[]): number => agents.filter((agent) => agent.hosts).length;
  const theirs = hosts(await read(target));
  const startedMs = performance.now();
  const knowsAll = async (): Promise<boolean> => {
    if (hosts(await read(node.id)) >= theirs) return true;
    const problem = performance.now() > startedMs + PATIENCE_MS ? clockProblem(node.clock()) : null;
    if (problem !== null) throw problem;
    return false;
  };
  await node.until(knowsAll, waitMs, "learning of the agents");
  return read(node.id);
}

/** A job as the host tells of it that has followed it furthest, and all hosts that answered. */
export interface HostedJobStatus {
  readonly job: JobStatus;
  readonly hosts: readonly KnownAgent[];
}

/** The longest that one of many agents may take to answer, ms. */
const ANSWER_MS = 3_000;

/** The status of `of` (default: the node itself); null if it does not answer within `ms`. */
export async function statusWithin(node: MeshworkNode, ms: number, of?: AgentId): Promise<Value | null> {
  const late = new Promise<null>((resolve) => setTimeout(resolve, ms, null).unref());
  return Promise.race([node.status(of).catch(() => null), late]);
}

/** All jobs of the hosts that answer. */
export async function hostedJobs(client: Client): Promise<readonly HostedJobStatus[]> {
  const { node, target } = client;
  const known = await agentsKnown(client, SETTLE_MS).catch(async () => agentsOf(await node.status(target)));
  const hosts = known.filter((agent) => agent.hosts && (agent.agent === target || agent.reach !== "unreachable"));
  const answers = await Promise.all(
    hosts.map(async (host) => {
      const status = await statusWithin(node, ANSWER_MS, host.agent);
      return { host, jobs: status === null ? [] : jobsOf(status) };
    }),
  );
  const hosted = new Map<string, { job: JobStatus; readonly hosts: KnownAgent[] }>();
  for (const { host, jobs } of answers)
    for (const job of jobs) {
      const before = hosted.get(job.job) ?? { job, hosts: [] };
      if (job.height > before.job.height) before.job = job;
      before.hosts.push(host);
      hosted.set(job.job, before);
    }
  return [...hosted.values()];
}

interface FoundJob {
  readonly job: JobId;
  readonly host: AgentId;
}

/** The job that a user names, and one of its hosts. Throws `refused` if nobody does, or several may be meant. */
export async function findJob(client: Client, given: string): Promise<FoundJob> {
  if (isWhole(given)) return { job: given as JobId, host: await hostOf(client, given as JobId) };
  const { job, hosts } = pickJob(client.node.owner, given, await hostedJobs(client));
  return { job: job.job as JobId, host: hosts[0]!.agent };
}

/** `last`: the newest of the owner's own. */
export function pickJob(owner: AgentId, given: string, kept: readonly HostedJobStatus[]): HostedJobStatus {
  if (given === LAST) {
    const own = kept.filter(({ job }) => job.owner === owner).sort((a, b) => b.job.startedMs - a.job.startedMs);
    if (own[0] !== undefined) return own[0];
    throw new MeshworkError("refused", "these agents host no job of yours", "check --to, --mesh and --key");
  }
  const all = kept.map((one) => ({ id: one.job.job, name: one.job.name, about: one.job.status, one }));
  return pickOne("job", given, all).one;
}

/** A host of the job: the agent of `--to`, or another that it knows. Throws `refused` if nobody does. */
async function hostOf({ node, target }: Client, job: JobId): Promise<AgentId> {
  let host: AgentId | null = null;
  const search = async (): Promise<boolean> => {
    host = await node.hostOf(job, target);
    return host !== null;
  };
  await node.until(search, SETTLE_MS, "looking for the job").catch((error: unknown) => {
    if (!(error instanceof MeshworkError) || error.code !== "unreachable") throw error;
    throw new MeshworkError("refused", `no agent of this mesh hosts job ${job}`, "check the id and --mesh");
  });
  return host!;
}
