// Compact Language Detector 3: Google's neural network, as WebAssembly (npm: cld3-asm, MIT). The model is in the package.

import cld3 from "cld3-asm";
import { asked, OTHER } from "./languages.mjs";

/** It answers in ISO 639-1, and names one language only: that may be one of the 95 others that it knows. */
const THREE_LETTERS = new Map(
  Object.entries({
    ...{ cs: "ces", da: "dan", de: "deu", en: "eng", es: "spa", fr: "fra" },
    ...{ it: "ita", nl: "nld", no: "nob", pt: "por", sk: "slk", sv: "swe" },
  }),
);
const detector = (await cld3.loadModule()).create(0, 1_000);

export default ({ z, defineSkill }) => [
  defineSkill({
    ...asked(z),
    description: "Says which language a text is in, by the neural network CLD3.",
    price: 0.002,
    run(text) {
      const { language, probability } = detector.findLanguage(text);
      return { output: THREE_LETTERS.get(language) ?? OTHER, confidence: Math.min(1, probability) };
    },
  }),
];

export const close = () => detector.dispose();
