/** Arbitraries of variants: one of several kinds, each with fields of its own. */

import fc, { type Arbitrary } from "fast-check";

/** One arbitrary a kind; the compiler refuses a kind or a field too few. */
export type Kinds<U extends { readonly kind: string }> = {
  readonly [K in U["kind"]]: {
    readonly [F in keyof Omit<Extract<U, { kind: K }>, "kind">]: Arbitrary<Extract<U, { kind: K }>[F]>;
  };
};

export function kindArbitrary<U extends { readonly kind: string }>(kinds: Kinds<U>, kind: U["kind"]): Arbitrary<U> {
  const fields = kinds[kind] as { readonly [field: string]: Arbitrary<unknown> };
  return fc.record({ kind: fc.constant(kind), ...fields }) as unknown as Arbitrary<U>;
}

export function variant<U extends { readonly kind: string }>(kinds: Kinds<U>): Arbitrary<U> {
  const names = Object.keys(kinds) as U["kind"][];
  return fc.oneof(...names.map((kind) => kindArbitrary(kinds, kind)));
}
