import type { Plain } from '../../../runtime/data.js';
import type { Operation } from '../../histories/index.js';
import { textOf, type Model } from '../model.js';
import { unknownFunction } from './values.js';

interface Lease {
  /** Whether it was given to somebody and neither given back nor seen to have run out. */
  readonly isHeld: boolean;
  /** The highest token that was given out; it is that of the holder where `isHeld`. */
  readonly token: number;
  /** Nobody was told the token: it may be higher. */
  readonly isTokenLeast: boolean;
  readonly ttlMs: number;
  /** No operation of those that took effect can have done so before this. */
  readonly nowMs: number;
  /** The lease cannot run out before this. */
  readonly endsMs: number;
}

const FUNCTIONS = ['acquire', 'renew', 'release', 'holder'] as const;

/**
 * A lease: `acquire(ttlMs)`, which answers its token; `renew(token)`, `release(token)`; and `holder`, which answers the holder's token or nil. The answer false
 * is a refusal: somebody else holds it, or the token's lease is no more. Tokens grow. A lease may last longer than its time, never shorter: a
 * token is given, or a holder refused, before `ttlMs` have passed since it was last granted or renewed, only after a release. Times are `timeMs` of the history, all of one
 * clock; without them a lease may run out at any time. Each key is a lease of its own.
 */
export function lease(): Model<Lease> {
  return {
    name: 'lease',
    initial: () => ({ isHeld: false, token: -1, isTokenLeast: false, ttlMs: 0, nowMs: -Infinity, endsMs: -Infinity }),
    step: stepLease,
    stateKey: ({ isHeld, token, isTokenLeast, ttlMs, nowMs, endsMs }) =>
      `${isHeld} ${token} ${isTokenLeast} ${ttlMs} ${nowMs} ${endsMs}`,
    partition: ({ key }) => key,
    fault: (operation) => unknownFunction(operation, FUNCTIONS) ?? leaseFault(operation),
    describeState: describeLease,
  };
}

function stepLease(before: Lease, operation: Operation): Lease | undefined {
  const { calledMs = -Infinity, returnedMs = Infinity, f, result } = operation;
  const state = { ...before, nowMs: Math.max(before.nowMs, calledMs) };
  if (state.nowMs > returnedMs) return undefined;
  if (f === 'acquire')
    return result === false ? (state.isHeld ? state : undefined) : granted(state, operation, returnedMs);
  if (f === 'holder') return held(state, result, returnedMs);
  const own = ofToken(state, operation.argument);
  if (result === false) return own === undefined || state.isTokenLeast ? state : runOut(state, returnedMs);
  if (own === undefined) return undefined;
  return f === 'release' ? { ...own, isHeld: false } : { ...own, endsMs: own.nowMs + own.ttlMs };
}

/** The lease as that of the token, where it can be. */
function ofToken(state: Lease, token: Plain): Lease | undefined {
  if (!state.isHeld || typeof token !== 'number') return undefined;
  if (token === state.token) return state;
  return state.isTokenLeast && token > state.token ? { ...state, token, isTokenLeast: false } : undefined;
}

function granted(state: Lease, { argument, result }: Operation, returnedMs: number): Lease | undefined {
  const free = state.isHeld ? runOut(state, returnedMs) : state;
  if (free === undefined) return undefined;
  const isTokenLeast = typeof result !== 'number';
  const token = isTokenLeast ? free.token + 1 : result;
  if (token <= free.token) return undefined;
  const ttlMs = Number(argument);
  return { isHeld: true, token, isTokenLeast, ttlMs, nowMs: free.nowMs, endsMs: free.nowMs + ttlMs };
}

function held(state: Lease, result: Operation['result'], returnedMs: number): Lease | undefined {
  if (result === undefined) return state;
  if (result !== null) return ofToken(state, result);
  return state.isHeld ? runOut(state, returnedMs) : state;
}

/** The lease after its time, where that can have come before `returnedMs`. */
function runOut(state: Lease, returnedMs: number): Lease | undefined {
  if (returnedMs < state.endsMs) return undefined;
  return { ...state, isHeld: false, nowMs: Math.max(state.nowMs, state.endsMs) };
}

function leaseFault({ f, argument, result }: Operation): string | undefined {
  if (f !== 'holder' && typeof argument !== 'number') {
    return `${f} takes ${f === 'acquire' ? 'milliseconds' : 'a token'}, which is a number, not ${textOf(argument)}`;
  }
  if (f !== 'acquire' || result === undefined || result === false || typeof result === 'number') return undefined;
  return `acquire answers a token, which is a number, or false, not ${textOf(result)}`;
}

function describeLease({ isHeld, token, endsMs, nowMs }: Lease): string {
  if (!isHeld) return token < 0 ? 'never given' : `free, token ${token} was the last`;
  const until = Number.isFinite(endsMs) ? `, not before ${endsMs} ms` : '';
  return `held with token ${token}${until === '' ? '' : `, running out${until}`}${Number.isFinite(nowMs) ? ` (now at least ${nowMs} ms)` : ''}`;
}
