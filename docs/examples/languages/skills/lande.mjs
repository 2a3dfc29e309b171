// Lande: a small neural network that learned from the short sentences of Tatoeba (npm: lande, MIT). The model is in the package.

import lande from "lande";
import { asked, LANGUAGES } from "./languages.mjs";

export default ({ z, defineSkill }) => [
  defineSkill({
    ...asked(z),
    description: "Says which language a text is in, by the neural network Lande.",
    price: 0.001,
    run(text) {
      const ranked = lande(text).filter(([language]) => LANGUAGES.includes(language));
      const [output, probability] = ranked[0];
      return { output, confidence: Math.min(1, probability) };
    },
  }),
];
