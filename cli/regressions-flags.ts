/** What `orrery regressions` was given, as commander hands it over. */
export interface RegressionsFlags {
  readonly only?: readonly string[];
  readonly list?: true;
  readonly keep?: string;
  readonly name?: string;
  readonly broke?: string;
  readonly planted?: string;
  readonly seedTimeout: number;
  readonly json?: string;
}
