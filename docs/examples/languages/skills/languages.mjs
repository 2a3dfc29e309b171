// The twelve languages of this example, as all three skills name them: ISO 639-3.

export const LANGUAGES = ["ces", "dan", "deu", "eng", "fra", "ita", "nld", "nob", "por", "slk", "spa", "swe"];

/** ISO 639 for "undetermined": none of the twelve. */
export const OTHER = "und";

/** What is the same for the three skills. */
export const asked = (z) => ({
  name: "language",
  input: z.string().min(1).max(1_000),
  output: z.enum([...LANGUAGES, OTHER]),
  expectedMs: 20,
});
