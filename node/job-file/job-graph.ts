/**
 * Checks of the task graph of a job file: references that lead nowhere, cycles.
 *
 * The ledger checks a genesis again in its own way (protocol/job/), because a genesis may come from anybody. The aim here
 * is a message that names the line.
 */

/** "`from` is named by `to` at `path` of the file." */
export interface Reference {
  readonly from: string;
  readonly to: string;
  readonly path: readonly PropertyKey[];
}

/**
 * One cycle as the references along it, the last leading back to the first; `null` where there is none.
 * Iterative: a job may have thousands of tasks in a row.
 */
export function findCycle(nodes: readonly string[], references: readonly Reference[]): readonly Reference[] | null {
  const needs = new Map<string, Reference[]>(nodes.map((node) => [node, []]));
  for (const reference of references) needs.get(reference.to)?.push(reference);
  const done = new Set<string>();
  for (const start of nodes) {
    if (done.has(start)) continue;
    const trail: Reference[] = [];
    const open = [{ node: start, next: 0 }];
    const onTrail = new Set([start]);
    for (let top = open.at(-1); top !== undefined; top = open.at(-1)) {
      const reference = needs.get(top.node)![top.next++];
      if (reference === undefined) {
        done.add(top.node);
        onTrail.delete(top.node);
        open.pop();
        trail.pop();
      } else if (onTrail.has(reference.from)) {
        const since = trail.findIndex((step) => step.to === reference.from);
        return [...(since < 0 ? [] : trail.slice(since)), reference];
      } else if (!done.has(reference.from) && needs.has(reference.from)) {
        trail.push(reference);
        onTrail.add(reference.from);
        open.push({ node: reference.from, next: 0 });
      }
    }
  }
  return null;
}
