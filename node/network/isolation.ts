/**
 * Tells when the connection to the last agent is lost, and when there is one again. A stream that is reopened at once is
 * not reported, and neither are clients, which are connected but never advertised.
 */

import type { AgentId } from "../../protocol/core/ids.ts";
import type { NetworkNews } from "./news.ts";

export class IsolationWatch {
  readonly #tell: (news: NetworkNews) => void;
  readonly #connected = new Set<AgentId>();
  /** The connected agents of the mesh, without clients. */
  readonly #agents = new Set<AgentId>();
  /** "" before the first agent; `losing`: the last look found nobody; `lost`: two looks in a row did. */
  #state: "" | "together" | "losing" | "lost" = "";

  constructor(tell: (news: NetworkNews) => void) {
    this.#tell = tell;
  }

  onConnected(agent: AgentId, isAgent: boolean): void {
    this.#connected.add(agent);
    if (isAgent) this.onAdvertised(agent);
  }

  /** An agent was advertised, so it is an agent of the mesh rather than a client. */
  onAdvertised(agent: AgentId): void {
    if (!this.#connected.has(agent)) return;
    this.#agents.add(agent);
    if (this.#state === "") this.#tell({ kind: "met", agent });
    if (this.#state === "lost") this.#tell({ kind: "company", agent });
    this.#state = "together";
  }

  onDisconnected(agent: AgentId): void {
    this.#connected.delete(agent);
    this.#agents.delete(agent);
  }

  /** To be called every few seconds. */
  look(): void {
    if (this.#agents.size > 0 || this.#state === "" || this.#state === "lost") return;
    if (this.#state === "losing") this.#tell({ kind: "alone" });
    this.#state = this.#state === "losing" ? "lost" : "losing";
  }
}
