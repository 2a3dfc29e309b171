/**
 * Lets planned faults happen in a world, ends each in its time, and heals everything at the end. A fault that finds
 * nothing to do (a crash of somebody who is down) does nothing and is not counted.
 */

import { unreachable } from "../../protocol/core/assert.ts";
import type { AgentId } from "../../protocol/core/ids.ts";
import type { World } from "../virtual/world.ts";
import type { Fault, FaultKind, PlannedFault } from "./fault.ts";

type Of<K extends FaultKind> = Extract<Fault, { kind: K }>;

/** How long the others of a lone decider go on, and how long they are down: it must decide in between, ms. */
const LONE_BEFORE_CRASH_MS = 100;
const LONE_CRASH_MS = 50;

export class FaultInjector {
  readonly #world: World;
  /** No fault lasts longer. */
  readonly #healAtMs: number;
  readonly #onOccurred: (kind: FaultKind) => void;
  readonly #lone = new Map<AgentId, Of<"lone-decider">>();

  constructor(world: World, healAtMs: number, onOccurred: (kind: FaultKind) => void) {
    this.#world = world;
    this.#healAtMs = healAtMs;
    this.#onOccurred = onOccurred;
  }

  plan(faults: readonly PlannedFault[]): void {
    for (const fault of faults) {
      this.#world.at(Math.min(fault.atMs, this.#healAtMs), () => {
        if (this.#begin(fault)) this.#onOccurred(fault.kind);
      });
    }
  }

  /** Something happens after this time, or with the healing. */
  #after(ms: number, call: () => void): void {
    this.#world.at(Math.min(this.#world.now + ms, this.#healAtMs), call);
  }

  /** False: there was nothing to do. */
  #begin(fault: Fault): boolean {
    const world = this.#world;
    switch (fault.kind) {
      case "crash":
      case "crash-at-write":
      case "host-down":
      case "stop":
      case "full-disk":
      case "pause":
      case "slow":
        return this.#beginAtProcess(fault);
      case "partition":
        world.partition([fault.group]);
        this.#after(fault.forMs, () => world.heal());
        return true;
      case "one-way-partition":
        world.block(this.#others(fault.group), fault.group);
        this.#after(fault.forMs, () => world.heal());
        return true;
      case "drop-connections":
        for (const other of world.agents) if (other.name !== fault.name) world.dropConnection(fault.name, other.name);
        return true;
      case "clock":
        world.setClock(fault.name, fault);
        return true;
      case "clock-jump":
        world.jumpClock(fault.name, fault.byMs);
        return true;
      case "lone-decider":
        this.#lone.set(fault.name as AgentId, fault);
        return false; // counted when it comes to it
      default:
        return unreachable(fault);
    }
  }

  #beginAtProcess(
    fault: Of<"crash" | "crash-at-write" | "host-down" | "stop" | "full-disk" | "pause" | "slow">,
  ): boolean {
    const world = this.#world;
    const { name } = fault;
    if (world.agent(name).state !== "up") return false;
    switch (fault.kind) {
      case "crash":
      case "host-down":
        world.crash(name, { silent: fault.kind === "host-down" });
        this.#after(fault.downMs, () => this.#start(name));
        return true;
      case "crash-at-write":
        world.crashAtForcedWrite(name);
        this.#after(fault.downMs, () => {
          world.crashAtForcedWrite(name, false);
          this.#start(name);
        });
        return true;
      case "stop":
        world.stop(name);
        this.#after(fault.downMs, () => this.#start(name));
        return true;
      case "full-disk":
        world.setDisk(name, true);
        this.#after(fault.forMs, () => {
          world.setDisk(name, false);
          this.#start(name);
        });
        return true;
      case "pause":
        world.pause(name);
        this.#after(fault.forMs, () => this.#resume(name));
        return true;
      case "slow":
        world.setService(name, () => fault.serviceMs);
        this.#after(fault.forMs, () => world.setService(name, null));
        return true;
      default:
        return unreachable(fault);
    }
  }

  #others(group: readonly string[]): string[] {
    return this.#world.agents.map((agent) => agent.name).filter((name) => !group.includes(name));
  }

  #start(name: string): void {
    if (!this.#world.agent(name).isUp) this.#world.start(name);
  }

  #resume(name: string): void {
    if (this.#world.agent(name).state === "paused") this.#world.resume(name);
  }

  /** A member precommits a block, which has not left yet: if that was waited for, nobody hears it for a while. */
  onPrecommit(agent: AgentId): void {
    const world = this.#world;
    const fault = this.#lone.get(agent);
    if (fault === undefined || !this.#lone.delete(agent)) return;
    this.#onOccurred("lone-decider");
    world.block([fault.name], this.#others([fault.name]));
    for (const name of fault.crashed) {
      this.#after(LONE_BEFORE_CRASH_MS, () => {
        if (world.agent(name).isUp) world.crash(name);
      });
      this.#after(LONE_BEFORE_CRASH_MS + LONE_CRASH_MS, () => this.#start(name));
    }
    this.#after(fault.muteMs, () => world.heal());
  }

  /** From now on nothing goes wrong any more but what Byzantine agents do. */
  heal(): void {
    const world = this.#world;
    this.#lone.clear();
    world.setNetwork({ loss: 0, gossipLoss: 0, duplication: 0, reorder: false, bandwidth: null });
    world.heal();
    for (const { name } of world.agents) {
      world.setService(name, null);
      world.setDisk(name, false);
      world.crashAtForcedWrite(name, false);
      world.setClock(name, { skewMs: 0, driftPpm: 0 });
      this.#resume(name);
      this.#start(name);
    }
  }
}
