import type { Plain } from '../../../runtime/data.js';
import type { Operation } from '../../histories/index.js';
import { textOf, type Model } from '../model.js';
import { classByAnswer, samePlain, plainKey, unknownFunction } from './values.js';

const FUNCTIONS = ['get', 'put', 'append', 'delete'] as const;

/**
 * A store of values by key: `get`, `put(value)`, `append(text)` and `delete`. What was never put is `initial`, by default the empty text, as in Porcupine's logs.
 * Each key is a part of its own.
 */
export function keyValue(initial: Plain = ''): Model<Plain> {
  return {
    name: 'kv',
    initial: () => initial,
    step: (value, operation) => stepKey(initial, value, operation),
    stateKey: plainKey,
    partition: ({ key }) => key,
    classOf: classByAnswer,
    isRead: ({ f }) => f === 'get',
    fault: (operation) => unknownFunction(operation, FUNCTIONS) ?? keyValueFault(operation),
    describeState: textOf,
  };
}

function stepKey(initial: Plain, value: Plain, { f, argument, result }: Operation): Plain | undefined {
  switch (f) {
    case 'get':
      return result === undefined || samePlain(value, result) ? value : undefined;
    case 'put':
      return argument;
    case 'append':
      return `${typeof value === 'string' ? value : ''}${String(argument)}`;
    case 'delete':
      return initial;
    default:
      return undefined;
  }
}

function keyValueFault({ f, key, argument }: Operation): string | undefined {
  if (key === null) return `${f} names no key`;
  if (f !== 'append' || typeof argument === 'string') return undefined;
  return `append takes a text, not ${textOf(argument)}`;
}
