/**
 * The parameters of the selectors: what each means, its unit and range, what raising and lowering it does, where its
 * default comes from. All members of a committee must use the same: a change of a default is a new `rulesVersion`.
 * The defaults of the learning policies were tuned on the worlds of test/support/market.ts
 * (test/protocol/selection/selection-regret.long.test.ts); those of UCB1 and epsilon-greedy are the published ones, for comparison.
 */

/** A lease that runs out costs, however good the agent's results are (protocol.md 6.6: two different numbers). */
export interface GateParameters {
  /**
   * Timely awards that an agent is assumed to have had before its first, > 0. Higher: one timeout weighs less, and a dead
   * agent is found out later. Lower: bad luck weighs more.
   */
  readonly timelyBefore: number;
  /**
   * What a timeout costs, in units of reward, >= 0. Higher: reliable agents before good ones. 0.5 lies between a wrong
   * answer in time (about -0.2) and the -1 of SwarmAgents.
   */
  readonly timeoutCost: number;
}

export interface RewardParameters {
  /** Price of a credit of difference: what the most expensive agent loses against a free one, 0..1. Symphony-Coord: 0.3. */
  readonly priceWeight: number;
  /** What the slowest loses against the fastest, 0..1. Symphony-Coord: 0.2. */
  readonly latencyWeight: number;
}

export interface LinearParameters {
  /**
   * What is kept of the old at each lesson, in (0, 1]. 1: everything counts the same for ever, and each lesson costs
   * less. Lower: a change is noticed sooner, and more noise stays in the estimate; about 1 / (1 - gamma) lessons count.
   */
  readonly gamma: number;
  /**
   * Weight of the belief that nothing matters, > 0. Higher: slower to learn, calmer in the beginning. Contexts are
   * scaled by 1/sqrt(11), so one lesson adds at most 1 to it.
   */
  readonly lambda: number;
}

/** Parameters of the policies that use the linear model. */
export interface ModelParameters extends LinearParameters, GateParameters {
  /**
   * How far the definition of the reward is believed before anything was learned, 0..1 (reward.ts, `expectedReward`);
   * the model learns what is left. 1: a good choice from the first task, and about a third less regret on the market.
   * 0: the algorithm as published, which must first learn that records mean anything.
   */
  readonly prior: number;
}

export interface LinUcbParameters extends ModelParameters {
  /**
   * Scale of the noise in rewards, which exploration goes by, >= 0. Higher: explores longer. The proof wants half of
   * the range of rewards, which explores far longer than it pays.
   */
  readonly alpha: number;
  /** Chance that the truth lies outside of the bound, in (0, 1). Lower: explores a little longer. Symphony-Coord: 0.05. */
  readonly delta: number;
  /** Bound on the length of the true weights, >= 0: what the bound owes to lambda. Higher: explores more at all times. */
  readonly norm: number;
}

export interface ThompsonParameters extends ModelParameters {
  /** Standard deviation of the noise in rewards, >= 0. Higher: explores more. */
  readonly spread: number;
}

export interface ArmParameters extends GateParameters {
  /** As above; 1: plain averages. */
  readonly gamma: number;
}

export interface Ucb1Parameters extends ArmParameters {
  /** Factor of the bonus sqrt(2 ln n / n_i), >= 0. Higher: explores longer. 1 is the paper's, for rewards in 0..1. */
  readonly breadth: number;
}

export interface EpsilonParameters extends ArmParameters {
  /** Share of seats that are drawn at random, 0..1. Higher: finds better agents sooner, and wastes more for ever. */
  readonly epsilon: number;
}

export const GATE: GateParameters = { timelyBefore: 2, timeoutCost: 0.5 };
export const REWARD: RewardParameters = { priceWeight: 0.3, latencyWeight: 0.2 };
const MODEL: ModelParameters = { ...GATE, gamma: 0.995, lambda: 0.1, prior: 1 };
export const LINUCB: LinUcbParameters = { ...MODEL, alpha: 0.1, delta: 0.05, norm: 0.2 };
export const THOMPSON: ThompsonParameters = { ...MODEL, spread: 0.2 };
export const UCB1: Ucb1Parameters = { ...GATE, gamma: 1, breadth: 1 };
export const EPSILON: EpsilonParameters = { ...GATE, gamma: 1, epsilon: 0.1 };

/**
 * Least pivot of a factorization. Sound states have none below lambda; one from outside may be singular, and a division
 * by nearly nothing would make every score infinite.
 */
export const PIVOT_MIN = 1e-6;

/** Arms that are remembered: an agent with a skill each. The one with the fewest lessons makes room. */
export const ARMS_MAX = 4_096;

/** Places of the screening (protocol.md 6.3: the best L). Higher: the selector sees more, and spam reaches further. */
export const SCREEN_PLACES = 8;
/** Newcomers get one place in this many, rounded up. */
export const NEWCOMER_SHARE = 3;
/** Weights of the screening (protocol.md 6.3; Symphony-Coord, stage 1). */
export const SCREEN_WEIGHTS = { similarity: 0.5, success: 0.35, stability: 0.15 };
/** What makes an agent stable: free, fast, there when it was needed (Symphony-Coord: "available", 0 or 1). */
export const STABILITY_WEIGHTS = { idle: 0.4, fast: 0.4, reliable: 0.2 };
/** The best that `random-top` draws from: Symphony-Coord's L. */
export const RANDOM_TOP = 3;

/** An award so long ago counts as half as recent as one now, ms: about a long task. */
export const RECENCY_MS = 10_000;
