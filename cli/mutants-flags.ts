/** What `orrery mutants` was given, as commander hands it over. */
export interface MutantsFlags {
  readonly corpus?: readonly string[];
  readonly only?: readonly string[];
  readonly seeds: number;
  readonly budget: number;
  readonly minimise?: true;
  readonly simulator?: true;
  readonly list?: true;
  readonly json?: string;
}
