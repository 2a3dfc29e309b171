/** Who is asked to keep a job, and what the submitter's node makes of their answers and of their silence. */

import { expect, test } from "vitest";
import { decodeValue } from "../../../protocol/wire/value.ts";
import { submissionOf } from "../../../sim/parts/workloads/job-builder.ts";
import { signedVcv } from "../../support/capability-vectors.ts";
import { DrivenAgent, id, jobOf } from "../../support/driven-agent.ts";

const hosts = ["a", "b", "c", "d", "e", "f"];

function clientThatKnows(): DrivenAgent {
  const client = new DrivenAgent("owner", { hosts: false });
  const vcvs = hosts.map((name) => signedVcv(name, client.nowMs));
  client.hear(vcvs);
  return client;
}

function hostsOf(client: DrivenAgent): unknown {
  const out = client.input({ kind: "ask", id: 1, to: id("owner"), query: { kind: "hosts" } });
  const [told] = client.of("event", out);
  if (told?.event.kind !== "reply") throw new Error("no reply");
  const decoded = decodeValue(told.event.bytes);
  return decoded.ok ? decoded.value : decoded.code;
}

test("the silent are left out for a minute, or until they are heard of", () => {
  const client = clientThatKnows();
  expect(hostsOf(client)).toEqual(hosts.map(id));
  const { genesis, job } = jobOf("owner", { committee: hosts });
  client.input(submissionOf(genesis));
  for (const name of ["a", "b", "e", "f"]) client.frame(name, { kind: "inviteSeen", job });
  client.pass(6_000);
  expect(client.of("event").at(-1)!.event).toMatchObject({
    problem: "not-taken",
    declined: new Map(["c", "d"].map((name) => [id(name), ""])),
  });
  expect(hostsOf(client)).toEqual(["a", "b", "e", "f"].map(id));
  client.frame("d", { kind: "inviteSeen", job });
  expect(hostsOf(client)).toEqual(["a", "b", "d", "e", "f"].map(id));
  client.pass(60_000, 1_000);
  expect(hostsOf(client)).toEqual(hosts.map(id));
});

test("a draw that fails names all that refused and all that were silent, so that the next one is without them", () => {
  const client = clientThatKnows();
  const { genesis, job } = jobOf("owner", { committee: hosts });
  client.input(submissionOf(genesis));
  client.frame("b", { kind: "inviteReply", job, yes: false, reason: "it is full" });
  for (const name of ["a", "f"]) client.frame(name, { kind: "inviteReply", job, yes: true, reason: "" });
  client.frame("c", { kind: "inviteReply", job, yes: false, reason: "it is old" });
  client.frame("d", { kind: "inviteSeen", job });
  expect(client.of("event").filter(({ event }) => event.kind === "submitted")).toEqual([]);
  client.pass(6_000);
  // Nobody waits for the inputs of one that may still say yes, when others said no.
  expect(client.of("event").at(-1)!.event).toMatchObject({
    problem: "not-taken",
    declined: new Map([
      [id("b"), "it is full"],
      [id("c"), "it is old"],
      [id("e"), ""],
    ]),
  });
  expect(client.of("event").at(-1)!.event).toMatchObject({ reason: expect.stringContaining("it is full") });
});

test("the last no ends a draw at once", () => {
  const client = clientThatKnows();
  const { genesis, job } = jobOf("owner", { committee: hosts });
  client.input(submissionOf(genesis));
  for (const name of hosts) client.frame(name, { kind: "inviteReply", job, yes: name !== "e", reason: "it is full" });
  expect(client.of("event").at(-1)!.event).toMatchObject({
    problem: "not-taken",
    declined: new Map([[id("e"), "it is full"]]),
  });
});

test("members that hang up before the first block are not waited for, if nothing can be decided without them", () => {
  const startWith = (gone: readonly string[]): DrivenAgent => {
    const client = clientThatKnows();
    for (const name of hosts) client.input({ kind: "connected", agent: id(name), origin: "" });
    const committee = hosts.slice(0, 4);
    const { genesis, job } = jobOf("owner", { committee });
    client.input(submissionOf(genesis));
    for (const name of committee) client.frame(name, { kind: "inviteReply", job, yes: true, reason: "" });
    for (const name of gone) client.input({ kind: "disconnected", agent: id(name) });
    client.pass(4_000, 500);
    return client;
  };
  const declined = (client: DrivenAgent): unknown =>
    client.of("event").flatMap(({ event }) => (event.kind === "submitted" ? [event.declined] : []));
  expect(declined(startWith(["b", "d"]))).toEqual([new Map(["b", "d"].map((name) => [id(name), ""]))]);
  expect(declined(startWith(["b"]))).toEqual([]); // the three others suffice
});
