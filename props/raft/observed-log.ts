import type { ObservedRecord } from '../../runtime/observation.js';
import type { RaftObservation } from '../../protocols/raft/index.js';
import type { Observer } from '../../sim/properties/property.js';

type RaftType = RaftObservation['type'];

/**
 * A monitor or lookout of raft's observations of these types, and of no others: that the code looks at another one is an error of types.
 * Three of four observations are no business of most properties.
 */
export function watching<const Type extends RaftType, Answer>(
  types: readonly Type[],
  observe: (observation: RaftObservation & { readonly type: Type }, record: ObservedRecord) => Answer,
): { readonly watches: readonly Type[]; observe(record: ObservedRecord): Answer } {
  return {
    watches: types,
    observe: (record) => observe(record.observation as unknown as RaftObservation & { readonly type: Type }, record),
  };
}

/** Raft's observation in a record, or undefined if it is of something else. */
export function raftObservation(record: ObservedRecord): RaftObservation | undefined {
  const { type } = record.observation;
  return type.startsWith('raft-') ? (record.observation as unknown as RaftObservation) : undefined;
}

/** A member's log as far as it was observed. Index 0 is before the first entry. */
export interface ObservedLog {
  /** By index; 0 where unknown. */
  readonly terms: number[];
  /** Prefix hashes by index; -1 where unknown. */
  readonly hashes: number[];
}

export const UNKNOWN_HASH = -1;

/** The logs of all members, from their observations. */
export class ObservedLogs implements Observer {
  readonly watches = ['raft-appended', 'raft-truncated', 'raft-snapshot-installed', 'raft-recovered'];
  private readonly logs = new Map<string, ObservedLog>();

  of(node: string): ObservedLog {
    let log = this.logs.get(node);
    if (log === undefined) {
      log = { terms: [0], hashes: [0] };
      this.logs.set(node, log);
    }
    return log;
  }

  observe(record: ObservedRecord): void {
    const { node } = record;
    const observation = raftObservation(record);
    if (observation?.type === 'raft-appended') {
      write(this.of(node), observation.fromIndex, observation.terms, observation.hashes);
    } else if (observation?.type === 'raft-truncated') {
      cut(this.of(node), observation.fromIndex);
    } else if (observation?.type === 'raft-snapshot-installed') {
      const log = this.of(node);
      const { index, entryTerm, hash } = observation;
      // What the snapshot stands for is not seen; what it took the place of is gone.
      cut(log, 1);
      write(log, index, [entryTerm], [hash]);
    } else if (observation?.type === 'raft-recovered') {
      const { lastIndex, terms, hashes } = observation;
      cut(this.of(node), lastIndex + 1);
      write(this.of(node), lastIndex - terms.length + 1, terms, hashes);
    }
  }
}

/** Who believes that it leads, from what it observed. */
export class ObservedLeaders implements Observer {
  readonly watches = ['raft-became-leader', 'raft-became-follower', 'raft-recovered'];
  private readonly terms = new Map<string, number>();

  /** The term that the member leads, or undefined. */
  termOf(node: string): number | undefined {
    return this.terms.get(node);
  }

  /** Who leads the term, or undefined. */
  ofTerm(term: number): string | undefined {
    for (const [node, led] of this.terms) if (led === term) return node;
    return undefined;
  }

  observe(record: ObservedRecord): void {
    const observation = raftObservation(record);
    if (observation?.type === 'raft-became-leader') this.terms.set(record.node, observation.term);
    else this.terms.delete(record.node);
  }
}

function cut(log: ObservedLog, fromIndex: number): void {
  log.terms.length = Math.min(log.terms.length, fromIndex);
  log.hashes.length = Math.min(log.hashes.length, fromIndex);
}

function write(log: ObservedLog, fromIndex: number, terms: readonly number[], hashes: readonly number[]): void {
  while (log.hashes.length < fromIndex) {
    log.terms.push(0);
    log.hashes.push(UNKNOWN_HASH);
  }
  for (let i = 0; i < terms.length; i++) {
    log.terms[fromIndex + i] = terms[i] ?? 0;
    log.hashes[fromIndex + i] = hashes[i] ?? UNKNOWN_HASH;
  }
}
