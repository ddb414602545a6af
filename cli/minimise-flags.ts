/** What `orrery minimise` was given, as commander hands it over. */
export interface MinimiseFlags {
  readonly budgetS: number;
  readonly runs: number;
  readonly property?: string;
  readonly out?: string;
  readonly json?: string;
}

/** As long as a person waits; in runs, more than a search of that length comes to. */
export const MINIMISE_DEFAULTS = Object.freeze({ budgetS: 60, runs: 5000 });
