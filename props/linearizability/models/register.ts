import type { Plain } from '../../../runtime/data.js';
import { isOpen, type Operation } from '../../histories/index.js';
import { textOf, type Model } from '../model.js';
import { classByAnswer, plainKey, samePlain, unknownFunction } from './values.js';

const FUNCTIONS = ['read', 'write', 'cas'] as const;

/**
 * A register with compare-and-set: `read`, `write(value)`, `cas([expected, value])`, of which the answer false is a comparison that said no. Keys, where
 * operations name them, are registers of their own.
 */
export function casRegister(initial: Plain = null): Model<Plain> {
  return {
    name: 'cas-register',
    initial: () => initial,
    step: stepRegister,
    stateKey: plainKey,
    partition: ({ key }) => key,
    classOf: classByAnswer,
    isRead: ({ f, result }) => f === 'read' || (f === 'cas' && result === false),
    fault: (operation) => unknownFunction(operation, FUNCTIONS) ?? casFault(operation),
    describeState: textOf,
  };
}

function stepRegister(value: Plain, operation: Operation): Plain | undefined {
  const { f, argument, result } = operation;
  switch (f) {
    case 'read':
      return result === undefined || samePlain(value, result) ? value : undefined;
    case 'write':
      return argument;
    case 'cas': {
      const [expected = null, after = null] = argument as readonly Plain[];
      const isEqual = samePlain(value, expected);
      if (isOpen(operation)) return isEqual ? after : value;
      if (result === false) return isEqual ? undefined : value;
      return isEqual ? after : undefined;
    }
    default:
      return undefined;
  }
}

function casFault({ f, argument }: Operation): string | undefined {
  if (f !== 'cas' || (Array.isArray(argument) && argument.length === 2)) return undefined;
  return `cas takes [expected, value], not ${textOf(argument)}`;
}
