/** What `orrery verify` was given, as commander hands it over. */
export interface VerifyFlags {
  readonly seeds: string;
  readonly others: number;
  readonly alone: number;
  readonly threads: readonly (number | 'per-node')[];
  readonly simS?: number;
  readonly json?: string;
  readonly matrix?: true;
  readonly nodes?: readonly string[];
  readonly fetch?: true;
  readonly shard?: string;
  readonly resume?: string;
}
