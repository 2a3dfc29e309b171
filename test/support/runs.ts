/** How often properties are tried. */

/** `most` in `npm run test:long`, a fifth of it in `npm test`. */
export const runs = (most: number): number =>
  process.env.MESHWORK_ALL_RUNS === "1" ? most : Math.max(1, Math.round(most / 5));
