/** Real nodes on loopback for integration tests: started on a free port, all stopped at the end of a test. */

import pino from "pino";
import type { NodeLimits } from "../../node/limits/node-limits.ts";
import { judgeClocks } from "../../node/network/clock-findings.ts";
import { type Identity, makeIdentity } from "../../node/network/identity.ts";
import { createNetwork, type Network } from "../../node/network/network.ts";
import { type BlobStore, createMemoryBlobStore } from "../../node/store/blob-store.ts";
import type { AgentId, MeshId } from "../../protocol/core/ids.ts";
import type { Input } from "../../protocol/input.ts";
import { ACCEPT, type Verdict } from "../../protocol/wire/verdict.ts";

export const silent = pino({ level: "silent" });

/** What a network says that is connected to nobody. */
export const UNKNOWN_CLOCK = judgeClocks(new Map());

let meshes = 0;
/** A mesh of its own for each test: what one leaves behind cannot reach another. */
export const newMesh = (): MeshId => `test-${process.pid}-${meshes++}` as MeshId;

export interface TestNodeOptions {
  readonly meshId: MeshId;
  readonly bootstrap?: readonly string[];
  readonly identity?: Identity;
  readonly listen?: string;
  readonly blobs?: BlobStore;
  readonly local?: boolean;
  readonly limits?: NodeLimits;
  /** What becomes of gossip; accepted unless told. Null leaves it waiting. */
  readonly judge?: (bytes: Uint8Array) => Verdict | null;
}

/** A network that keeps all its inputs and judges gossip by itself. */
export class TestNode {
  readonly network: Network;
  readonly identity: Identity;
  readonly blobs: BlobStore;
  readonly inputs: Input[] = [];
  readonly #judge: (bytes: Uint8Array) => Verdict | null;

  constructor(network: Network, identity: Identity, blobs: BlobStore, judge: (bytes: Uint8Array) => Verdict | null) {
    this.network = network;
    this.identity = identity;
    this.blobs = blobs;
    this.#judge = judge;
  }

  get agent(): AgentId {
    return this.network.agent;
  }

  readonly onInput = (input: Input): void => {
    this.inputs.push(input);
    if (input.kind !== "gossip") return;
    const verdict = this.#judge(input.bytes);
    if (verdict !== null) this.network.verdict(input.ticket, verdict);
  };

  of<K extends Input["kind"]>(kind: K): Extract<Input, { readonly kind: K }>[] {
    return this.inputs.filter((input) => input.kind === kind) as Extract<Input, { readonly kind: K }>[];
  }

  /** Frames from `agent`, or from anybody. */
  frames(agent?: AgentId): Uint8Array[] {
    const frames = this.of("frame").filter((input) => agent === undefined || input.from === agent);
    return frames.map((input) => input.bytes);
  }

  /** Tells this node where the other one is. */
  meet(other: TestNode): void {
    this.network.address(other.agent, other.network.addresses());
  }
}

const started: TestNode[] = [];

export async function startNode(options: TestNodeOptions): Promise<TestNode> {
  const identity = options.identity ?? makeIdentity();
  const blobs = options.blobs ?? createMemoryBlobStore();
  const network = await createNetwork({
    meshId: options.meshId,
    identity,
    blobs,
    listen: [options.listen ?? "/ip4/127.0.0.1/tcp/0"],
    bootstrap: options.bootstrap ?? [],
    local: options.local ?? true,
    ...(options.limits === undefined ? {} : { limits: options.limits }),
    log: silent,
  });
  const node = new TestNode(network, identity, blobs, options.judge ?? (() => ACCEPT));
  started.push(node);
  await network.start(node.onInput);
  return node;
}

/** For `afterEach`. */
export async function stopNodes(): Promise<void> {
  await Promise.all(started.splice(0).map((node) => node.network.stop()));
}
