/** What a store holds at most, and what it accepts. Part of the state, since replicas must decide alike. */
export interface StoreLimits {
  readonly maxKeyLength: number;
  readonly maxValueBytes: number;
  readonly maxOperations: number;
  readonly maxLeases: number;
  readonly minTtlMs: number;
  readonly maxTtlMs: number;
  /** Events kept for watches from an earlier revision. */
  readonly historyEvents: number;
  /** Clients whose results are kept. */
  readonly maxClients: number;
  /** Results kept for each client that numbers its requests. */
  readonly resultsPerClient: number;
  /** Results kept for all requests without a number together. */
  readonly unnumberedResults: number;
}

export const defaultStoreLimits: StoreLimits = Object.freeze({
  maxKeyLength: 1024,
  maxValueBytes: 1024 * 1024,
  maxOperations: 128,
  maxLeases: 100_000,
  minTtlMs: 10,
  maxTtlMs: 24 * 60 * 60 * 1000,
  historyEvents: 10_000,
  maxClients: 1024,
  resultsPerClient: 512,
  unnumberedResults: 8192,
});
