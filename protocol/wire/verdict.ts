/**
 * What a peer does wrong is data. `reject` is for what no honest peer could send (it counts against the
 * sender); `ignore` is for what an honest peer may send late, twice or too early.
 */

export type Verdict =
  | { readonly verdict: "accept" }
  | { readonly verdict: "ignore"; readonly code: string }
  | { readonly verdict: "reject"; readonly code: string };

export const ACCEPT: Verdict = { verdict: "accept" };
export const ignore = (code: string): Verdict => ({ verdict: "ignore", code });
export const reject = (code: string): Verdict => ({ verdict: "reject", code });
