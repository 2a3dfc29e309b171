/**
 * Known bugs of systems like this one, each as the smallest change of text that brings it back.
 */

export interface Mutant {
  readonly name: string;
  /** Noticed within a dozen seeds. */
  readonly quick?: boolean;
  /** The property that must break, where it is not left to the first that does. */
  readonly by?: string;
  /** `from` must stand exactly once in the file. */
  readonly patches: readonly { readonly file: string; readonly from: string; readonly to: string }[];
}

const CONSENSUS = "consensus/consensus.ts";
const RECORD = "consensus/record.ts";

export const MUTANTS: readonly Mutant[] = [
  {
    name: "forget the lock on restart",
    quick: true,
    patches: [{ file: RECORD, from: "if (record.locked !== null) state.locked = record.locked;", to: "" }],
  },
  {
    name: "forget own votes on restart",
    patches: [
      {
        file: RECORD,
        from: "for (const vote of record.votes) {",
        to: "for (const vote of [] as typeof record.votes) {",
      },
    ],
  },
  {
    name: "write votes without forcing them to disk",
    patches: [
      {
        file: "agent/hosted-job.ts",
        from: "slot: SLOT.vote, bytes: encodeRecord(record), durable: true",
        to: "slot: SLOT.vote, bytes: encodeRecord(record), durable: false",
      },
    ],
  },
  {
    name: "vote on without the votes that were lost",
    by: "A4 no double signing",
    patches: [
      {
        file: "consensus/abstention.ts",
        from: "return this.#untilHeight === null || height <= this.#untilHeight;",
        to: "return false;",
      },
    ],
  },
  {
    name: "count a vote twice",
    patches: [
      {
        file: "consensus/vote-set.ts",
        from: "if (tally.votes.has(vote.voter)) return; // never count a vote twice",
        to: "",
      },
      { file: "consensus/intake.ts", from: 'if (set?.has(vote)) return ignore("known");', to: "" },
    ],
  },
  {
    name: "a quorum of 2f",
    quick: true,
    patches: [
      {
        file: "consensus/committee.ts",
        from: "isQuorum: (sum) => 3 * sum > 2 * total",
        to: "isQuorum: (sum) => sum >= 2 * Math.floor((total - 1) / 3)",
      },
    ],
  },
  {
    name: "count heads, not power",
    quick: true,
    patches: [
      {
        file: "consensus/committee.ts",
        from: "const power = (agent: AgentId): number => powers.get(agent) ?? 0;",
        to: "const power = (agent: AgentId): number => (powers.has(agent) ? total / members.length : 0);",
      },
    ],
  },
  {
    name: "draw newcomers without a bound",
    by: "14 powers",
    patches: [
      {
        file: "job/committee-draw.ts",
        from: "return 3 * held.reduce((sum, { power }) => sum + power, 0) < total;",
        to: "return 3 * held.length < 30 * total;",
      },
    ],
  },
  {
    name: "newcomers inherit a seat's power",
    patches: [{ file: "job/committee-changes.ts", from: "(standby) => standby.power >= power", to: "() => true" }],
  },
  {
    name: "prevote against the lock",
    patches: [
      { file: CONSENSUS, from: 'if (locked !== null && locked.block !== statement.block) return "no"; // L23', to: "" },
    ],
  },
  {
    name: "drop the lock on a quorum for nil",
    quick: true,
    patches: [
      {
        file: CONSENSUS,
        from: 'this.#vote("precommit", null); // L44-L46',
        to: 'state.locked = null; state.valid = null; this.#vote("precommit", null);',
      },
    ],
  },
  {
    name: "judge a locked value by the clock",
    patches: [
      {
        file: CONSENSUS,
        from: 'return locked === null || locked.round <= validRound || locked.block === statement.block ? "yes" : "no"; // L29',
        to: 'if (this.#app.timely(block, this.#now, round, this.#pace.timeoutMs(round)) !== "yes") return "no"; return locked === null || locked.round <= validRound || locked.block === statement.block ? "yes" : "no";',
      },
    ],
  },
  {
    name: "resend by who voted",
    patches: [
      {
        file: "consensus/healing.ts",
        from: "for (const to of others) this.#resend(to, state, out);",
        to: "for (const to of others) if (state.rounds.get(state.round)?.prevote.of(to) === undefined) this.#resend(to, state, out);",
      },
    ],
  },
  {
    name: "never resend",
    patches: [{ file: "consensus/healing.ts", from: "for (const to of others) this.#resend(to, state, out);", to: "" }],
  },
  {
    name: "accept a committed command twice",
    patches: [
      { file: "job/command-memory.ts", from: "return this.#done.has(command);", to: "return this.#done.size < 0;" },
      {
        file: "job/offers.ts",
        from: "if (offerCounter >= counter) return",
        to: "if (offerCounter > Number.MAX_SAFE_INTEGER) return",
      },
    ],
  },
  {
    name: "propose a fresh value against one's valid value",
    patches: [
      { file: CONSENSUS, from: "const valid = state.valid;\n", to: "const valid = null as typeof state.valid;\n" },
    ],
  },
  {
    name: "let a late result spend what was promised to others",
    quick: true,
    patches: [{ file: "job/batch.ts", from: "freeSeats(task) > 0 && award.price <= left", to: "left >= left" }],
  },
  {
    name: "reveal before the batch is open",
    quick: true,
    patches: [
      {
        file: "job/deliveries.ts",
        from: 'if (task.phase !== "open" || award?.status !== "sealed" || nonce === null) return "not-open";',
        to: 'if (award?.status !== "sealed" || nonce === null) return "not-open";',
      },
      {
        file: "agent/worker.ts",
        from: "this.#saySeal(known, held, work);",
        to: "this.#saySeal(known, held, work); this.#say(known, held, resultCommand(held.ref, work, true));",
      },
    ],
  },
  {
    name: "decide by the order in which a map was filled",
    by: "3 state",
    patches: [
      {
        file: "job/journal.ts",
        from: "return [...this.#entries].sort((a, b) => compareUnits(a[0], b[0]));",
        to: "return [...this.#entries];",
      },
    ],
  },
  {
    name: "let agents check their own answers",
    patches: [{ file: "job/eligible.ts", from: "      !task.barred.includes(offer.agent) &&\n", to: "" }],
  },
  {
    name: "take an answer that verifiers refuted",
    patches: [{ file: "job/batch.ts", from: "if (!isConfirmed(answer)) {", to: 'if (answer.kind === "blob") {' }],
  },
];
