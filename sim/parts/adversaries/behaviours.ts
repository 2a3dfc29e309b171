/**
 * Behaviours that a scenario gives to groups of agents: workers that lie, copy, idle or boast, and members that lie in
 * the protocol. Each changes an agent before the world begins; none can forge another's signature.
 */

import { z } from "zod";
import { createPrng } from "../../../protocol/core/prng.ts";
import { decode } from "../../../protocol/wire/codec.ts";
import { commandCodec } from "../../../protocol/wire/command.ts";
import { decodeMessage } from "../../../protocol/wire/message.ts";
import { topicKind } from "../../../protocol/wire/topics.ts";
import { decodeValue, type Value } from "../../../protocol/wire/value.ts";
import { defineBehaviour } from "../../model/define.ts";
import type { BehavedAgent, Behaviour } from "../../model/registry.ts";
import type { WrapMachine } from "../../world/options.ts";
import type { SimulatedSkill, SkillOutcome } from "../../world/skill.ts";
import { rightAnswer, wrongAnswer } from "../workloads/truth.ts";
import { restate } from "../workloads/wording.ts";
import { withAdversary } from "./adversary.ts";
import { createStrategy, STRATEGIES, type StrategyName } from "./catalog.ts";
import { FLOODS, type Flood, floods } from "./floods.ts";
import { BLOCK_LIES, liesAsCommittee } from "./lying-committee.ts";
import { fillsPlaces, saysYesAndIsGone } from "./strangers.ts";
import { withStrategy } from "./strategy.ts";
import { workerAdversary } from "./workers.ts";

const share = z.number().min(0).max(1);
/** Names that a flood makes up. */
const MADE_UP = 50;

function behaviour<S extends z.ZodObject>(
  name: string,
  summary: string,
  options: S,
  apply: (agent: BehavedAgent, options: z.output<S>) => BehavedAgent,
  traits: Pick<Behaviour, "isByzantine"> = {},
): Behaviour {
  return defineBehaviour({ name, summary, options, apply, ...traits });
}

const withWrap = (agent: BehavedAgent, wrap: WrapMachine): BehavedAgent => {
  const inner = agent.spec.wrap;
  const both: WrapMachine = inner === undefined ? wrap : (create, tools) => wrap(inner(create, tools), tools);
  return { ...agent, spec: { ...agent.spec, wrap: both } };
};

const withSkill = (agent: BehavedAgent, change: (skill: SimulatedSkill) => SimulatedSkill): BehavedAgent => ({
  ...agent,
  skill: change(agent.skill),
});

/** So that its true chance of a right answer accounts for its lies, or for answers that it never gives. */
const lessHonest = (agent: BehavedAgent, lies: number): BehavedAgent => ({
  ...agent,
  honesty: agent.honesty * (1 - lies),
});

/** Notes the outputs that others reveal, as far as this agent hears them as a member or a standby. */
const readsResults = (seen: Map<string, Value>): WrapMachine =>
  withAdversary(() => ({
    onInput(_, input) {
      const decoded = input.kind === "frame" ? decodeMessage(input.bytes) : null;
      if (decoded?.ok !== true || decoded.value.kind !== "envelopes") return [input];
      for (const body of decoded.value.envelopes.flatMap((envelope) => envelope.commands)) {
        const command = decode(commandCodec, body);
        if (!command.ok || command.value.body.kind !== "result" || command.value.body.data.kind !== "inline") continue;
        const output = decodeValue(command.value.body.data.bytes);
        if (output.ok) seen.set(`${command.value.job} ${command.value.body.task}`, output.value);
      }
      return [input];
    },
  }));

/** What a liar gives: the same wrong answer as its friends, or one of its own. */
function lie(
  did: BehavedAgent["did"],
  call: Parameters<SimulatedSkill>[0],
  outcome: SkillOutcome,
  salt: string,
): SkillOutcome {
  if ("failure" in outcome) return outcome;
  const right = rightAnswer(call);
  if (right === undefined) return outcome;
  did("lie");
  if (typeof outcome.output === "boolean") return { ...outcome, output: !outcome.output };
  const variant = createPrng(`${salt}/${call.award.job}/${call.award.task}`).below(1_000_000);
  return { ...outcome, output: restate(outcome.output, wrongAnswer(right, variant)) };
}

const liar = behaviour(
  "liar",
  "gives wrong answers, alone or all the same one",
  z.strictObject({ confidence: share.default(1), collude: z.boolean().default(false), odds: share.default(1) }),
  (agent, { confidence, collude, odds }) =>
    withSkill(lessHonest(agent, odds), (skill) => (call) => {
      const outcome = skill(call);
      if ("failure" in outcome || !agent.prng.chance(odds)) return outcome;
      const salt = collude ? "together" : agent.spec.name;
      return {
        ...lie(agent.did, call, outcome, salt),
        confidencePpm: Math.round(confidence * 1_000_000),
      } as SkillOutcome;
    }),
);

const freeRider = behaviour(
  "freeRider",
  "answers at once and without work: one of the wrong answers, whatever was asked",
  z.strictObject({}),
  (agent) =>
    withSkill(lessHonest(agent, 1), (skill) => (call) => {
      const outcome = lie(agent.did, call, skill(call), "free ride");
      return "failure" in outcome ? outcome : { ...outcome, afterMs: 1 };
    }),
);

const flip = behaviour(
  "flip",
  "is honest for this many results, and lies from then on",
  z.strictObject({ after: z.number().int().min(0).default(20) }),
  (agent, { after }) => {
    let given = 0;
    return withSkill(
      agent,
      (skill) => (call) => (given++ < after ? skill(call) : lie(agent.did, call, skill(call), "flipped")),
    );
  },
);

const boast = behaviour(
  "boast",
  "states full confidence, and promises to be faster and cheaper than it is",
  z.strictObject({ priceFactor: share.default(0.5), speedFactor: share.default(0.2) }),
  (agent, { priceFactor, speedFactor }) => {
    const profile = { ...agent.profile, calibration: "overconfident" as const };
    const skills = (agent.spec.config?.skills ?? []).map((ad) => ({
      ...ad,
      price: Math.max(1, Math.round(ad.price * priceFactor)),
      expectedMs: Math.max(1, Math.round(ad.expectedMs * speedFactor)),
    }));
    return { ...agent, profile, spec: { ...agent.spec, config: { ...agent.spec.config, skills } } };
  },
);

const neverDeliver = behaviour(
  "neverDeliver",
  "takes awards and gives nothing",
  z.strictObject({ odds: share.default(1) }),
  (agent, { odds }) =>
    withWrap(
      lessHonest(agent, odds),
      workerAdversary("take-and-never-deliver", odds, () => agent.did("take-and-never-deliver")),
    ),
);

const late = behaviour(
  "late",
  "continues beyond the end of its leases, and delivers then",
  z.strictObject({ odds: share.default(1), factor: z.number().min(1).default(4) }),
  (agent, { odds, factor }) => {
    const slow = withSkill(agent, (skill) => (call) => {
      const outcome = skill(call);
      return { ...outcome, afterMs: outcome.afterMs * factor };
    });
    return withWrap(
      slow,
      workerAdversary("overrun", odds, () => agent.did("overrun")),
    );
  },
);

const copycat = behaviour(
  "copycat",
  "gives what it saw another agent give for the same task, if it saw one; else a guess",
  z.strictObject({}),
  (agent) => {
    const seen = new Map<string, Value>();
    const copies = withSkill(agent, (skill) => (call) => {
      const known = seen.get(`${call.award.job} ${call.award.task}`);
      const outcome = skill(call);
      if ("failure" in outcome) return outcome;
      return known === undefined ? lie(agent.did, call, outcome, "guess") : { ...outcome, afterMs: 1, output: known };
    });
    return withWrap(copies, readsResults(seen));
  },
);

const byzantineMember = behaviour(
  "byzantineMember",
  `lies in the protocol when it is a member of a committee: ${STRATEGIES.slice(0, 6).join(", ")}, …`,
  z.strictObject({
    strategies: z.array(z.enum(STRATEGIES)).min(1),
    periodMs: z.number().min(0).default(0),
  }),
  (agent, { strategies, periodMs }) => {
    const salt = agent.prng.below(1_000);
    const names: readonly StrategyName[] = strategies;
    return withWrap(
      agent,
      withStrategy(() => createStrategy(names, periodMs, { salt, members: agent.hosts }, agent.did)),
    );
  },
  { isByzantine: true },
);

const flood = behaviour(
  "flood",
  "sends junk to everybody that it is connected with: commands, frames that do not decode, announcements, capability vectors of agents that do not exist, offers that no task can use",
  z.strictObject({
    perSecond: z.number().min(1).max(10_000).default(100),
    what: z.enum(FLOODS).default("commands"),
  }),
  (agent, options) => {
    const coalition = Array.from({ length: MADE_UP }, (_, i) => `${agent.spec.name} made up ${i}`);
    const did = (): void => agent.did(`flood-${options.what}`);
    return withWrap({ ...agent, spec: { ...agent.spec, coalition } }, floods(options as Flood, did));
  },
  { isByzantine: true },
);

const fillPlaces = behaviour(
  "fillPlaces",
  "submits job after job that can never be decided, to take the places of hosts",
  z.strictObject({ everyMs: z.number().min(10).default(500) }),
  (agent, { everyMs }) => withWrap(agent, fillsPlaces({ everyMs, hosts: agent.hosts, did: agent.did })),
  { isByzantine: true },
);

const yesAndGone = behaviour(
  "yesAndGone",
  "agrees to host jobs, and says nothing more once one starts",
  z.strictObject({}),
  (agent) =>
    withWrap(
      agent,
      saysYesAndIsGone(() => agent.did("yes-and-gone")),
    ),
  { isByzantine: true },
);

const withholdBlobs = behaviour("withholdBlobs", "has blobs and gives none", z.strictObject({}), (agent) => ({
  ...agent,
  spec: {
    ...agent.spec,
    withholds() {
      agent.did("withhold-blobs");
      return true;
    },
  },
}));

const flaky = behaviour(
  "flaky",
  "fails now and then: says that it is busy or wrong, refuses, errs or crashes",
  z.strictObject({ odds: share.default(0.2) }),
  (agent, { odds }) =>
    withSkill(lessHonest(agent, odds), (skill) => (call) => {
      const outcome = skill(call);
      if (!agent.prng.chance(odds)) return outcome;
      const failure = agent.prng.pick(["error", "busy", "refused", "crashed", "wrong-answer"] as const);
      return { afterMs: outcome.afterMs, failure, message: "simulated" };
    }),
);

const straggler = behaviour(
  "straggler",
  "takes now and then longer, by up to `byMs`: late enough for a hedge, or for the end of its lease",
  z.strictObject({ odds: share.default(0.2), byMs: z.number().min(0).default(20_000) }),
  (agent, { odds, byMs }) =>
    withSkill(agent, (skill) => (call) => {
      const outcome = skill(call);
      const lateMs = agent.prng.chance(odds) ? agent.prng.unit() * byMs : 0;
      return { ...outcome, afterMs: outcome.afterMs + lateMs };
    }),
);

const lyingCommittee = behaviour(
  "lyingCommittee",
  "where it is the only member of a committee, gives others altered blocks of that job (fault rogueJob)",
  z.strictObject({ lie: z.enum(BLOCK_LIES), fromHeight: z.number().int().min(1).default(1) }),
  (agent, options) =>
    withWrap(
      agent,
      withStrategy(() => liesAsCommittee(options.lie, options.fromHeight, () => true)),
    ),
  { isByzantine: true },
);

/** Sends no messages of these kinds, and publishes on none of these topics. */
export const mutes = (kinds: ReadonlySet<string>): WrapMachine =>
  withAdversary(() => ({
    onEffects: (_, effects) =>
      effects.filter((effect) => {
        if (effect.kind === "publish") return !kinds.has(topicKind(effect.topic));
        if (effect.kind !== "send") return true;
        const decoded = decodeMessage(effect.bytes);
        return !decoded.ok || !kinds.has(decoded.value.kind);
      }),
  }));

export const BEHAVIOURS: readonly Behaviour[] = [
  liar,
  freeRider,
  copycat,
  flip,
  boast,
  neverDeliver,
  late,
  byzantineMember,
  flood,
  fillPlaces,
  yesAndGone,
  withholdBlobs,
  flaky,
  straggler,
  lyingCommittee,
];
