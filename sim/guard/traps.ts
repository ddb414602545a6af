import childProcess from 'node:child_process';
import crypto from 'node:crypto';
import dns from 'node:dns';
import fs from 'node:fs';
import http from 'node:http';
import { syncBuiltinESMExports } from 'node:module';
import net from 'node:net';
import { performance } from 'node:perf_hooks';
import timers from 'node:timers';

/** Called when trapped code runs; throws while a turn is active. `instead` says what an actor uses in its place. */
export type Trip = (what: string, instead: string) => void;

const CLOCK = 'use context.nowMs() or context.wallMs()';
const TIMER = 'use context.setTimer()';
const RANDOM = 'use context.random(purpose)';
const IDENTITY = 'use context.uniqueId()';
const IO = 'use context.startWork() or context.storage';
const QUEUE = 'send a message to context.self';

type AnyFunction = (...args: unknown[]) => unknown;

function trapFunction(owner: object, name: string, label: string, instead: string, trip: Trip): void {
  const original = Reflect.get(owner, name) as unknown;
  if (typeof original !== 'function') return;
  const trapped = function (this: unknown, ...args: unknown[]): unknown {
    trip(label, instead);
    return Reflect.apply(original as AnyFunction, this, args);
  };
  // Properties such as setTimeout[util.promisify.custom] and fs.realpath.native stay reachable.
  for (const key of Reflect.ownKeys(original)) {
    if (key === 'length' || key === 'name' || key === 'prototype') continue;
    const descriptor = Object.getOwnPropertyDescriptor(original, key);
    if (descriptor !== undefined) Object.defineProperty(trapped, key, descriptor);
  }
  if (!Reflect.set(owner, name, trapped) || Reflect.get(owner, name) !== trapped) {
    Object.defineProperty(owner, name, { value: trapped, configurable: true, writable: true });
  }
}

function trapDate(trip: Trip): void {
  const guarded: DateConstructor = new Proxy(Date, {
    construct(target, args, newTarget): object {
      if (args.length === 0) trip('new Date()', CLOCK);
      return Reflect.construct(target, args, newTarget === guarded ? target : newTarget) as object;
    },
    apply(target) {
      trip('Date()', CLOCK);
      return Reflect.apply(target, undefined, []);
    },
    get(target, key) {
      return key === 'now' ? trappedNow : (Reflect.get(target, key) as unknown);
    },
  });
  const now = Date.now.bind(Date);
  const trappedNow = (): number => {
    trip('Date.now()', CLOCK);
    return now();
  };
  globalThis.Date = guarded;
}

function trapAllOf(module: object, label: string, instead: string, trip: Trip): void {
  for (const name of Object.keys(module)) {
    const value = Reflect.get(module, name) as unknown;
    const isClass = typeof value === 'function' && /^[A-Z]/.test(name);
    if (typeof value === 'function' && !isClass) trapFunction(module, name, `${label}.${name}()`, instead, trip);
  }
}

/**
 * Puts traps into clocks, timers, randomness and I/O of this thread, once; each calls `trip` and goes on if that does not
 * throw. ESM imports of the built-in modules see them too.
 */
export function installTraps(trip: Trip): void {
  trapDate(trip);
  trapFunction(Math, 'random', 'Math.random()', RANDOM, trip);
  for (const name of ['setTimeout', 'setInterval', 'setImmediate']) {
    trapFunction(globalThis, name, `${name}()`, TIMER, trip);
    trapFunction(timers, name, `${name}()`, TIMER, trip);
  }
  trapFunction(globalThis, 'queueMicrotask', 'queueMicrotask()', QUEUE, trip);
  trapFunction(globalThis, 'fetch', 'fetch()', IO, trip);
  trapFunction(process, 'nextTick', 'process.nextTick()', QUEUE, trip);
  trapFunction(process, 'hrtime', 'process.hrtime()', CLOCK, trip);
  trapFunction(process.hrtime, 'bigint', 'process.hrtime.bigint()', CLOCK, trip);
  trapFunction(performance, 'now', 'performance.now()', CLOCK, trip);
  for (const name of [
    'randomBytes',
    'randomInt',
    'randomUUID',
    'randomFillSync',
    'randomFill',
    'generateKeyPairSync',
  ]) {
    trapFunction(crypto, name, `crypto.${name}()`, name === 'randomUUID' ? IDENTITY : RANDOM, trip);
  }
  const webCrypto = Object.getPrototypeOf(globalThis.crypto) as object;
  trapFunction(webCrypto, 'getRandomValues', 'crypto.getRandomValues()', RANDOM, trip);
  trapFunction(webCrypto, 'randomUUID', 'crypto.randomUUID()', IDENTITY, trip);
  trapAllOf(fs, 'fs', IO, trip);
  trapAllOf(fs.promises, 'fs.promises', IO, trip);
  trapAllOf(childProcess, 'child_process', IO, trip);
  trapAllOf(dns, 'dns', IO, trip);
  for (const name of ['connect', 'createConnection', 'createServer'])
    trapFunction(net, name, `net.${name}()`, IO, trip);
  for (const name of ['request', 'get', 'createServer']) trapFunction(http, name, `http.${name}()`, IO, trip);
  syncBuiltinESMExports();
}
