/**
 * What tidy holds every file to: who may import whom, what protocol code and the simulated world may not touch,
 * names, headers, and words that must not be committed. Lengths are in ratchet.ts.
 *
 * Source: ARCHITECTURE.md (layers), CONTRIBUTING.md (conventions).
 */

import { importsOf, lineOf, resolveImport, type SourceFile } from "./source.ts";

export interface Finding {
  readonly path: string;
  /** From 1. */
  readonly line: number;
  readonly rule: string;
  readonly message: string;
}

type Rule = (file: SourceFile) => Finding[];

const isTypeScript = (file: SourceFile): boolean => file.path.endsWith(".ts");
const isUnder = (path: string, folders: readonly string[]): boolean =>
  folders.some((folder) => path.startsWith(`${folder}/`));

/** A finding for each match of `pattern` (which must be global) in `text`. */
function search(file: SourceFile, text: string, pattern: RegExp, rule: string, why: string): Finding[] {
  return Array.from(text.matchAll(pattern), (match) => {
    const found = match[0].replace(/\s+/g, "");
    return { path: file.path, line: lineOf(text, match.index), rule, message: `${found} ${why}` };
  });
}

// --- layers -------------------------------------------------------------------------------------------

/** What the files of a folder may import beside their own folder. The longest path that fits counts. */
const LAYERS: { readonly [folder: string]: readonly string[] } = {
  protocol: [],
  "node/platform": ["protocol"],
  node: ["protocol"],
  sim: ["protocol", "node/platform"],
  "sim/world": ["protocol"],
  scripts: ["protocol", "node", "sim"],
  test: ["protocol", "node", "sim", "scripts"],
};
/** The search, and what reads scenario files: deterministic, but they may wait. */
const WAITING = ["sim/load", "sim/search", "sim/experiments"];
/** The folders of sim/ that talk to people and to the machine: threads, files, pages, the command line, and the library over them. */
const PLATFORM = ["sim/batch", "sim/library", "sim/report", "sim/traces", "sim/cli"];
const PLATFORM_FILES = ["sim/model/host.ts", "sim/simulator.ts"];

/** Code that must do the same on every machine, at every time: whatever is new in sim/ is, until it is named here. */
const isPure = ({ path }: SourceFile): boolean =>
  isUnder(path, ["protocol", "sim"]) && !isUnder(path, PLATFORM) && !PLATFORM_FILES.includes(path);
/** State machines, and the world that they run in. */
const isStepped = (file: SourceFile): boolean => isPure(file) && !isUnder(file.path, WAITING);

/** Packages that pure code may import. Schemas of what scenarios say: they decide nothing in a run. */
const PACKAGES: { readonly [folder: string]: readonly string[] } = {
  "sim/model": ["zod"],
  "sim/parts": ["zod"],
  "sim/load": ["zod"],
};
/** Dependencies point one way: protocol/ knows nobody; node/ and sim/ share node/platform/ and do not know each other. */
const checkLayers: Rule = (file) => {
  const fitting = Object.keys(LAYERS).filter((folder) => isUnder(file.path, [folder]));
  const layer = fitting.sort((a, b) => b.length - a.length)[0];
  if (layer === undefined || !isTypeScript(file)) return [];
  const folders = [layer, ...LAYERS[layer]!];
  const packages = Object.keys(PACKAGES).find((folder) => isUnder(file.path, [folder]));
  const isPackageAllowed = (name: string): boolean =>
    !isPure(file) || (packages !== undefined && PACKAGES[packages]!.includes(name));
  const mayImport = (specifier: string): boolean => {
    const target = resolveImport(file, specifier);
    return target === null ? isPackageAllowed(specifier) : isUnder(target, folders);
  };
  return importsOf(file)
    .filter(({ specifier }) => !mayImport(specifier))
    .map(({ specifier, line }) => ({
      path: file.path,
      line,
      rule: "dependency",
      message: `${layer}/ must not import ${specifier}`,
    }));
};

/** Files of protocol/job/ that show what a block that is being tried would do: others read the decided state (view.ts). */
const UNDECIDED = /^protocol\/job\/(?:ledger|transaction|journal)\.ts$/;
/** The job itself; adversaries and checkers, which have ledgers of their own; and whoever tests and attacks them. */
const MAY_TRY = ["protocol/job", "sim/parts", "scripts", "test"];

const checkDecided: Rule = (file) =>
  isTypeScript(file) && !isUnder(file.path, MAY_TRY)
    ? importsOf(file)
        .filter(({ specifier }) => UNDECIDED.test(resolveImport(file, specifier) ?? ""))
        .map(({ specifier, line }) => ({
          ...{ path: file.path, line, rule: "decided" },
          message: `${specifier} is private to protocol/job/: read the decided state`,
        }))
    : [];

// --- determinism --------------------------------------------------------------------------------------

/** The functions of Math whose result the language fixes to the bit, and its constants. */
const EXACT = "(?:abs|ceil|clz32|floor|fround|imul|max|min|round|sign|sqrt|trunc|[A-Z][A-Z0-9_]*)\\b";

/** Before a member: `.`, or `?.`. */
const DOT = "\\s*\\??\\.\\s*";
const global = (...parts: readonly string[]): RegExp => new RegExp(parts.join("|"), "g");

const IMPURE: readonly (readonly [pattern: RegExp, why: string])[] = [
  // Types are called Date as well; what reads the clock is a call, a member, or the thing itself handed on.
  [
    global(
      `\\bDate${DOT}`,
      "\\bDate\\s*[([]",
      "\\bnew\\s+Date\\b",
      "[=(,]\\s*Date\\s*[,;)}\\]]",
      "\\bperformance\\b",
      "\\bhrtime\\b",
    ),
    "reads a clock: time is an input",
  ],
  [
    global(`\\bMath${DOT}random\\b`, "\\b(?:getRandomValues|randomUUID|randomBytes|randomInt)\\b"),
    "is not seeded: draw from core/prng.ts or from a hash",
  ],
  [
    global(`\\bMath(?:\\s*(?:\\?\\.)?\\s*\\[|${DOT}(?!random\\b|${EXACT})\\w+)`),
    "may differ between engines: use core/math.ts",
  ],
  // Taken out of Math by name, or Math itself under another one: constants alone are fine.
  [
    global("\\{[^{}]*\\b[a-z]\\w*[^{}]*\\}\\s*=\\s*Math\\b(?!\\s*\\??\\.)", "(?<!\\}\\s*)=\\s*Math\\s*(?=[,;)\\n])"),
    "hides which functions of Math are meant: write Math.<name>",
  ],
  [/\*\*/g, "may differ between engines: multiply, shift, or use core/math.ts"],
  [
    global(`${DOT}(?:localeCompare|toLocale\\w+|normalize)\\b`, "\\bIntl\\b"),
    "depends on the machine's language tables: use compareText",
  ],
  [/\b(?:WeakRef|FinalizationRegistry)\b/g, "depends on when memory is collected"],
];

/** The search around state machines and worlds may wait for processes; they themselves may not. */
const UNSTEPPED: readonly (readonly [pattern: RegExp, why: string])[] = [
  [/\b(?:async|await)\b|\bPromise\b/g, "waits: a step ends before the next begins"],
  [/\b(?:set(?:Timeout|Interval|Immediate)|queueMicrotask)\b/g, "needs a loop of events: give a time to wake at"],
  [/\bcrypto\s*\.\s*subtle\b|\bprocess\s*\.\s*(?:env|argv|cwd|pid)\b/g, "reaches the machine"],
];

const checkPurity: Rule = (file) => {
  if (!isTypeScript(file) || !isPure(file)) return [];
  const patterns = isStepped(file) ? [...IMPURE, ...UNSTEPPED] : IMPURE;
  return patterns.flatMap(([pattern, why]) => search(file, file.code, pattern, "purity", why));
};

const checkSorting: Rule = (file) =>
  isTypeScript(file) && isPure(file)
    ? search(
        file,
        file.code,
        /\.\s*(?:sort|toSorted)\s*(?:\?\.\s*)?\(\s*(?:undefined\s*)?,?\s*\)/g,
        "sorting",
        "has no order of ours: give compareText or a - b",
      )
    : [];

// --- names, headers, words ----------------------------------------------------------------------------

const KEBAB = /^[a-z0-9]+(?:-[a-z0-9]+)*$/;

const checkName: Rule = (file) => {
  if (!isTypeScript(file)) return [];
  const parts = file.path.split("/");
  const base = parts.pop()!.replace(/(?:(?:\.long)?\.(?:test|config)|\.d)?\.ts$/, "");
  const bad = [...parts.map((part) => part.replace(/^\./, "")), base].find((name) => !KEBAB.test(name));
  return bad === undefined ? [] : [{ path: file.path, line: 1, rule: "name", message: `"${bad}" is not kebab-case` }];
};

const checkHeader: Rule = (file) => {
  if (!isTypeScript(file) || /^(?:#!.*\n)?\/\*\*[\s\S]*?\*\//.test(file.text)) return [];
  const message = "no comment at the head that says what the file is responsible for";
  return [{ path: file.path, line: 1, rule: "header", message }];
};

// Put together from parts, so that this file does not find itself.
const LEFTOVER = new RegExp(`\\b(?:${"TO"}DO|${"FIX"}ME)\\b`, "g");
const checkLeftovers: Rule = (file) => search(file, file.text, LEFTOVER, "leftover", "– do it, or open an issue");

/** The start of a path of one machine. Within a longer path or an address (`example.org/home`) it is none. */
const ABSOLUTE = new RegExp(`(?<![\\w.~}/:-])/(?:${["work", "home", "root"].join("|")})(?=[/"'\`\\s]|$)`, "gm");
const checkPaths: Rule = (file) => search(file, file.text, ABSOLUTE, "path", "is a path of one machine");

/** A comment on a comment is what a line that was taken away left. */
const STACKED = /\*\/[ \t]*\n[ \t]*\/\*\*/g;
/** No sentence of a comment begins so in English. */
const TRANSLATED = /\/\*\*\s+(?:\* )?Of (?!course)/g;
const checkComments: Rule = (file) =>
  isTypeScript(file)
    ? [
        ...search(file, file.text, STACKED, "comment", "one comment follows another: which one is meant?"),
        ...search(file, file.comments, TRANSLATED, "comment", "begins with no sentence: say what it is"),
      ]
    : [];

const RULES = [
  checkLayers,
  checkDecided,
  checkComments,
  checkPurity,
  checkSorting,
  checkName,
  checkHeader,
  checkLeftovers,
  checkPaths,
];

/** What one file breaks; lengths are checked over all files (ratchet.ts). */
export const checkFile = (file: SourceFile): Finding[] => RULES.flatMap((rule) => rule(file));
