/** Slow transfers of strangers, with however many identities, keep nobody from fetching. */

import { expect, test } from "vitest";
import { type Partner, TransferPlaces } from "../../../node/network/transfer-places.ts";
import type { AgentId } from "../../../protocol/core/ids.ts";

const guest = (name: string, source: string): Partner => ({ agent: name as AgentId, source, isGuest: true });
const member = (name: string): Partner => ({ agent: name as AgentId, source: name, isGuest: false });

/** Who has a place, or waits for one that never comes. */
class Hall {
  readonly places = new TransferPlaces(4, 2, 8);
  readonly inside = new Map<string, () => void>();
  readonly refused: string[] = [];

  async enter(...partners: readonly Partner[]): Promise<void> {
    for (const partner of partners)
      this.places
        .enter(partner, () => this.inside.delete(partner.agent))
        .then(
          (leave) => this.inside.set(partner.agent, leave),
          () => this.refused.push(partner.agent),
        );
    await new Promise(setImmediate);
  }

  async leave(name: string): Promise<void> {
    this.inside.get(name)!();
    this.inside.delete(name);
    await new Promise(setImmediate);
  }

  get names(): string[] {
    return [...this.inside.keys()];
  }
}

test("identities of one network that hold all places give them up to other networks and to members", async () => {
  const hall = new Hall();
  await hall.enter(guest("s1", "net"), guest("s2", "net"), guest("s3", "net"), guest("s4", "net"));
  await hall.enter(guest("s5", "net"));
  expect(hall.names).toEqual(["s1", "s2", "s3", "s4"]);
  await hall.enter(guest("honest", "other"));
  expect(hall.names).toEqual(["s2", "s3", "s4", "honest"]);
  await hall.enter(member("m1"), member("m2"));
  expect(hall.names).toEqual(["s4", "honest", "m1", "m2"]);
  await hall.enter(member("m3"), member("m4"), member("m5"));
  expect(hall.names).toEqual(["m1", "m2", "m3", "m4"]); // who shares a job gives way to nobody
});

test("a free place goes to who shares a job, then to the source with fewest, then to who has waited for longest", async () => {
  const hall = new Hall();
  await hall.enter(member("m1"), member("m2"), member("m3"), guest("s1", "net"));
  await hall.enter(guest("s2", "net"), guest("h1", "other"), guest("h2", "third"));
  await hall.leave("m1");
  await hall.leave("m2");
  expect(hall.names).toEqual(["m3", "s1", "h1", "h2"]);
  await hall.enter(guest("h3", "fourth"));
  await hall.leave("m3");
  expect(hall.names).toEqual(["s1", "h1", "h2", "h3"]);
});

test("who waits gives way to other sources, and nobody waits when all end", async () => {
  const hall = new Hall();
  await hall.enter(member("m1"), member("m2"), member("m3"), member("m4"));
  await hall.enter(...Array.from({ length: 9 }, (_, i) => guest(`s${i}`, "net")), guest("honest", "other"));
  expect(hall.refused).toEqual(["s0", "s1"]);
  hall.places.clear();
  await new Promise(setImmediate);
  expect(hall.refused.length).toBe(10);
});
