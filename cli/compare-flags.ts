/** What `orrery compare` was given, as commander hands it over. */
export interface CompareFlags {
  readonly tasks?: string;
  readonly seeds: string;
  readonly workers?: number;
  readonly threadSeeds: number;
  readonly report?: string;
  readonly out: string;
  readonly json?: string;
}
