/** Directories full of agents that are none do not keep honest ones from being called for long. */

import { expect, test } from "vitest";
import { hasher } from "../../node/platform/crypto.ts";
import { Directory } from "../../protocol/capability/directory.ts";
import { SelfScreening } from "../../protocol/capability/self-screening.ts";
import type { EventOf } from "../../protocol/job/event.ts";
import { single } from "../../sim/parts/workloads/job-builder.ts";
import { Book } from "../support/book.ts";
import { signedVcv } from "../support/capability-vectors.ts";
import { crypto, id, MESH } from "../support/driven-agent.ts";

const SYBILS = 5_000;
const HONEST = ["h0", "h1", "h2", "h3"];

/** Each honest agent's own directory, with what it has heard of. */
function directoriesOf(shardAgents: number, depth: number, nowMs: number): Map<string, SelfScreening> {
  const directories = HONEST.map((name) => [name, new Directory(MESH, crypto, id(name), { shardAgents })] as const);
  for (const name of [...HONEST, ...Array.from({ length: SYBILS }, (_, i) => `s${i}`)]) {
    const vcv = signedVcv(name, nowMs, { depth });
    for (const [, directory] of directories) directory.take(nowMs, vcv);
  }
  return new Map(directories.map(([name, directory]) => [name, new SelfScreening(directory, hasher)]));
}

test.each([
  ["of one shard", 20_000, 0],
  ["split into shards", 1_024, 3],
  ["said to be split deeper than it is", 20_000, 6],
])("in a mesh %s, honest agents are called within a few windows", (_, shardAgents, depth) => {
  const book = new Book([single("a", 1)]);
  const screenings = directoriesOf(shardAgents, depth, book.timeMs);
  const startMs = book.timeMs;
  const isAnyCalled = (event: EventOf<"window">): boolean =>
    [...screenings].some(([name, screening]) =>
      screening.isCalled(id(name), { ...event, like: null, job: book.job, author: id("m0") } as never),
    );
  let lengthMs = 0;
  let windows = 0;
  const look = (events: readonly { kind: string }[]): boolean =>
    events.some((event) => {
      if (event.kind !== "window") return false;
      windows++;
      const window = event as EventOf<"window">;
      lengthMs = window.endsMs - book.timeMs;
      return isAnyCalled(window);
    });
  let isCalled = look(book.block([]));
  const busy = book.offer("s0", 1, 1, { load: 1_000_000, lifeMs: 599_000 });
  isCalled = look(book.block([busy])) || isCalled;
  const firstMs = book.ledger.genesis.windowMs;
  while (!isCalled && windows < 60) isCalled = look(book.block([], lengthMs));
  const waited = (book.timeMs - startMs) / firstMs;
  expect(waited).toBeLessThan(8); // before, everybody was called by the first window; with three, it was the third
});
