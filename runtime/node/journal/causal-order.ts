import type { ObservedRecord } from '../../observation.js';
import { JournalError, type Journal } from './journal-format.js';

interface Placed {
  readonly record: ObservedRecord;
  readonly lamport: number;
  readonly position: number;
}

/**
 * One order of what several nodes observed in which every cause stands before its effects: by Lamport clock, then by node.
 * The records of one node keep their order. Throws JournalError where a journal contradicts itself.
 */
export function inCausalOrder(journals: readonly Journal[]): readonly ObservedRecord[] {
  const placed = journals.flatMap((journal) => placeRecords(journal));
  placed.sort(
    (a, b) =>
      a.lamport - b.lamport ||
      (a.record.node < b.record.node ? -1 : a.record.node > b.record.node ? 1 : a.position - b.position),
  );
  return placed.map(({ record }) => record);
}

function placeRecords(journal: Journal): readonly Placed[] {
  let before: ObservedRecord | undefined;
  let lamport = 0;
  return journal.records.map((record, position) => {
    if (before !== undefined) findContradiction(before, record);
    before = record;
    // A node that lost its journal begins with a low clock; its own order still holds.
    lamport = Math.max(lamport, record.lamport);
    return { record, lamport, position };
  });
}

function findContradiction(before: ObservedRecord, record: ObservedRecord): void {
  const place = `${record.node}:${record.step} (incarnation ${record.incarnation})`;
  if (record.node !== before.node) {
    throw new JournalError(`${place}: the journal of ${before.node} holds a record of another node`);
  }
  if (record.incarnation < before.incarnation) {
    throw new JournalError(`${place}: follows incarnation ${before.incarnation}; two processes wrote one journal`);
  }
  if (record.incarnation === before.incarnation && record.lamport <= before.lamport) {
    throw new JournalError(`${place}: its Lamport clock ${record.lamport} does not follow ${before.lamport}`);
  }
}
