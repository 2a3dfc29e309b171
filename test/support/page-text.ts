/** What tests ask of a page's markup. */

/** The visible text: no markup, no style, no data. */
export const textOf = (page: string): string =>
  page
    .replace(/<(script|style)\b[\s\S]*?<\/\1>/g, " ")
    .replace(/<[^>]*>/g, " ")
    .replaceAll("&gt;", ">")
    .replaceAll("&lt;", "<")
    .replaceAll("&amp;", "&")
    .replace(/[\s\u00a0]+/g, " ");

export const sectionsOf = (page: string): string[] => [...page.matchAll(/<section id="([^"]+)"/g)].map(([, id]) => id!);

/** Elements that were opened and not closed, or the other way round. */
export function unbalanced(page: string): string[] {
  const open: string[] = [];
  const wrong: string[] = [];
  const bare = page.replace(/<(script|style)\b[^>]*>[\s\S]*?<\/\1>/g, "");
  for (const [, close, name, rest] of bare.matchAll(/<(\/?)([a-zA-Z][\w-]*)\b([^>]*)>/g)) {
    if (["meta", "link", "br"].includes(name!) || rest!.endsWith("/")) continue;
    if (close === "") open.push(name!);
    else if (open.pop() !== name) wrong.push(name!);
  }
  return [...wrong, ...open];
}
