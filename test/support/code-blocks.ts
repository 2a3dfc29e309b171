/** The code that a page in Markdown shows. */

import { readFileSync } from "node:fs";

/** The blocks of a language, in their order. */
export const codeBlocks = (file: string, language: string): string[] =>
  [...readFileSync(file, "utf8").matchAll(new RegExp(`\`\`\`${language}\\n([\\s\\S]*?)\`\`\``, "g"))].map(
    (match) => match[1]!,
  );
