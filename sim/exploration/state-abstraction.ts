import type { ObservedRecord } from '../../runtime/observation.js';

/**
 * What a scenario counts as different states of its protocol. Made anew for each run, so it may remember what it saw; its keys must be
 * few (hundreds to thousands over a whole hunt), or every run looks new and nothing is learnt from it.
 */
export interface StateAbstraction {
  /** The abstract states that a record shows, as short texts; none where it shows nothing. Called in trace order. */
  keysOf(record: ObservedRecord): readonly string[];
}
