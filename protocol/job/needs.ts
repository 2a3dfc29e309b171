/**
 * The facts for the decisions about seats (decisions.ts): for each need (a skill with labels), the standing offers; for
 * each of its tasks, who may sit in it, who of these is free, and what they cost together. Changes nothing.
 *
 * Source: protocol.md 6 (1-4), and its end (budget).
 */

import { freeSeats, sealedSeats } from "./batch.ts";
import { chooseWorkers } from "./choosing.ts";
import type { AnsweredFacts, Choose, LastFacts, LateFacts, NeedFacts, SeatFacts } from "./decisions.ts";
import { unlikeWorkersOf } from "./diversity.ts";
import { admissible, hasSlot, isAwaited, type Standing, standingOf, type Takers, takersOf } from "./eligible.ts";
import { lackingToGather } from "./gathering.ts";
import { needKey } from "./keys.ts";
import { isFull } from "./offers.ts";
import { BATCHES_MAX, minimumResults } from "./policy.ts";
import type { Offer, Task, Window } from "./state.ts";
import { isAnswered } from "./tallying.ts";
import { type LedgerView, moneyLeft, policyOf, specOf } from "./view.ts";

/** Whether anybody works for the job. */
const isWorkedOn = ({ state }: LedgerView): boolean => state.liveBySkill.sorted().some(([, live]) => live.count > 0);

function chooserOf(view: LedgerView, task: Task, takersFor: (seats: number) => Takers): Choose {
  return (seats) => {
    const takers = takersFor(seats);
    return seats === 0 || takers.places < seats ? null : chooseWorkers(view, task, takers, seats, moneyLeft(view));
  };
}

/** A skill with labels, and who offers it. */
export class Need implements Standing {
  readonly key: string;
  readonly skill: string;
  readonly labels: readonly string[];
  readonly offers: readonly Offer[];
  readonly newcomers: Standing["newcomers"];
  /** Its window ends in this block. */
  readonly hasEnded: boolean;
  readonly #view: LedgerView;

  /** The need of a task. `ended`: needs whose windows end in this block. */
  constructor(view: LedgerView, task: Pick<Task, "node">, ended: ReadonlySet<string>) {
    const { skill, labels } = specOf(view, task);
    const { offers, newcomers } = standingOf(view, skill, labels);
    this.key = needKey(skill, labels);
    this.skill = skill;
    this.labels = labels;
    this.offers = offers;
    this.newcomers = newcomers;
    this.hasEnded = ended.has(this.key);
    this.#view = view;
  }

  get window(): Window | undefined {
    return this.#view.state.windows.get(this.key);
  }

  /** Windows in a row in which busy agents were waited for. */
  get #opened(): number {
    return this.window?.opened ?? 0;
  }

  get isAnybodyFree(): boolean {
    return this.offers.some((offer) => hasSlot(this.#view, offer));
  }

  get #isAnybodyAwaited(): boolean {
    const opened = this.#opened;
    return this.offers.some((offer) => isAwaited(this.#view, offer, opened));
  }

  // --- who may sit in a task --------------------------------------------------------------------------

  /** Those who failed a task come again only after others were asked: one cheap agent could hold it for ever. */
  get wereOthersAsked(): boolean {
    const { window } = this;
    return window !== undefined && (this.hasEnded || window.endsMs === 0 || window.attempt + window.opened > 1);
  }

  /**
   * Offers for a task's free seats. A task whose answer by number rests on newcomers asks only agents with a record while any
   * of these is free or awaited. Otherwise newcomers would fill its seats up to the policy's maximum and outvote the others.
   */
  #eligible(task: Task, opened: number, wereAsked = false): readonly Offer[] {
    const admitted = admissible(this.#view, task, this.offers, wereAsked);
    const unlike = unlikeWorkersOf(this.#view, task, admitted);
    const allowed = this.#isEnough(task, unlike, admitted) ? unlike : admitted;
    if (!isAnswered(this.#view, task)) return allowed;
    const isThere = (offer: Offer): boolean => !isFull(offer) || isAwaited(this.#view, offer, opened);
    const known = allowed.filter((offer) => !this.newcomers.has(offer.agent) && isThere(offer));
    return known.length > 0 ? known : allowed;
  }

  /**
   * Whether the `unlike` offers can take the place of all that are `admitted`: enough of their agents are free and within the
   * money that is left, and as many of these have a record. Otherwise labels and likeness would be a way around the limits of
   * newcomers.
   */
  #isEnough(task: Task, unlike: readonly Offer[], admitted: readonly Offer[]): boolean {
    const seats = freeSeats(task);
    const freeOf = (offers: readonly Offer[]): Offer[] => offers.filter((offer) => hasSlot(this.#view, offer));
    const known = (offers: readonly Offer[]): number => offers.filter(({ agent }) => !this.newcomers.has(agent)).length;
    const free = freeOf(unlike);
    if (free.length < seats || known(free) < Math.min(seats, known(freeOf(admitted)))) return false;
    const prices = free.map(({ price }) => price).sort((a, b) => a - b);
    return prices.slice(0, seats).reduce((sum, price) => sum + price, 0) <= moneyLeft(this.#view);
  }

  /**
   * A task whose workers all failed begins a new batch when nobody else is free: then they may try again. null: it need
   * not. One that has its answer asks each agent once.
   */
  renewal(task: Task): Task | null {
    if (task.awards.length === 0 || task.attempt >= BATCHES_MAX) return null;
    if (task.awards.some((given) => given.status !== "ended") || isAnswered(this.#view, task)) return null;
    const isAnyFree = (of: Task): boolean =>
      admissible(this.#view, of, this.offers, true).some((offer) => hasSlot(this.#view, offer));
    const renewed = { ...task, attempt: task.attempt + 1, awards: [], hedged: false };
    const isAnyAdmissible = (): boolean => admissible(this.#view, task, this.offers).length > 0;
    return isAnyFree(task) || (!isAnyFree(renewed) && isAnyAdmissible()) ? null : renewed;
  }

  /** Whether a task that gathers could be given to those whose offers stand. */
  couldSeat(task: Task): boolean {
    const view = this.#view;
    const seats = freeSeats(task);
    const { places } = takersOf(view, admissible(view, task, this.offers), this.newcomers, { seats, opened: 0 });
    return places >= seats || (places > 0 && this.offers.some((offer) => isAwaited(view, offer, 0)));
  }

  /** Offers that a waiting task lacks; 0: it has enough. */
  lackingFor(task: Task): number {
    const seats = freeSeats(task);
    const { places } = takersOf(this.#view, this.#eligible(task, 0), this.newcomers, { seats, opened: 0 });
    const lacking = Math.max(0, seats - places);
    if (lacking === 0) return lackingToGather(this.#view, this);
    return this.offers.some(isFull) ? Math.min(1, lacking) : lacking;
  }

  // --- facts ------------------------------------------------------------------------------------------

  /** The facts about a task in its turn when somebody is free. */
  seatFacts(task: Task): SeatFacts {
    const view = this.#view;
    const need = this;
    const seats = freeSeats(task);
    const opened = this.#opened;
    const eligible = this.#eligible(task, opened, this.wereOthersAsked);
    const takers = takersOf(view, eligible, this.newcomers, { seats, opened });
    return {
      kind: "some-free",
      seats,
      places: takers.places,
      get isAnybodyAwaited() {
        return need.#isAnybodyAwaited;
      },
      choose: chooserOf(view, task, () => takers),
      get isMoneyAwaited() {
        const left = moneyLeft(view);
        return isWorkedOn(view) && need.offers.some((offer) => offer.price > left);
      },
    };
  }

  /** The facts about this need when its tasks ask for offers. */
  facts(): NeedFacts {
    const { window, hasEnded } = this;
    const live = this.#view.state.liveBySkill.get(this.skill)?.count ?? 0;
    const standing = { offers: this.offers.length, isAnybodyAwaited: this.#isAnybodyAwaited };
    return { window, hasEnded, ...standing, isWorkedOn: live > 0 };
  }

  answeredFacts(task: Task): AnsweredFacts {
    const view = this.#view;
    const need = this;
    return {
      window: this.window,
      hasEnded: this.hasEnded,
      get isAnswered() {
        return isAnswered(view, task);
      },
      get isAnybodyAtWork() {
        const allowed = admissible(view, task, need.offers);
        return allowed.some((offer) => !need.newcomers.has(offer.agent) && !isFull(offer));
      },
    };
  }

  /** The facts about a task after its last window. */
  lastFacts(task: Task): LastFacts {
    const view = this.#view;
    const opened = this.#opened;
    const isThere = (offer: Offer): boolean => !isFull(offer) || isAwaited(view, offer, opened);
    const everybody = this.#eligible(task, opened).filter(isThere);
    const free = everybody.filter((offer) => hasSlot(view, offer));
    const sealed = sealedSeats(task);
    const left = moneyLeft(view);
    return {
      free: free.length,
      isAwaited: everybody.length > free.length || task.awards.some((given) => given.status === "live"),
      freeSeats: freeSeats(task),
      results: task.results.length,
      sealed,
      lacking: minimumResults(policyOf(view, task)) - task.results.length - sealed,
      choose: chooserOf(view, task, (seats) => takersOf(view, free, this.newcomers, { seats, opened })),
      isAnybodyTooExpensive: this.offers.some((offer) => offer.price > left),
      // Seals of batches that themselves wait for a seat do not count: they would wait for each other for ever.
      get isMoneyAwaited() {
        return isWorkedOn(view) || view.state.deadlines.list().some(({ value }) => value.kind === "reveal");
      },
    };
  }
}

/** The facts about a task whose worker is late. `toCome`: what the job still has to pay for, which comes before a hedge. */
export function lateFactsOf(view: LedgerView, task: Task, toCome: number): LateFacts {
  const { skill, labels } = specOf(view, task);
  return {
    isHedged: task.hedged,
    isSeating: task.phase === "seating",
    choose: chooserOf(view, task, () => {
      const { offers, newcomers } = standingOf(view, skill, labels);
      const toSpare = moneyLeft(view) - toCome;
      const affordable = admissible(view, task, offers).filter(({ price }) => price <= toSpare);
      return takersOf(view, affordable, newcomers, { seats: 1, opened: 0 });
    }),
  };
}

/** Offers for a skill that its first waiting task lacks; 0 if it has enough or nobody waits. For arming (protocol.md A1). */
export function shortage(view: LedgerView, skill: string): number {
  for (const { value } of view.state.ready.list()) {
    const task = view.state.tasks.get(value)!;
    if (specOf(view, task).skill === skill) return new Need(view, task, new Set()).lackingFor(task);
  }
  return 0;
}
