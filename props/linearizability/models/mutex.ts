import type { Operation, ProcessName } from '../../histories/index.js';
import { textOf, type Model } from '../model.js';
import { classByAnswer, unknownFunction } from './values.js';

interface Mutex {
  readonly holder: ProcessName | null;
  /** The highest token that was given out. */
  readonly token: number;
  /** The highest token that the guarded resource has seen. */
  readonly used: number;
}

const FUNCTIONS = ['acquire', 'release', 'use'] as const;

/**
 * A lock with fencing tokens: `acquire`, which answers its token (or nil, where there are none), `release`, and `use(token)`, a write to the guarded
 * resource, which takes no token lower than the highest it has seen. The answer false is a refusal: the lock was held, was
 * not the caller's, or the token was too old. Tokens grow from one owner to the next. Each key is a lock of its own.
 */
export function mutex(): Model<Mutex> {
  return {
    name: 'mutex',
    initial: () => ({ holder: null, token: -1, used: -1 }),
    step: stepMutex,
    stateKey: ({ holder, token, used }) => `${token} ${used} ${typeof holder} ${holder}`,
    partition: ({ key }) => key,
    classOf: (operation) => `${typeof operation.process} ${operation.process} ${classByAnswer(operation)}`,
    isRead: ({ result }) => result === false,
    fault: (operation) => unknownFunction(operation, FUNCTIONS) ?? mutexFault(operation),
    describeState: describeMutex,
  };
}

function stepMutex(state: Mutex, operation: Operation): Mutex | undefined {
  const isRefused = operation.result === false;
  switch (operation.f) {
    case 'acquire':
      if (isRefused) return state.holder === null ? undefined : state;
      return acquired(state, operation);
    case 'release':
      if (isRefused) return state.holder === operation.process ? undefined : state;
      return state.holder === operation.process ? { ...state, holder: null } : undefined;
    case 'use': {
      const token = Number(operation.argument);
      if (isRefused) return token < state.used ? state : undefined;
      return token < state.used ? undefined : { ...state, used: token };
    }
    default:
      return undefined;
  }
}

function acquired(state: Mutex, { process, result }: Operation): Mutex | undefined {
  if (state.holder !== null) return undefined;
  if (typeof result !== 'number') return { ...state, holder: process };
  return result > state.token ? { ...state, holder: process, token: result } : undefined;
}

function mutexFault({ f, argument, result }: Operation): string | undefined {
  if (f === 'use' && typeof argument !== 'number')
    return `use takes a token, which is a number, not ${textOf(argument)}`;
  const isAnswer = result === undefined || result === null || result === false || typeof result === 'number';
  return f !== 'acquire' || isAnswer
    ? undefined
    : `acquire answers a token, which is a number, nil or false, not ${textOf(result)}`;
}

function describeMutex({ holder, token, used }: Mutex): string {
  const held = holder === null ? 'free' : `held by process ${holder}`;
  const tokens = token < 0 ? '' : `, token ${token} given`;
  return `${held}${tokens}${used < 0 ? '' : `, token ${used} used`}`;
}
