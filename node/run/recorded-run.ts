/**
 * What the agents of a real run answered, read from its trace: for each answer its confidence, how long it took, and whether it was
 * right. `meshwork record` writes it in the form that the simulator replays (sim/parts/workloads/recorded-answers.ts).
 *
 * What is right says either the run itself, which accepted an answer, or somebody who knows (truth-file.ts).
 */

import { decodeRoot } from "../../protocol/agent/job-records.ts";
import { groupOutputs, type Output } from "../../protocol/answer/grouping.ts";
import { compareUnits } from "../../protocol/core/bytes.ts";
import { taskParts } from "../../protocol/core/ids.ts";
import type { TraceLine } from "../../protocol/core/trace.ts";
import type { LedgerEvent } from "../../protocol/job/event.ts";
import { decode } from "../../protocol/wire/codec.ts";
import { type BodyOf, commandCodec } from "../../protocol/wire/command.ts";
import { type Comparator, genesisCodec } from "../../protocol/wire/genesis.ts";
import { committedBlockCodec } from "../../protocol/wire/message.ts";

/** One line of `answers.jsonl`. */
export interface RecordedAnswer {
  readonly agent: string;
  /** The place of its task among those that are recorded: agents with the same place had the same task. */
  readonly task: number;
  /** The task of the job file. */
  readonly kind: string;
  readonly right: boolean;
  readonly confidence: number;
  readonly latencyMs: number;
  /** Which of the wrong answers to the task; equal numbers are equal answers. */
  readonly wrong?: number;
}

export interface RecordedTask {
  readonly name: string;
  readonly kind: string;
  /** Whether the mesh's answer was right; null: it accepted none. */
  readonly isMeshRight: boolean | null;
  readonly answers: readonly RecordedAnswer[];
}

/** The right answer to a task; null: nobody says. */
export type TruthOf = (task: string) => Output | null;

interface Given {
  readonly task: string;
  readonly attempt: number;
  readonly worker: string;
  readonly output: Output;
}

type ResultBody = BodyOf<"result">;

const keyOf = (agent: string, task: string, attempt: number): string => `${agent} ${task} ${attempt}`;

/** Collects what the entries of a trace say about one job. */
export class RecordedRun {
  readonly job: string;
  readonly #names: ReadonlyMap<string, string>;
  /** By node, in the order of the job file. */
  readonly #compare = new Map<string, Comparator>();
  /** Results as their workers sent them, and as the ledger took them. */
  readonly #sent = new Map<string, ResultBody>();
  readonly #given = new Map<string, Extract<LedgerEvent, { kind: "result" }>>();
  readonly #accepted = new Map<string, Extract<LedgerEvent, { kind: "accepted" }>>();
  readonly #startedMs = new Map<string, number>();
  readonly #tookMs = new Map<string, number>();

  /** `names`: of the agents, by id. */
  constructor(job: string, names: ReadonlyMap<string, string>) {
    this.job = job;
    this.#names = names;
  }

  /** The nodes of the job, in their order. */
  get nodes(): readonly string[] {
    return [...this.#compare.keys()];
  }

  note(entry: TraceLine): void {
    if (!("job" in entry) || entry.job !== this.job) return;
    if (entry.kind === "stored") this.#noteStored(entry.slot, new Uint8Array(Buffer.from(entry.bytes, "base64")));
    if (entry.kind === "applied") for (const event of entry.events as readonly LedgerEvent[]) this.#noteEvent(event);
    if (entry.kind !== "work") return;
    const key = keyOf(entry.agent, entry.task, entry.attempt);
    if (entry.phase === "started") this.#startedMs.set(key, entry.t);
    if (entry.phase === "done") this.#tookMs.set(key, Math.max(0, entry.t - (this.#startedMs.get(key) ?? entry.t)));
  }

  #noteStored(slot: string, bytes: Uint8Array): void {
    if (slot === "genesis") {
      const root = decodeRoot(bytes);
      const genesis = root.ok ? decode(genesisCodec, root.value.genesis.bytes) : root;
      if (genesis.ok) for (const { id, policy } of genesis.value.nodes) this.#compare.set(id, policy.compare);
      return;
    }
    const block = slot.startsWith("block/") ? decode(committedBlockCodec, bytes) : null;
    if (block?.ok !== true) return;
    for (const command of block.value.envelopes.flatMap(({ commands }) => commands)) {
      const decoded = decode(commandCodec, command);
      if (!decoded.ok || decoded.value.body.kind !== "result") continue;
      const { author, body } = decoded.value;
      this.#sent.set(keyOf(author, body.task, body.attempt), body);
    }
  }

  /** Every agent says every event. */
  #noteEvent(event: LedgerEvent): void {
    if (event.kind === "result") this.#given.set(keyOf(event.worker, event.task, event.attempt), event);
    if (event.kind === "accepted") this.#accepted.set(event.task, event);
  }

  /** The tasks of these nodes that somebody answered, and whose right answer is known: all, in the order of the job. */
  tasks(nodes: ReadonlySet<string>, truthOf: TruthOf | null): RecordedTask[] {
    const given = Map.groupBy(this.#answersTo(nodes), ({ task }) => task);
    const order = this.nodes;
    const placeOf = (task: string): readonly [number, number] => {
      const { node, index } = taskParts(task);
      return [order.indexOf(node), index ?? 0];
    };
    const names = [...given.keys()].sort((a, b) => {
      const [one, other] = [placeOf(a), placeOf(b)];
      return one[0] - other[0] || one[1] - other[1];
    });
    const tasks: RecordedTask[] = [];
    for (const name of names) {
      const task = this.#taskOf(name, tasks.length, given.get(name)!, truthOf);
      if (task !== null) tasks.push(task);
    }
    return tasks;
  }

  /** In the order of the log. */
  *#answersTo(nodes: ReadonlySet<string>): Generator<Given> {
    for (const [key, { task, attempt, worker, output }] of this.#given) {
      const sent = this.#sent.get(key);
      if (sent !== undefined && nodes.has(taskParts(task).node))
        yield { task, attempt, worker, output: { hash: output, data: sent.data } };
    }
  }

  #taskOf(name: string, place: number, given: readonly Given[], truthOf: TruthOf | null): RecordedTask | null {
    const { node } = taskParts(name);
    const accepted = this.#accepted.get(name);
    const truth = truthOf?.(name) ?? null;
    if (truthOf === null ? accepted === undefined : truth === null) return null;
    const areSame = (a: Output, b: Output): boolean =>
      groupOutputs(this.#compare.get(node)!, [a, b]).groups[0]?.members.length === 2;
    const isRight = ({ worker, output }: Given): boolean =>
      truth === null ? accepted!.supporters.some((agent) => agent === worker) : areSame(output, truth);
    const wrong: Output[] = [];
    const variantOf = (output: Output): number => {
      const known = wrong.findIndex((other) => areSame(other, output));
      return known < 0 ? wrong.push(output) - 1 : known;
    };
    const answers = given.map((one): RecordedAnswer => {
      const agent = this.#names.get(one.worker) ?? one.worker;
      const right = isRight(one);
      return {
        ...{ agent, task: place, kind: node, right },
        confidence: this.#sent.get(keyOf(one.worker, one.task, one.attempt))!.confidence / 1_000_000,
        latencyMs: this.#tookMs.get(keyOf(agent, one.task, one.attempt)) ?? 0,
        ...(right ? {} : { wrong: variantOf(one.output) }),
      };
    });
    const winner = given.find(({ output }) => output.hash === accepted?.answer);
    answers.sort((a, b) => compareUnits(a.agent, b.agent));
    return { name, kind: node, isMeshRight: winner === undefined ? null : isRight(winner), answers };
  }
}
