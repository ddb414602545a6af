import type { Plain } from '../../../runtime/data.js';
import type { Compare, KeyValue } from '../../coordinator/index.js';
import { comparePlain, plainEqual } from './plain-value.js';
import { keysWithin, type Span } from './sorted-keys.js';
import type { Store } from './store.js';

/** Whether a comparison holds now; over a range, whether it holds for each key there, or for a missing one where there is none. */
export function compareHolds(store: Store, compare: Compare): boolean {
  const span = spanOfCompare(compare);
  if (span === undefined) return entryMeets(store.entries.get(compare.key), compare);
  const keys = keysWithin(store.keys, span);
  if (keys.length === 0) return entryMeets(undefined, compare);
  return keys.every((key) => entryMeets(store.entries.get(key), compare));
}

export function spanOfCompare({ key, end, prefix }: Compare): Span | undefined {
  if (prefix === true) return { prefix: key };
  return end === undefined ? undefined : { prefix: '', from: key, end };
}

/** As in etcd, a compare of the value of a key that is not there does not hold, whatever the operator. */
function entryMeets(entry: KeyValue | undefined, { target, operator, operand }: Compare): boolean {
  switch (target) {
    case 'create':
      return relates(entry?.createRevision ?? 0, operator, operand);
    case 'mod':
      return relates(entry?.modRevision ?? 0, operator, operand);
    case 'version':
      return relates(entry?.version ?? 0, operator, operand);
    case 'lease':
      return relates(entry?.leaseId ?? '', operator, operand);
    case 'value':
      return entry !== undefined && relates(entry.value, operator, operand);
  }
}

/** Order is asked of two numbers, two strings or two byte strings; anything else is neither less nor greater. */
function relates(actual: Plain, operator: Compare['operator'], operand: Plain): boolean {
  if (operator === '=') return plainEqual(actual, operand);
  if (operator === '!=') return !plainEqual(actual, operand);
  const ordered =
    (typeof actual === 'number' && typeof operand === 'number') ||
    (typeof actual === 'string' && typeof operand === 'string') ||
    (actual instanceof Uint8Array && operand instanceof Uint8Array);
  if (!ordered) return false;
  const order = comparePlain(actual, operand);
  return operator === '<' ? order < 0 : order > 0;
}
