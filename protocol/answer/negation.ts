/**
 * Words that say "not", in the languages that agents answer in. spelling.ts counts them: it asks of two texts that they deny
 * equally often, and at the same places.
 *
 * A word that means something else in another language ("no" is "in the" in Portuguese, "sin" and "sans" are names) may keep two
 * texts apart that are near. What the tables miss (the Turkish -me-, Japanese -ず, Finnish "en", which is "in" elsewhere,
 * "hardly", "fails to") is compared as any other letters are.
 */

import { foldText } from "./folding.ts";

/** By language, as whole words. */
const WORDS: readonly (readonly [language: string, words: string])[] = [
  ["English", "no not non never none nor neither nobody nothing nowhere without"],
  ["German", "nicht nichts nie niemals niemand nirgends nein kein keine keinen keinem keiner keines ohne weder"],
  ["Dutch", "niet niets nooit niemand nergens nee geen zonder noch"],
  [
    "Swedish, Danish, Norwegian",
    "inte icke ikke ikkje ej nej nei aldrig aldri ingen inget inga intet ingenting utan uden uten",
  ],
  ["French", "pas jamais rien aucun aucune personne nul nulle ni non sans"],
  ["Spanish", "no nunca jamás nada nadie ningún ninguno ninguna ni sin tampoco"],
  ["Portuguese", "não nem nenhum nenhuma ninguém jamais sem"],
  ["Italian", "non mai niente nulla nessun nessuno nessuna né senza neanche neppure"],
  ["Romanian", "nu fără nici niciun nicio niciodată nimic nimeni"],
  ["Polish", "nie nigdy nic nikt żaden żadna żadne bez ani"],
  ["Czech, Slovak", "není nejsou nemá nemají nikdy nic nikdo žádný žádná žádné bez nie nikdy"],
  ["Croatian, Serbian, Slovene", "ne nije nisu nisam nema nemaju neće nikad nikada ništa bez ni nikoli"],
  ["Russian", "не нет ни без никогда ничего никто нигде нельзя"],
  ["Ukrainian", "ні немає нема ніколи нічого ніхто"],
  ["Bulgarian", "няма нито никога нищо никой"],
  ["Greek", "δεν δε μη μην όχι χωρίς δίχως ούτε ποτέ τίποτα κανείς κανένας"],
  ["Finnish, Estonian", "ei eivät emme ette älä ilman koskaan mitään pole mitte ilma"],
  ["Hungarian", "nem nincs nincsen nincsenek sem soha senki semmi nélkül"],
  ["Turkish", "değil değildir yok hayır hiç hiçbir asla"],
  ["Arabic", "لا ليس ليست لم لن ولا بلا فلا غير بدون"],
  ["Hebrew", "לא ולא שלא אין ואין בלי ללא"],
  ["Persian", "نه نیست نیستند بدون هیچ هرگز"],
  ["Hindi", "नहीं न मत बिना"],
  ["Indonesian, Malay", "tidak bukan tanpa jangan belum tiada"],
  ["Vietnamese", "không chẳng chưa đừng"],
  ["Korean", "안 못"],
];

/** Inside of words, and where nothing separates words. Longer ones first. */
const PARTS: readonly (readonly [language: string, parts: string])[] = [
  ["Japanese", "ません なかっ ない なく"],
  ["Chinese, and Japanese", "不 没 沒 無 无 非 未 勿 莫"],
  ["Korean", "아니 아닙 않 없"],
  ["Thai, Lao, Khmer", "ไม่ ບໍ່ មិន"],
];

/** "ne" and what it may stand with in French, which together deny once. */
const FRENCH_SECOND: ReadonlySet<string> = new Set(
  "pas plus jamais rien personne aucun aucune point guère nul nulle ni".split(" ").map(fold),
);
/** Words between the two at most: "ne nous en a vraiment pas". */
const FRENCH_REACH = 5;

/** English verbs that are written with their "not", and what they are without: "can't", "cant" and "cannot" are "can not". */
const VERBS: ReadonlyMap<string, string> = new Map([
  ["ca", "can"],
  ["wo", "will"],
  ["sha", "shall"],
  ["ai", "is"],
]);
const WITHOUT_APOSTROPHE: ReadonlySet<string> = new Set(
  (
    "cant wont dont doesnt didnt isnt arent wasnt werent hasnt havent hadnt shouldnt wouldnt couldnt mustnt neednt " +
    "shant aint"
  ).split(" "),
);

/** Beginnings that turn a word into its opposite, and the fewest letters that are left of one. */
const PREFIXES: readonly (readonly [prefix: string, least: number])[] = (
  [
    ["un in im il ir dis non anti on ab", 3],
    ["ne nie не ни без бес анти αν", 2],
    ["des dés mis o u epä a", 4],
  ] as const
).flatMap(([prefixes, least]) => prefixes.split(" ").map((prefix) => [fold(prefix), least] as const));

/** Beginnings that are opposites of each other, and leave at least three letters. */
const SWAPPED: readonly (readonly [one: string, other: string])[] = [
  ["in", "de"],
  ["in", "ex"],
  ["im", "ex"],
  ["hyper", "hypo"],
  ["over", "under"],
  ["maxi", "mini"],
  ["pre", "post"],
];

function fold(text: string): string {
  return foldText(text, { case: true, space: true, punctuation: true });
}

const words: ReadonlySet<string> = new Set(WORDS.flatMap(([, list]) => list.split(" ").map(fold)));
const parts: readonly string[] = PARTS.flatMap(([, list]) => list.split(" ").map(fold));
const partsByStart = new Map<string, string[]>();
for (const part of parts) {
  const list = partsByStart.get(part[0]!);
  if (list === undefined) partsByStart.set(part[0]!, [part]);
  else list.push(part);
}

/** What stands for each word that denies. Not a word: folded texts have no capitals. */
export const NOT = "NOT";

/** How many units at `text[at]` deny, where nothing separates words; 0 if none do. */
export function negatingPartAt(text: string, at: number): number {
  for (const part of partsByStart.get(text[at]!) ?? []) if (text.startsWith(part, at)) return part.length;
  return 0;
}

/** An English verb with its "not" as the verb; null if `word` is none. */
function verbOf(word: string): string | null {
  const isShort = WITHOUT_APOSTROPHE.has(word);
  if (isShort || word.endsWith("n't")) {
    const verb = word.slice(0, isShort ? -2 : -3);
    return VERBS.get(verb) ?? verb;
  }
  return word === "cannot" ? "can" : null;
}

/**
 * The folded words of a text with `NOT` for all that deny; verbs and their "n't" apart, and other words with an apostrophe as
 * two. Linear.
 */
export function withNegations(folded: readonly string[]): string[] {
  const found: string[] = [];
  let sinceNe = FRENCH_REACH + 1;
  let ne = 0;
  const add = (word: string, isElided = false): void => {
    sinceNe++;
    if (word === "ne" || (isElided && word === "n")) {
      sinceNe = 0;
      ne = found.length;
      found.push(NOT);
    } else if (sinceNe <= FRENCH_REACH && FRENCH_SECOND.has(word)) {
      // One denial, where the second word stands: "je sais pas" says the same.
      found[ne] = "";
      found.push(NOT);
      sinceNe = FRENCH_REACH + 1;
    } else found.push(words.has(word) ? NOT : word);
  };
  for (const word of folded) {
    const verb = verbOf(word);
    if (verb !== null) {
      add(verb);
      found.push(NOT);
    } else {
      const split = word.split("'");
      for (const part of split) if (part !== "") add(part, split.length > 1);
    }
  }
  return found.filter((word) => word !== "");
}

/** Words of which `word` is the opposite by its beginning or its end, as far as they exist. A pair is found from one of the two. */
export function oppositesOf(word: string): string[] {
  const found: string[] = [];
  for (const [prefix, least] of PREFIXES)
    if (word.length >= prefix.length + least && word.startsWith(prefix)) found.push(word.slice(prefix.length));
  for (const [one, other] of SWAPPED)
    if (word.length >= one.length + 3 && word.startsWith(one)) found.push(other + word.slice(one.length));
  if (word.endsWith("less") && word.length > 6) found.push(word.slice(0, -4), `${word.slice(0, -4)}ful`);
  return found;
}
