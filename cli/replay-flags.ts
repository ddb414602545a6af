/** What `orrery replay` was given, as commander hands it over. */
export interface ReplayFlags {
  readonly seed?: number;
  /** Of a run that was made small: the one that it was made of. */
  readonly original?: true;
  readonly plan?: string;
  readonly until?: string;
  readonly break?: string;
  readonly verify?: true;
  readonly guard: boolean;
  readonly seedTimeout: number;
  readonly lines: number;
  readonly json?: string;
  readonly picture?: string;
  /** A format and a file. */
  readonly export?: readonly string[];
  readonly fromMs?: number;
  readonly toMs?: number;
}
