import type { Plain } from '../../../runtime/data.js';
import type { Model } from '../model.js';
import { keyValue } from './key-value.js';
import { lease } from './lease.js';
import { multiRegister } from './multi-register.js';
import { mutex } from './mutex.js';
import { queue } from './queue.js';
import { casRegister } from './register.js';

export { casRegister, keyValue, lease, multiRegister, mutex, queue };

/** A model of which the states are nobody's business. */
export type AnyModel = Model<unknown>;

/** The models that can be named, with a line for each. `initial` is for those that say so. */
export const MODELS: Readonly<
  Record<string, { readonly summary: string; readonly hasInitial: boolean; make(initial?: Plain): AnyModel }>
> = {
  'cas-register': {
    summary: 'a register: read, write(v), cas([expected, v]); initially nil',
    hasInitial: true,
    make: (initial) => casRegister(initial),
  },
  kv: {
    summary: 'values by key: get, put(v), append(text), delete; initially the empty text',
    hasInitial: true,
    make: (initial) => keyValue(initial),
  },
  'multi-register': {
    summary: 'registers at once: txn([["read", "x", nil], ["write", "y", v]]); initially nil',
    hasInitial: true,
    make: (initial) => multiRegister(initial),
  },
  mutex: {
    summary: 'a lock with fencing tokens: acquire → token, release, use(token)',
    hasInitial: false,
    make: () => mutex(),
  },
  lease: {
    summary: 'a lease: acquire(ttlMs) → token, renew(token), release(token), holder → token',
    hasInitial: false,
    make: () => lease(),
  },
  queue: {
    summary: 'first in, first out: enqueue(v), dequeue → v or nil; initially empty',
    hasInitial: true,
    make: (initial) => queue(initial),
  },
};
