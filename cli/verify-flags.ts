/** What `orrery verify` was given, as commander hands it over. */
export interface VerifyFlags {
  readonly seeds: string;
  readonly others: number;
  readonly threads: readonly (number | 'per-node')[];
  readonly json?: string;
}
