/** What an operator learns about clocks, whatever strangers say. */

import type { Connection } from "@libp2p/interface";
import { expect, test } from "vitest";
import { Clocks } from "../../../node/network/clocks.ts";
import type { NetworkNews } from "../../../node/network/news.ts";
import type { AgentId, MeshId } from "../../../protocol/core/ids.ts";

/** A stream to an agent whose clock is ahead by so much. */
class Answering extends EventTarget {
  readonly readStatus = "readable";
  readonly readBufferLength = 0;
  readonly readableEnded = false;
  readonly #aheadMs: number;

  constructor(aheadMs: number) {
    super();
    this.#aheadMs = aheadMs;
  }

  send(): boolean {
    const bytes = new Uint8Array(8);
    new DataView(bytes.buffer).setFloat64(0, Date.now() + this.#aheadMs);
    queueMicrotask(() => this.dispatchEvent(Object.assign(new Event("message"), { data: bytes })));
    return true;
  }

  pause(): void {}
  abort(): void {}
}

const HOUR_MS = 3_600_000;

test("strangers with wrong clocks use up what is said of them, and not what is said of this machine's own", async () => {
  const present: AgentId[] = [];
  const news: NetworkNews[] = [];
  const clocks = new Clocks({
    node: {} as never,
    meshId: "m" as MeshId,
    present: () => present,
    tell: (one) => void news.push(one),
    onChange: () => undefined,
    log: { debug: () => undefined } as never,
  });
  const meet = async (agent: string, aheadMs: number): Promise<void> => {
    present.push(agent as AgentId);
    const connection = { remotePeer: agent, newStream: async () => new Answering(aheadMs) };
    await clocks.onPresent(connection as unknown as Connection);
  };
  for (let i = 0; i < 30; i++) await meet(`honest-${i}`, 0);
  for (let i = 0; i < 20; i++) await meet(`stranger-${i}`, (i + 1) * HOUR_MS);
  expect(news.length).toBeLessThan(20);
  for (let i = 0; i < 30; i++) clocks.onAbsent(`honest-${i}` as AgentId);
  for (let i = 0; i < 30; i++) await meet(`other-${i}`, -HOUR_MS);
  expect(clocks.state().whose).toBe("own");
  expect(news.map(({ kind }) => kind)).toContain("own-clock");
});
