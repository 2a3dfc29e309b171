/** The time, as a driver passes it with each input. */

/**
 * Two readings of the machine's clock, taken together. `monoMs` never goes back and times waits; `wallMs` is
 * what the ledger's times are compared with and may be wrong.
 */
export interface Now {
  readonly monoMs: number;
  readonly wallMs: number;
}
