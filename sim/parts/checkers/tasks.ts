/**
 * Invariant 6: no task is lost. While a job runs, its deadline is due some time, and each open task has something that
 * will move it: a live award with its lease's deadline, a reveal deadline, an open window of its need, somebody busy
 * who will be free, or a reservation that will end. No node waits for others that are all accepted.
 */

import { type TaskId, taskParts } from "../../../protocol/core/ids.ts";
import { limits } from "../../../protocol/core/limits.ts";
import type { Deadline } from "../../../protocol/job/deadlines.ts";
import type { LedgerEvent } from "../../../protocol/job/event.ts";
import { withChecks } from "../../../protocol/job/graph.ts";
import { needKey } from "../../../protocol/job/keys.ts";
import { isFull } from "../../../protocol/job/offers.ts";
import type { StateView, Task } from "../../../protocol/job/state.ts";
import { checkIdOf } from "../../../protocol/job/verification.ts";
import type { LedgerView } from "../../../protocol/job/view.ts";
import type { TraceEntry } from "../../world/trace.ts";
import { changedKeys } from "./changed.ts";
import { type Checker, saidDecisions, violated } from "./checker.ts";

const PROPERTY = "6 no task is lost";

/** What moves a task: `self`, something of its own that is due; `others`, what all tasks of its need wait for. Or it is lost. */
type Waits = "self" | "others" | { readonly lost: string };

function whatMoves({ deadlines, ready, tasks }: StateView, task: Task): Waits {
  const { id } = task;
  if (task.phase === "checking") return tasks.has(checkIdOf(task)) ? "self" : { lost: "nobody checks its answer" };
  if (task.phase === "open") {
    const isDue = deadlines.has(task.revealByMs, { kind: "reveal", task: id });
    return isDue ? "self" : { lost: "it is open and no reveal is due" };
  }
  for (const { status, worker, leaseEndsMs } of task.awards) {
    if (status === "live" && !deadlines.has(leaseEndsMs, { kind: "lease", task: id, worker }))
      return { lost: `the lease of ${worker} never ends` };
  }
  const filled = task.awards.filter((award) => award.status !== "ended").length;
  if (filled >= task.seats) return isAtWork(task) ? "self" : { lost: "its seats are filled and nobody works" };
  return ready.has(task.order, id) ? "others" : { lost: "it has a free seat and is not in the queue" };
}

const isAtWork = ({ awards }: Task): boolean => awards.some((award) => award.status === "live");

/** The task that a deadline is about, if it is about one. */
const tasksOf = (deadline: Deadline): readonly TaskId[] => ("task" in deadline ? [deadline.task] : []);

/** The open tasks of one job, by what moves them. */
class OpenTasks {
  readonly #ledger: LedgerView;
  readonly #needs: ReadonlyMap<string, string>;
  readonly #skills: ReadonlyMap<string, string>;
  /** Tasks that wait for others, by their need. */
  readonly #waiting = new Map<string, Set<TaskId>>();
  /** Somebody works for them, or a reveal of theirs is due: somebody, or a reservation, will be free again. */
  readonly #underWay = new Set<TaskId>();
  #isFirst = true;

  constructor(ledger: LedgerView) {
    const nodes = withChecks(ledger.genesis.nodes);
    this.#ledger = ledger;
    this.#needs = new Map(nodes.map(({ id, skill, labels }) => [id, needKey(skill, labels)]));
    this.#skills = new Map(nodes.map(({ skill, labels }) => [needKey(skill, labels), skill]));
  }

  /** After a block, finds a task that nothing will ever move, and says why; null if every task can continue. */
  lost(): { readonly id: TaskId; readonly why: string } | null {
    const { tasks, deadlines, ready } = this.#ledger.state;
    const named = [
      ...deadlines.changed().flatMap(({ value }) => tasksOf(value)),
      ...ready.changed().map(({ value }) => value),
    ];
    for (const id of new Set([...changedKeys(tasks, this.#isFirst), ...named])) {
      const waits = this.#look(id, tasks.get(id));
      if (typeof waits === "object") return { id, why: waits.lost };
    }
    this.#isFirst = false;
    for (const [need, ids] of this.#waiting) {
      const why = this.#whyStuck(need);
      if (why !== null) return { id: ids.values().next().value!, why };
    }
    return null;
  }

  #look(id: TaskId, task: Task | undefined): Waits {
    const { state } = this.#ledger;
    const need = this.#needs.get(taskParts(id).node) ?? "";
    const waiting = this.#waiting.get(need);
    waiting?.delete(id);
    if (waiting?.size === 0) this.#waiting.delete(need);
    this.#underWay.delete(id);
    if (task === undefined) return "self";
    if (task.phase === "open" || isAtWork(task)) this.#underWay.add(id);
    const waits = whatMoves(state, task);
    if (waits === "others") {
      const ids = this.#waiting.get(need) ?? new Set();
      this.#waiting.set(need, ids.add(id));
    }
    return waits;
  }

  /** Why nobody will come for the tasks of a need, or null. */
  #whyStuck(need: string): string | null {
    const { windows, deadlines, offers, surplus } = this.#ledger.state;
    const endsMs = windows.get(need)?.endsMs ?? 0;
    if (endsMs > 0) return deadlines.has(endsMs, { kind: "window", need }) ? null : "its window never ends";
    if ((offers.get(this.#skills.get(need)!) ?? []).some(isFull)) return null; // its window comes again at the next block
    // A slot and money come free when a surplus award ends.
    return this.#underWay.size + surplus.size > 0 ? null : "no window is open, nobody works, nobody reveals";
  }
}

/** The open nodes of one job that have no open task: a fault, as long as there is room for one. */
class IdleNodes {
  readonly #idle = new Set<string>();
  #isFirst = true;

  /** After a block: what is wrong with a node, or null. */
  fault({ nodes, tasks }: StateView): string | null {
    for (const name of changedKeys(nodes, this.#isFirst)) {
      const node = nodes.get(name)!;
      if (node.status === "waiting" && node.unmet === 0) return `node ${name} waits for nothing`;
      if (node.status === "open" && node.done < node.total && node.unfolded === node.done) this.#idle.add(name);
      else this.#idle.delete(name);
    }
    this.#isFirst = false;
    if (this.#idle.size === 0 || tasks.size >= limits.openTasks) return null;
    const [name] = this.#idle;
    const { total, done } = nodes.get(name!)!;
    return `node ${name} has ${total - done} tasks to come and none open`;
  }
}

function checkEnd(events: readonly LedgerEvent[], height: number, where: TraceEntry | string): void {
  const last = events.findIndex((event) => event.kind === "completed");
  if (last >= 0 && last < events.length - 1)
    violated(PROPERTY, where, `height ${height}: the ledger decided ${events[last + 1]!.kind} after the job's end`);
}

export function tasksChecker(): Checker {
  let open: OpenTasks | null = null;
  const idle = new IdleNodes();
  return {
    onTrace(entry) {
      const said = saidDecisions(entry);
      if (said !== null) checkEnd(said.events, said.height, entry);
    },
    onDecided({ ledger, height, by, events }) {
      const { state, genesis } = ledger;
      checkEnd(events, height, by);
      if (state.status.get() !== "running") {
        if (state.tasks.size > 0 || state.deadlines.size > 0)
          violated(PROPERTY, by, `height ${height}: the job ended and keeps tasks or deadlines`);
        return;
      }
      if (!state.deadlines.has(state.startedMs.get() + genesis.deadlineMs, { kind: "deadline" }))
        violated(PROPERTY, by, `height ${height}: the job has no deadline`);
      open ??= new OpenTasks(ledger);
      const lost = open.lost();
      if (lost !== null) violated(PROPERTY, by, `height ${height}, task ${lost.id}: ${lost.why}`);
      const fault = idle.fault(state);
      if (fault !== null) violated(PROPERTY, by, `height ${height}: ${fault}`);
      if (state.tasks.size === 0)
        violated(PROPERTY, by, `height ${height}: the job has nothing to do and does not end`);
    },
  };
}
