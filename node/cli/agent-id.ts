/** Ids of agents as arguments. They are apart from context.ts because checking them loads cryptography. */

import { InvalidArgumentError } from "commander";
import type { AgentId } from "../../protocol/core/ids.ts";
import { isAgentId } from "../platform/crypto.ts";

export function agentId(text: string): AgentId {
  if (!isAgentId(text)) throw new InvalidArgumentError("an agent's id begins with 12D3KooW");
  return text as AgentId;
}
