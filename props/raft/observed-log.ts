import type { ObservedRecord } from '../../runtime/observation.js';
import type { RaftObservation } from '../../protocols/raft/index.js';

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
export class ObservedLogs {
  private readonly logs = new Map<string, ObservedLog>();

  of(node: string): ObservedLog {
    let log = this.logs.get(node);
    if (log === undefined) {
      log = { terms: [0], hashes: [0] };
      this.logs.set(node, log);
    }
    return log;
  }

  observe(node: string, observation: RaftObservation): void {
    if (observation.type === 'raft-appended') {
      write(this.of(node), observation.fromIndex, observation.terms, observation.hashes);
    } else if (observation.type === 'raft-truncated') {
      cut(this.of(node), observation.fromIndex);
    } else if (observation.type === 'raft-snapshot-installed') {
      const log = this.of(node);
      const { index, entryTerm, hash } = observation;
      // What the snapshot stands for is not seen; what it took the place of is gone.
      cut(log, 1);
      write(log, index, [entryTerm], [hash]);
    } else if (observation.type === 'raft-recovered') {
      const { lastIndex, terms, hashes } = observation;
      cut(this.of(node), lastIndex + 1);
      write(this.of(node), lastIndex - terms.length + 1, terms, hashes);
    }
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
