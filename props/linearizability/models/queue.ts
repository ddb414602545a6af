import type { Plain } from '../../../runtime/data.js';
import type { Operation } from '../../histories/index.js';
import { textOf, type Model } from '../model.js';
import { classByAnswer, plainKey, samePlain, unknownFunction } from './values.js';

type Items = readonly Plain[];

/** A queue, first in first out: `enqueue(value)` and `dequeue`, which answers a value, or nil where the queue is empty. Each key is a queue of its own. */
export function queue(initial: Plain = []): Model<Items> {
  return {
    name: 'queue',
    initial: () => initial as Items,
    step: stepQueue,
    stateKey: plainKey,
    partition: ({ key }) => key,
    classOf: classByAnswer,
    isRead: ({ f, result }) => f === 'dequeue' && result === null,
    fault: (operation) => unknownFunction(operation, ['enqueue', 'dequeue']) ?? queueFault(operation),
    describeState: (items) => (items.length === 0 ? 'empty' : `${items.map(textOf).join(', ')}`),
  };
}

function stepQueue(items: Items, { f, argument, result }: Operation): Items | undefined {
  if (f === 'enqueue') return [...items, argument];
  const [first] = items;
  if (first === undefined) return result === undefined || result === null ? items : undefined;
  return result === undefined || samePlain(first, result) ? items.slice(1) : undefined;
}

function queueFault({ f, argument }: Operation): string | undefined {
  return f === 'enqueue' && argument === null
    ? 'enqueue takes a value that is not nil; nil is what an empty queue answers'
    : undefined;
}
