/** An agent that joins asks more neighbours than the first ones, and a neighbour that does not answer gets another chance. */

import { expect, test } from "vitest";
import { defaultCommitteeSize } from "../../protocol/job/committee-draw.ts";
import { decodeValue } from "../../protocol/wire/value.ts";
import { submissionOf } from "../../sim/parts/workloads/job-builder.ts";
import { signedVcv } from "../support/capability-vectors.ts";
import { DrivenAgent, id, jobOf } from "../support/driven-agent.ts";

function hostsOf(client: DrivenAgent): readonly string[] {
  const out = client.input({ kind: "ask", id: 1, to: id("owner"), query: { kind: "hosts" } });
  const [told] = client.of("event", out);
  if (told?.event.kind !== "reply") throw new Error("no reply");
  const decoded = decodeValue(told.event.bytes);
  return decoded.ok ? (decoded.value as string[]) : [];
}

const askedBy = (agent: DrivenAgent): string[] =>
  agent
    .sent()
    .filter(({ message }) => message.kind === "fetchVcvs")
    .map(({ to }) => to);

test("an honest neighbour is asked within a minute, whoever connected first", () => {
  const joiner = new DrivenAgent("owner", { hosts: false });
  for (const liar of ["x0", "x1", "x2"]) joiner.input({ kind: "connected", agent: id(liar), origin: "" });
  for (const honest of ["h0", "h1", "h2", "h3"]) joiner.input({ kind: "connected", agent: id(honest), origin: "" });
  joiner.pass(60_000, 500);
  expect(askedBy(joiner).filter((to) => to.startsWith("h"))).not.toEqual([]);
});

test("a neighbour that comes and goes does not use up what others are asked", () => {
  const joiner = new DrivenAgent("owner", { hosts: false });
  for (let i = 0; i < 20; i++) {
    joiner.input({ kind: "connected", agent: id("x0"), origin: "" }); // the liar, just before each honest one
    joiner.input({ kind: "connected", agent: id(`h${i}`), origin: "" });
    joiner.input({ kind: "disconnected", agent: id("x0") });
    joiner.pass(10_100, 1_000);
  }
  const asked = askedBy(joiner);
  expect(asked.filter((to) => to.startsWith("h")).length).toBeGreaterThan(asked.filter((to) => to === "x0").length);
});

const hosts = ["a", "b", "c", "d", "e", "f", "g"];
function clientThatKnows(): DrivenAgent {
  const client = new DrivenAgent("owner", { hosts: false });
  client.frame("a", { kind: "vcvs", vcvs: hosts.map((name) => signedVcv(name, client.nowMs)) });
  return client;
}

test("a submitter that was itself paused does not hold everybody for absent", () => {
  const client = clientThatKnows();
  const { genesis, job } = jobOf("owner", { committee: hosts });
  client.input(submissionOf(genesis));
  client.nowMs += 6_000; // the process stood still; their answers wait in its inbox
  client.input({ kind: "tick" });
  for (const name of hosts) {
    client.frame(name, { kind: "inviteSeen", job });
    client.frame(name, { kind: "inviteReply", job, yes: true, reason: "" });
    client.frame(name, { kind: "pulse", load: 0, positions: [] });
  }
  expect(hostsOf(client)).toEqual(hosts.map(id));
});

test("hosts that are slow for six seconds, and then answer, do not shrink the next job's committee to one", () => {
  const client = clientThatKnows();
  const { genesis, job } = jobOf("owner", { committee: hosts });
  client.input(submissionOf(genesis));
  for (const name of hosts.slice(0, 3)) client.frame(name, { kind: "inviteSeen", job });
  client.pass(6_000);
  for (const name of hosts.slice(3)) client.frame(name, { kind: "inviteReply", job, yes: true, reason: "" });
  expect(defaultCommitteeSize(hosts.length)).toBe(4);
  expect(defaultCommitteeSize(hostsOf(client).length)).toBe(4);
});
