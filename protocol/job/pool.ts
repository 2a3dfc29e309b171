/**
 * The commands that a member holds for a job: verified once, on arrival, and kept until a block holds them or
 * they have been useless for long. Bounded in total, per author that the job knows,
 * and for strangers per source, because identities cost nothing.
 *
 * Leaves to replica.ts which of them apply, and to the agent to whom they are forwarded.
 *
 * Source: protocol.md 1 (envelopes), 5 A1 (pool and forwarding), A5 (evidence).
 */

import { isSignedProposal, isSignedVote } from "../consensus/ballots.ts";
import { type Crypto, isSigned, statementMessage } from "../core/crypto.ts";
import type { AgentId, Hash, JobId, MeshId } from "../core/ids.ts";
import { limits } from "../core/limits.ts";
import { SharedPlaces } from "../core/shared-places.ts";
import { decode } from "../wire/codec.ts";
import { type Command, commandCodec, type Envelope, envelopeHash } from "../wire/command.ts";
import { ACCEPT, ignore, reject, type Verdict } from "../wire/verdict.ts";

/** Commands that never applied are dropped after this, ms: a reveal may come well before the block that asks for it. */
const USELESS_MS = 60_000;
/** The same where the pool is full: whoever means it says it again. */
const USELESS_WHEN_FULL_MS = 1_000;

export interface PoolEntry {
  readonly hash: Hash;
  readonly command: Command;
  /** Canonical bytes of the command. */
  readonly bytes: Uint8Array;
  /** Signs it, with others. */
  readonly envelope: Pick<Envelope, "author" | "hashes" | "signature">;
  readonly arrivedMs: number;
  /** When it was last forwarded to the other members; null: not yet. */
  forwardedMs: number | null;
  /** When it was forwarded first. */
  firstForwardedMs: number | null;
  /** Times that it was forwarded. */
  forwards: number;
  /** Members that said that they hold it. */
  readonly heldBy: Set<AgentId>;
  /** Whether it would change something on the tip, by the newest judgement (judged-pool.ts). */
  applicable: boolean;
  /** Whether it is a reason to arm a height (A1). */
  arms: boolean;
  /** Its author was unknown to the job when it came. */
  readonly isStranger: boolean;
}

/** Who sent commands. */
export interface Sender {
  /** Where it connects from (agent/admission.ts). */
  readonly source: string;
  /** A host of the job: it hands on the commands of many, and only those that it was asked for. */
  readonly isHost: boolean;
}

/** What the pool asks about commands and authors. */
export interface PoolQuestions {
  /** A block holds it already. */
  isDone(hash: Hash): boolean;
  /** A block waits for it: taken even when the pool is full. */
  isWanted(hash: Hash): boolean;
  /** The job knows the author: owner, member, standby, or an agent that the ledger has a record of. */
  isInvolved(author: AgentId): boolean;
  /** Whether a block that is being decided holds the command, or waits for it. */
  isKept(hash: Hash): boolean;
  /** Whether the command would change something now. */
  isOfUse(command: Command): boolean;
}

interface Share {
  count: number;
  bytes: number;
}

interface Added {
  readonly verdict: Verdict;
  readonly added: PoolEntry[];
}

const none = (verdict: Verdict): Added => ({ verdict, added: [] });

type NewEntry = Pick<PoolEntry, "hash" | "command" | "bytes" | "envelope" | "arrivedMs" | "isStranger">;

const entryOf = (entry: NewEntry): PoolEntry => ({
  ...entry,
  forwardedMs: null,
  firstForwardedMs: null,
  forwards: 0,
  heldBy: new Set(),
  applicable: false,
  arms: false,
});

/** The blob that a command rests on, if it does. */
export function blobOf(command: Command): { readonly hash: Hash; readonly bytes: number } | null {
  return command.body.kind === "result" && command.body.data.kind === "blob" ? command.body.data : null;
}

export class Pool {
  readonly #meshId: MeshId;
  readonly #job: JobId;
  readonly #crypto: Crypto;
  readonly #entries = new Map<Hash, PoolEntry>();
  readonly #perAuthor = new Map<AgentId, Share>();
  /** Commands of strangers, by the source that sent them: identities cost nothing. */
  readonly #strangers = new SharedPlaces<Hash, true>(limits.poolStrangers);
  #bytes = 0;

  constructor(meshId: MeshId, job: JobId, crypto: Crypto) {
    this.#meshId = meshId;
    this.#job = job;
    this.#crypto = crypto;
  }

  get size(): number {
    return this.#entries.size;
  }

  get(hash: Hash): PoolEntry | undefined {
    return this.#entries.get(hash);
  }

  has(hash: Hash): boolean {
    return this.#entries.has(hash);
  }

  /** In the order of arrival. */
  entries(): IterableIterator<PoolEntry> {
    return this.#entries.values();
  }

  /** Commands by hash, for others that lack them. */
  envelopesOf(hashes: readonly Hash[]): Envelope[] {
    const entries = hashes.map((hash) => this.#entries.get(hash)).filter((entry) => entry !== undefined);
    return toEnvelopes(this.#job, entries);
  }

  /** Whether anybody but `self` offers for a skill and waits for a block. */
  hasOffer(skill: string, self: AgentId): boolean {
    for (const { command } of this.#entries.values()) {
      if (command.body.kind === "offer" && command.body.skill === skill && command.author !== self) return true;
    }
    return false;
  }

  delete(hash: Hash): void {
    const entry = this.#entries.get(hash);
    if (entry === undefined) return;
    this.#entries.delete(hash);
    this.#strangers.delete(hash);
    this.#account(entry, -1);
  }

  #account(entry: PoolEntry, sign: 1 | -1): void {
    const { author } = entry.command;
    const mine = this.#perAuthor.get(author) ?? { count: 0, bytes: 0 };
    this.#perAuthor.set(author, mine);
    mine.count += sign;
    mine.bytes += sign * entry.bytes.length;
    this.#bytes += sign * entry.bytes.length;
    if (mine.count === 0) this.#perAuthor.delete(author);
  }

  /** What was first handed on at that time or before. */
  forwardedBefore(atMs: number): PoolEntry[] {
    return [...this.entries()].filter(({ firstForwardedMs }) => firstForwardedMs !== null && firstForwardedMs <= atMs);
  }

  /** Drops what was of no use for long. `isKept`: commands of blocks that are being decided. */
  prune(nowMs: number, isKept: (hash: Hash) => boolean): void {
    const isFull = this.#entries.size >= limits.poolCommands / 2 || this.#bytes >= limits.poolBytes / 2;
    const uselessMs = isFull ? USELESS_WHEN_FULL_MS : USELESS_MS;
    for (const entry of this.#entries.values()) {
      if (!entry.applicable && nowMs - entry.arrivedMs > uselessMs && !isKept(entry.hash)) this.delete(entry.hash);
    }
  }

  /** Takes the commands of an envelope that are new; those of strangers only if they are of use now. */
  add(nowMs: number, envelope: Envelope, questions: PoolQuestions, sender: Sender): Added {
    const read = this.#read(nowMs, envelope, questions, sender);
    if (!Array.isArray(read)) return none(read);
    if (read.length === 0) return none(ignore("known"));
    if (!this.#isSigned(envelope)) return none(reject("bad-signature"));
    // To judge is cheaper than to check the signatures of evidence, of which anybody can make up any number.
    const isUseless = ({ isStranger, hash, command }: PoolEntry): boolean =>
      isStranger && !questions.isWanted(hash) && !questions.isOfUse(command);
    const fresh = read.filter((entry) => !isUseless(entry));
    for (const { command } of fresh) {
      const problem = this.#explainBadEvidence(command);
      if (problem !== null) return none(reject(problem));
    }
    for (const entry of fresh) {
      if (entry.isStranger && !questions.isWanted(entry.hash)) {
        entry.applicable = true;
        this.#makeRoom(entry.hash, sender, questions);
      }
      this.#insert(entry);
    }
    return fresh.length === 0 ? none(ignore("of-no-use")) : { verdict: ACCEPT, added: fresh };
  }

  /** Its new commands, as far as can be told without its signature. */
  #read(nowMs: number, envelope: Envelope, questions: PoolQuestions, sender: Sender): PoolEntry[] | Verdict {
    if (envelope.job !== this.#job) return reject("other-job");
    const listed = new Set(envelope.hashes);
    const fresh = new Map<Hash, PoolEntry>();
    const proof = { author: envelope.author, hashes: envelope.hashes, signature: envelope.signature };
    const isStranger = !questions.isInvolved(envelope.author);
    for (const bytes of envelope.commands) {
      const hash = this.#crypto.hash(bytes);
      if (!listed.has(hash)) return reject("command-not-listed");
      if (this.#entries.has(hash) || questions.isDone(hash) || fresh.has(hash)) continue;
      const isFull = isStranger ? this.#isFullFor(sender, fresh.size) : this.#isFull(envelope.author, fresh.size);
      if (!questions.isWanted(hash) && isFull) return ignore("pool-full");
      const decoded = decode(commandCodec, bytes);
      if (!decoded.ok) return reject(decoded.code);
      const command = decoded.value;
      if (command.job !== this.#job || command.author !== envelope.author) return reject("command-of-another");
      fresh.set(hash, entryOf({ hash, command, bytes, envelope: proof, arrivedMs: nowMs, isStranger }));
    }
    return [...fresh.values()];
  }

  /** Takes back what this agent itself had stored: checked when it came in the first time. False: it is damaged. */
  restore(envelope: Envelope): boolean {
    const proof = { author: envelope.author, hashes: envelope.hashes, signature: envelope.signature };
    const listed = new Set(envelope.hashes);
    for (const bytes of envelope.commands) {
      const hash = this.#crypto.hash(bytes);
      const decoded = decode(commandCodec, bytes);
      if (!decoded.ok || !listed.has(hash)) return false;
      if (this.#entries.has(hash)) continue;
      const command = decoded.value;
      this.#insert(entryOf({ hash, command, bytes, envelope: proof, arrivedMs: 0, isStranger: false }));
    }
    return true;
  }

  get #isOverfull(): boolean {
    return this.#entries.size >= limits.poolCommands || this.#bytes >= limits.poolBytes;
  }

  /** For a command of an author that the job knows, who sent `more` with it. */
  #isFull(author: AgentId, more: number): boolean {
    const { count, bytes } = this.#perAuthor.get(author) ?? { count: 0, bytes: 0 };
    if (this.#isOverfull || this.#entries.size + more >= limits.poolCommands) return true;
    return bytes >= limits.poolBytesPerAuthor || count + more >= limits.poolCommandsPerAuthor;
  }

  /** For a stranger's command. */
  #isFullFor({ source, isHost }: Sender, more: number): boolean {
    const most = isHost ? limits.poolStrangers / 4 : limits.poolPerSource;
    return this.#isOverfull || this.#strangers.countOf(source) + more >= most;
  }

  /** A place for a stranger's command: those that are no longer of use go first, then the oldest of who sent most. */
  #makeRoom(hash: Hash, { source }: Sender, { isKept }: PoolQuestions): void {
    if (this.#strangers.size >= limits.poolStrangers)
      for (const [other] of this.#strangers.entries())
        if (this.#entries.get(other)?.applicable !== true && !isKept(other)) this.delete(other);
    const displaced = this.#strangers.set(hash, source, true);
    if (displaced !== null && !isKept(displaced[0])) this.delete(displaced[0]);
  }

  #insert(entry: PoolEntry): void {
    this.#entries.set(entry.hash, entry);
    this.#account(entry, 1);
  }

  #isSigned(envelope: Envelope): boolean {
    return isSigned(this.#crypto, envelope, () => {
      const message = statementMessage(this.#meshId, "commands", envelopeHash(this.#crypto.hash, envelope));
      return this.#crypto.verify(envelope.author, message, envelope.signature);
    });
  }

  /** Evidence is checked like any signature: once, when it comes in (A5). */
  #explainBadEvidence({ body }: Command): string | null {
    if (body.kind !== "equivocation" && body.kind !== "doubleProposal") return null;
    const { first, second } = body;
    const isSamePlace =
      first.job === this.#job &&
      second.job === first.job &&
      first.height === second.height &&
      first.round === second.round;
    if (!isSamePlace) return "not-evidence";
    if (body.kind === "equivocation") {
      const [a, b] = [body.first, body.second];
      if (a.kind !== b.kind || a.voter !== b.voter || a.block === b.block) return "not-evidence";
      return isSignedVote(this.#meshId, this.#crypto, a) && isSignedVote(this.#meshId, this.#crypto, b)
        ? null
        : "not-evidence";
    }
    const [a, b] = [body.first, body.second];
    if (a.proposer !== b.proposer || (a.block === b.block && a.validRoundPlus1 === b.validRoundPlus1))
      return "not-evidence";
    return isSignedProposal(this.#meshId, this.#crypto, a) && isSignedProposal(this.#meshId, this.#crypto, b)
      ? null
      : "not-evidence";
  }
}

/** Entries as partial envelopes, each signed list once. */
export function toEnvelopes(job: JobId, entries: Iterable<Pick<PoolEntry, "bytes" | "envelope">>): Envelope[] {
  const byProof = new Map<PoolEntry["envelope"], Uint8Array[]>();
  for (const entry of entries) {
    const commands = byProof.get(entry.envelope);
    if (commands === undefined) byProof.set(entry.envelope, [entry.bytes]);
    else commands.push(entry.bytes);
  }
  return [...byProof].map(([proof, commands]) => ({ job, ...proof, commands }));
}
