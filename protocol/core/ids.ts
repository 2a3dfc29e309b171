/**
 * Names of things. Ids are text in memory (keys of Maps) and bytes on the wire; the types keep one kind
 * from being passed for another.
 */

import { compareText } from "./bytes.ts";

/** An agent's id: the text form of its libp2p PeerId (Ed25519). Opaque to the protocol. */
export type AgentId = string & { readonly __kind: "agent" };
/** SHA-256 in lower-case hexadecimal. */
export type Hash = string & { readonly __kind: "hash" };
/** The hash of a job's genesis. */
export type JobId = Hash;
/** `<node>` for a plain task, `<node>/<index>` for an item of a map or a step of a chain. */
export type TaskId = string & { readonly __kind: "task" };
/** Name of a network of agents; part of every topic, protocol id and signature. */
export type MeshId = string & { readonly __kind: "mesh" };

export const ZERO_HASH = "0".repeat(64) as Hash;

const HASH_PATTERN = /^[0-9a-f]{64}$/;

export function isHash(text: string): text is Hash {
  return HASH_PATTERN.test(text);
}

export function taskId(node: string, index: number | null): TaskId {
  return (index === null ? node : `${node}/${index}`) as TaskId;
}

/** The node that a task belongs to, and its place in a map or a chain. */
export function taskParts(task: string): { readonly node: string; readonly index: number | null } {
  const slash = task.indexOf("/");
  return slash < 0 ? { node: task, index: null } : { node: task.slice(0, slash), index: Number(task.slice(slash + 1)) };
}

/** A copy of `items` in the protocol's one text order (code points). Sort wherever order decides anything. */
export function sortedBy<T>(items: Iterable<T>, key: (item: T) => string): T[] {
  return [...items].sort((a, b) => compareText(key(a), key(b)));
}

/** An award that an agent was told to work on names itself by these three. */
export interface AwardRef {
  readonly job: JobId;
  readonly task: TaskId;
  readonly attempt: number;
}
