// Franc: counts of letter triples, for languages with eight million speakers or more (npm: franc-min, MIT). The counts are in
// the package. It knows neither Danish nor Norwegian nor Slovak, and does not know that it does not.

import { franc } from "franc-min";
import { asked, LANGUAGES } from "./languages.mjs";

export default ({ z, defineSkill, SkillError }) => [
  defineSkill({
    ...asked(z),
    description: "Says which language a text is in, by letter triples (franc).",
    price: 0.001,
    run(text) {
      const output = franc(text, { minLength: 1, only: LANGUAGES });
      if (output === "und") throw new SkillError("invalid-input", "the text has no letters that franc knows");
      // It ranks languages and gives no probability, so this skill states none; its record says what its answers are worth.
      return output;
    },
  }),
];
