import type { Operation } from '../../props/histories/index.js';
import type { Counterexample } from '../../props/linearizability/index.js';

/** What an operation is in a counterexample. */
export type Role = 'ordered' | 'culprit' | 'refused' | 'later';

export interface ShownOperation {
  readonly operation: Operation;
  readonly role: Role;
  /** Its place in the longest legal order, from 1; undefined where it is not in it. */
  readonly place: number | undefined;
}

/** More of the order than this, back from its end, is not drawn: what is wrong is at the end. */
export const ORDERED_SHOWN_MAX = 10;
const REFUSED_SHOWN_MAX = 16;
const LATER_SHOWN_MAX = 3;

/** The operations that are drawn, in the order of their calls. */
export function shownOperations({ operations, prefix, culprit, refusals }: Counterexample): readonly ShownOperation[] {
  const first = Math.max(0, prefix.length - ORDERED_SHOWN_MAX);
  const ordered = prefix.slice(first).map((operation, index) => shown(operation, 'ordered', first + index + 1));
  const refused = refusals
    .filter(({ operation }) => operation !== culprit)
    .slice(0, REFUSED_SHOWN_MAX)
    .map(({ operation }) => shown(operation, 'refused'));
  const known = new Set([...prefix, ...refusals.map(({ operation }) => operation), culprit]);
  const later = operations
    .filter((operation) => !known.has(operation) && operation.calledAt > culprit.returnedAt)
    .slice(0, LATER_SHOWN_MAX)
    .map((operation) => shown(operation, 'later'));
  const all = [...ordered, ...refused, shown(culprit, 'culprit'), ...later];
  return all.sort((left, right) => left.operation.calledAt - right.operation.calledAt);
}

function shown(operation: Operation, role: Role, place?: number): ShownOperation {
  return { operation, role, place };
}
