/** Whom an owner draws from: those that keep jobs and can be reached (protocol.md 4). */

import { expect, test } from "vitest";
import { drawable } from "../../../protocol/agent/drawable.ts";
import type { AgentId } from "../../../protocol/core/ids.ts";
import { RULES_VERSION } from "../../../protocol/core/limits.ts";
import type { Vcv } from "../../../protocol/wire/capability.ts";

const at = (name: string, addresses: readonly string[] = [`/ip4/192.0.2.${name.charCodeAt(0)}/tcp/4001`]): Vcv =>
  ({ agent: name, hosts: true, addresses, rulesVersion: RULES_VERSION }) as unknown as Vcv;
const hidden = (name: string): Vcv => at(name, []);

interface Seeing {
  readonly here?: string;
  readonly away?: string;
}
const draw = (agents: readonly Vcv[], { here = "", away = "" }: Seeing = {}): string =>
  drawable(agents, {
    isHere: (agent: AgentId) => here.includes(agent),
    isAway: (agent: AgentId) => away.includes(agent),
  }).join("");

test("of agents that nobody can dial one is drawn, if it is connected", () => {
  expect(draw([at("a"), at("b"), at("c"), hidden("d"), hidden("e")], { here: "de" })).toBe("abcd");
  expect(draw([at("a"), at("b"), at("c"), hidden("d"), hidden("e")], { here: "e" })).toBe("abce");
  expect(draw([at("a"), at("b"), at("c"), hidden("d"), hidden("e")])).toBe("abc");
});

test("where no driver told an address, nobody is hidden", () => {
  expect(draw([hidden("a"), hidden("b")])).toBe("ab");
});

test("who is away is left out while the committee stays as large", () => {
  const five = ["a", "b", "c", "d", "e"].map((name) => at(name));
  expect(draw(five, { away: "e" })).toBe("abcd");
  expect(draw(five, { away: "de" })).toBe("abcde");
});

test("who keeps no jobs is not drawn", () => {
  expect(draw([at("a"), { ...at("b"), hosts: false }])).toBe("a");
});

test("who has other rules is not drawn: it would refuse the job", () => {
  expect(draw([at("a"), { ...at("b"), rulesVersion: RULES_VERSION - 1 }, at("c")])).toBe("ac");
});
