/** Distances of typical pairs, within bounds; what must never be near; and the hashed vectors against exact ones. */

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { foldText } from "../../../protocol/answer/folding.ts";
import { spellingDistance, spellingOf } from "../../../protocol/answer/spelling.ts";
import { runs } from "../../support/runs.ts";

const FAR = 1_000_000;
const distance = (a: string, b: string): number => spellingDistance(spellingOf(a), spellingOf(b));

/** Bounds in thousandths: a few more and less than measured, so that weights can be tuned. */
describe("typical pairs", () => {
  test.each<[what: string, a: string, b: string, least: number, most: number]>([
    ["punctuation and case", "The capital of France is Paris.", "the capital of France is PARIS", 0, 0],
    ["emphasis", "**Paris** is the capital", "Paris is the capital", 0, 0],
    ["an apostrophe", "I don’t know", "I do not know", 0, 0],
    ["can't", "It cannot be done", "It can't be done", 0, 0],
    ["cant", "It can not be done", "It cant be done", 0, 0],
    ["ß", "Das Haus ist groß", "Das Haus ist gross", 0, 0],
    ["spoken French", "Je ne sais pas", "Je sais pas", 0, 0],
    ["an article less", "The capital of France is Paris", "Capital of France is Paris", 1, 40],
    ["an article that moved", "The cat sees dog", "Cat sees the dog", 1, 60],
    ["other articles", "The cat sat on the mat", "A cat sat on a mat", 1, 100],
    ["a French article", "Le chat est sur la table", "Un chat est sur la table", 1, 50],
    ["a plural", "The cat sat on the mat", "The cats sat on the mat", 1, 120],
    [
      "two forms",
      "The quick brown fox jumps over the lazy dog",
      "The quick brown fox jumped over the lazy dogs",
      1,
      170,
    ],
    ["a typo", "The capital of France is Paris", "The capitol of France is Paris", 1, 190],
    ["a letter less", "Accommodation is available nearby", "Accomodation is available nearby", 1, 80],
    ["two typos", "accommodation is available near the station", "acommodation is avaliable near the station", 50, 190],
    ["letters changed places", "receive the package", "recieve the package", 150, 330],
    ["accents", "Los niños juegan en el parque", "Los ninos juegan en el parque", 50, 180],
    ["a word more", "Light turns into energy in plants", "Light turns into chemical energy in plants", 50, 200],
    ["Spanish plurals", "El gato está en la mesa", "Los gatos están en la mesa", 100, 300],
    ["a Polish plural", "Dzieci bawią się w parku", "Dziecko bawi się w parku", 100, 280],
    ["a Russian dash for a verb", "Москва является столицей России", "Москва — столица России", 200, 380],
    ["a Greek form", "Το σπίτι είναι μεγάλο", "Το σπίτι ήταν μεγάλο", 50, 400],
    ["Japanese characters for syllables", "子供たちは公園で遊んでいます", "子供達は公園で遊んでいます", 50, 160],
    ["a Korean ending", "안전합니다", "안전하다", 300, 560],
    ["another spelling of one word", "color", "colour", 300, 560],
    // One word for another is a small difference in a sentence, whatever it says: thresholds belong below these.
    ["another town", "The capital of France is Paris", "The capital of France is Lyon", 150, 320],
    ["another day", "The meeting is on Monday at noon", "The meeting is on Tuesday at noon", 130, 280],
    ["another Chinese town", "他昨天去了北京", "他昨天去了南京", 110, 250],
    ["every word changed", "La casa è grande", "Le case sono grandi", 400, 700],
    ["unrelated", "The cat sat on the mat", "The dog ate my homework", 850, 1000],
    ["unrelated, English", "Light turns into energy in plants", "The French revolution began in Paris", 700, 1000],
    ["unrelated, German", "Der Zug fährt um acht Uhr ab", "Meine Schwester wohnt in Hamburg", 850, 1000],
    ["unrelated, Russian", "Поезд отправляется утром", "Моя сестра живёт в Москве", 850, 1000],
    ["unrelated, Chinese", "今天天气很好", "他在北京工作", 850, 1000],
    ["the same in two languages", "Water is wet", "Wasser ist nass", 600, 1000],
    ["a synonym", "car", "automobile", 900, 1000],
    ["yes and true", "yes", "true", 900, 1000],
  ])("%s: %s | %s", (_, a, b, least, most) => {
    const apart = distance(a, b);
    expect(apart).toBeGreaterThanOrEqual(least * 1000);
    expect(apart).toBeLessThanOrEqual(most * 1000);
  });
});

describe("nothing in common", () => {
  test.each([
    ["X is safe", "X is not safe"],
    ["X is safe", "X isn't safe"],
    ["X is safe", "X isnt safe"],
    ["X is safe", "X is never safe"],
    ["It works with power", "It works without power"],
    ["Yes, it does", "No, it does"],
    ["The water is safe to drink", "The water is unsafe to drink"],
    ["It is possible", "It is impossible"],
    ["It is a toxic plant", "It is a non-toxic plant"],
    ["The drug is harmful", "The drug is harmless"],
    ["Prices increase in May", "Prices decrease in May"],
    ["A is not B and C is D", "A is B and C is not D"],
    ["not black and white", "black and not white"],
    ["Das Haus ist groß", "Das Haus ist nicht groß"],
    ["Das ist ein Problem", "Das ist kein Problem"],
    ["Je sais", "Je ne sais pas"],
    ["Il fume plus", "Il ne fume plus"],
    ["C'est vrai", "Ce n'est pas vrai"],
    ["Es seguro", "No es seguro"],
    ["Siempre llueve", "Nunca llueve"],
    ["É seguro", "Não é seguro"],
    ["È sicuro", "Non è sicuro"],
    ["Het is veilig", "Het is niet veilig"],
    ["Det är säkert", "Det är inte säkert"],
    ["Este sigur", "Nu este sigur"],
    ["To jest bezpieczne", "To nie jest bezpieczne"],
    ["Mám čas", "Nemám čas"],
    ["Это безопасно", "Это не безопасно"],
    ["Это безопасно", "Это небезопасно"],
    ["Время есть", "Времени нет"],
    ["Це безпечно", "Це не безпечно"],
    ["Αυτό είναι ασφαλές", "Αυτό δεν είναι ασφαλές"],
    ["Tämä on turvallista", "Tämä ei ole turvallista"],
    ["Ez biztonságos", "Ez nem biztonságos"],
    ["Bu güvenli", "Bu güvenli değil"],
    ["هذا آمن", "هذا ليس آمن"],
    ["זה בטוח", "זה לא בטוח"],
    ["यह सुरक्षित है", "यह सुरक्षित नहीं है"],
    ["Ini aman", "Ini tidak aman"],
    ["Cái này an toàn", "Cái này không an toàn"],
    ["我爱你", "我不爱你"],
    ["これは安全です", "これは安全ではありません"],
    ["안전합니다", "안전하지 않습니다"],
    ["ปลอดภัย", "ไม่ปลอดภัย"],
    ["It costs 5 dollars", "It costs 6 dollars"],
    ["It costs 5 dollars", "It costs -5 dollars"],
    ["It costs 5 dollars", "It costs five dollars"],
    ["It costs 1,000 dollars", "It costs 1.000 dollars"],
    ["From 3 to 4", "From 4 to 3"],
    ["3.14", "314"],
    ["50% of it", "50 of it"],
    ["x < 5", "x > 5"],
    ["m²", "m³"],
    ["٣ أيام", "٤ أيام"],
    ["Use C++", "Use C"],
    ["Use C#", "Use C"],
    ["The answer is B", "The answer is C"],
    ["A", "B"],
    ["A beats B", "B beats A"],
    ["Alice beats Bob", "Bob beat Alice"],
    ["Иван любит Марию", "Мария любит Ивана"],
    ["Der Hund beißt den Mann", "Den Hund beißt der Mann"],
    ["我爱你", "你爱我"],
    ["แมวกัดหมา", "หมากัดแมว"],
    ["", "x"],
    ["***", "*"],
  ])("%s | %s", (a, b) => {
    expect(distance(a, b)).toBe(FAR);
  });

  test("one number in many scripts is one number", () => {
    expect(distance("٣ أيام", "3 أيام")).toBe(0);
    expect(distance("５ 円", "5 円")).toBe(0);
  });
});

const WORDS = "winter green river stone music paper seven table grass cloud money apple".split(" ");
const sentence = fc.array(fc.constantFrom(...WORDS), { minLength: 2, maxLength: 12 });
const texts = fc.oneof(
  sentence.map((words) => words.join(" ")),
  fc.string({ unit: "binary" }),
  fc.string({ unit: fc.constantFrom(..."ab不한é😀 '-.#*+5", " not", "n't", "un") }),
);

describe("any texts", () => {
  test("distances are whole, symmetric, and nothing between texts that fold alike", () => {
    fc.assert(
      fc.property(texts, texts, (a, b) => {
        const apart = distance(a, b);
        expect(Number.isSafeInteger(apart)).toBe(true);
        expect(apart).toBeGreaterThanOrEqual(0);
        expect(apart).toBeLessThanOrEqual(FAR);
        expect(distance(b, a)).toBe(apart);
        expect(distance(a, a)).toBe(0);
        expect(distance(a, foldText(a, { case: true, space: true, punctuation: true }))).toBe(0);
      }),
      { numRuns: runs(5_000) },
    );
  });

  test("the same words in another order are never near", () => {
    fc.assert(
      fc.property(
        sentence.chain((words) =>
          fc.tuple(fc.constant(words), fc.shuffledSubarray(words, { minLength: words.length })),
        ),
        ([words, others]) => {
          const isSame = words.every((word, i) => word === others[i]);
          expect(distance(words.join(" "), others.join(" "))).toBe(isSame ? 0 : FAR);
        },
      ),
      { numRuns: runs(5_000) },
    );
  });

  test("a denial or a number more, or another, is never near", () => {
    const added = fc.constantFrom(
      "not",
      "never",
      "without",
      "nicht",
      "kein",
      "pas",
      "não",
      "не",
      "нет",
      "不",
      "42",
      "-1",
      "5%",
    );
    fc.assert(
      fc.property(sentence, added, added, fc.nat(), (words, one, other, at) => {
        const text = (inserted: string): string => words.toSpliced(at % (words.length + 1), 0, inserted).join(" ");
        expect(distance(text(one), words.join(" "))).toBe(FAR);
        if (/\d/.test(one + other) && one !== other) expect(distance(text(one), text(other))).toBe(FAR);
      }),
      { numRuns: runs(2_000) },
    );
  });

  test("a letter more keeps a sentence near", () => {
    fc.assert(
      fc.property(fc.shuffledSubarray(WORDS, { minLength: 6 }), fc.nat(), (words, at) => {
        const i = at % words.length;
        expect(distance(words.join(" "), words.with(i, `${words[i]}q`).join(" "))).toBeLessThan(200_000);
      }),
      { numRuns: runs(500) },
    );
  });
});

describe("the vector", () => {
  /** The cosine over the runs and pairs themselves. */
  function exactDistance(a: readonly string[], b: readonly string[]): number {
    const featuresOf = (words: readonly string[]): Map<string, number> => {
      const features = new Map<string, number>();
      const count = (feature: string, weight: number): void =>
        void features.set(feature, (features.get(feature) ?? 0) + weight);
      for (const [i, word] of words.entries()) {
        const letters = `<${word}>`;
        for (let at = 0; at + 3 <= letters.length; at++) count(letters.slice(at, at + 3), 3);
        count(`${(words[i - 1] ?? "").slice(0, 3)} ${word.slice(0, 3)}`, 1);
      }
      return features;
    };
    const dot = (x: Map<string, number>, y: Map<string, number>): number =>
      Array.from(x, ([feature, weight]) => weight * (y.get(feature) ?? 0)).reduce((sum, product) => sum + product, 0);
    const [x, y] = [featuresOf(a), featuresOf(b)];
    return FAR * (1 - dot(x, y) / Math.sqrt(dot(x, x) * dot(y, y)));
  }

  test("hashing moves a distance by little", () => {
    const subset = fc.subarray(WORDS, { minLength: 4 });
    fc.assert(
      fc.property(subset, subset, (a, b) => {
        expect(Math.abs(distance(a.join(" "), b.join(" ")) - exactDistance(a, b))).toBeLessThan(100_000);
      }),
      { numRuns: runs(2_000) },
    );
  });
});

describe("long texts", () => {
  const long = Array.from({ length: 2_500 }, (_, i) => `w${WORDS[i % 12]}${WORDS[(i * 7) % 11]}`).join(" ");

  test("one typo in the longest of them is a small difference", () => {
    const text = long.slice(0, 16_383);
    expect(distance(text, text.replace("wstone", "wstohne"))).toBeLessThan(10_000);
  });

  test("those without a common word are far, however many places of the vector both fill", () => {
    const words = (letters: string): string =>
      Array.from({ length: 2_000 }, (_, i) =>
        Array.from([6, 36, 216, 1296], (n) => letters[Math.floor((i * 6) / n) % 6]).join(""),
      ).join(" ");
    expect(distance(words("abcdef"), words("ghjklm"))).toBeGreaterThan(900_000);
  });

  test("a text costs no more than its length allows", () => {
    for (const piece of ["不", "않", "a ", "n't ", "\u0301", "1,", "ŉ", "😀", "'"]) {
      const spelling = spellingOf(piece.repeat(16_384));
      expect(spelling.vector).toHaveLength(1_024);
      expect(spelling.order.length).toBeLessThanOrEqual(16_386);
    }
  });
});
