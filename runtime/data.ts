/**
 * Plain data: what messages, observations and stored values are made of.
 *
 * null, booleans, finite numbers (no -0), well-formed strings, Uint8Array, arrays, and objects without undefined values
 * or prototypes of their own. Everything that crosses an actor's border is plain data, so that it can be copied,
 * encoded, compared and shown without asking anybody.
 */
export type Plain = null | boolean | number | string | Uint8Array | readonly Plain[] | PlainObject;

export interface PlainObject {
  readonly [key: string]: Plain;
}

/** A message is a plain object whose `type` names what it asks for or tells. */
export interface Message {
  readonly type: string;
}

const DEPTH_MAX = 64;

/** A copy that shares no mutable object with the original. The input must be plain data; it is not checked here. */
export function copyPlain<T>(value: T): T {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) {
    const copy: unknown[] = new Array(value.length);
    for (let i = 0; i < value.length; i++) copy[i] = copyPlain(value[i]);
    return copy as T;
  }
  if (value instanceof Uint8Array) return new Uint8Array(value) as T;
  // All fields at once, in the shape that they have: far cheaper than one by one, for whoever reads the copy as well.
  const copy = { ...value } as Record<string, unknown>;
  for (const key in copy) {
    const field = copy[key];
    if (typeof field === 'object' && field !== null) copy[key] = copyPlain(field);
  }
  return copy as T;
}

/** What `copyIfPlain` answers for what is not plain data; no plain data is a symbol. */
export const NOT_PLAIN = Symbol('not plain data');

/** `isPlain` and `copyPlain` in one walk: a copy, or `NOT_PLAIN`. */
export function copyIfPlain<T>(value: T, depthLeft = DEPTH_MAX): T | typeof NOT_PLAIN {
  if (typeof value !== 'object' || value === null) return isPlain(value) ? value : NOT_PLAIN;
  if (value instanceof Uint8Array) return new Uint8Array(value) as T;
  if (depthLeft === 0) return NOT_PLAIN;
  if (Array.isArray(value)) {
    const copy: unknown[] = new Array(value.length);
    for (let i = 0; i < value.length; i++) {
      const field = copyIfPlain(value[i] as unknown, depthLeft - 1);
      if (field === NOT_PLAIN) return NOT_PLAIN;
      copy[i] = field;
    }
    return copy as T;
  }
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null) return NOT_PLAIN;
  const copy = { ...value } as Record<string, unknown>;
  for (const key in copy) {
    const field = copy[key];
    if (key === '__proto__') return NOT_PLAIN;
    if (typeof field !== 'object' || field === null) {
      if (!isPlain(field)) return NOT_PLAIN;
      continue;
    }
    const inner = copyIfPlain(field, depthLeft - 1);
    if (inner === NOT_PLAIN) return NOT_PLAIN;
    copy[key] = inner;
  }
  return copy as T;
}

/** Freezes a value and everything below it, so that a write to a message already sent fails at the writer's line. */
export function deepFreeze<T>(value: T): T {
  if (typeof value !== 'object' || value === null || value instanceof Uint8Array || Object.isFrozen(value))
    return value;
  for (const field of Object.values(value)) deepFreeze(field);
  return Object.freeze(value);
}

/** Whether all of a value is plain data: what `findNotPlain` answers, without the place. Fast enough for every message. */
export function isPlain(value: unknown, depthLeft = DEPTH_MAX): value is Plain {
  switch (typeof value) {
    case 'boolean':
      return true;
    case 'number':
      return value === 0 ? !Object.is(value, -0) : Number.isFinite(value);
    case 'string':
      return value.isWellFormed();
    case 'object':
      return value === null || value instanceof Uint8Array || isPlainInside(value, depthLeft);
    default:
      return false;
  }
}

function isPlainInside(value: object, depthLeft: number): boolean {
  if (depthLeft === 0) return false;
  if (Array.isArray(value)) {
    for (let i = 0; i < value.length; i++) if (!isPlain(value[i], depthLeft - 1)) return false;
    return true;
  }
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null) return false;
  for (const key in value) {
    if (key === '__proto__' || !isPlain((value as Record<string, unknown>)[key], depthLeft - 1)) return false;
  }
  return true;
}

/**
 * The first place at which a value is not plain data, as `path: reason`, or undefined where all of it is.
 * Depth is bounded, so that a value from outside cannot exhaust the stack.
 */
export function findNotPlain(value: unknown, path = '$', depthLeft = DEPTH_MAX): string | undefined {
  switch (typeof value) {
    case 'boolean':
      return undefined;
    case 'number':
      if (!Number.isFinite(value)) return `${path}: number is not finite`;
      return Object.is(value, -0) ? `${path}: -0 is not plain data` : undefined;
    case 'string':
      return value.isWellFormed() ? undefined : `${path}: string has a lone surrogate`;
    case 'object':
      return value === null || value instanceof Uint8Array ? undefined : findNotPlainInside(value, path, depthLeft);
    default:
      return `${path}: ${typeof value} is not plain data`;
  }
}

function findNotPlainInside(value: object, path: string, depthLeft: number): string | undefined {
  if (depthLeft === 0) return `${path}: nested too deeply`;
  if (Array.isArray(value)) {
    const at = value.findIndex((item) => !isPlain(item, depthLeft - 1));
    return at < 0 ? undefined : findNotPlain(value[at], `${path}[${at}]`, depthLeft - 1);
  }
  const prototype = Object.getPrototypeOf(value) as object | null;
  if (prototype !== Object.prototype && prototype !== null) return `${path}: ${className(prototype)} is not plain data`;
  for (const key in value) {
    // Decoders keep clear of this key: what is written under it would not come back.
    if (key === '__proto__') return `${path}: __proto__ is no name for a field`;
    const field = (value as Record<string, unknown>)[key];
    if (isPlain(field, depthLeft - 1)) continue;
    return findNotPlain(field, `${path}.${key}`, depthLeft - 1);
  }
  return undefined;
}

/** Map, Date, a class of the program's own: whatever name its prototype goes by. */
function className(prototype: object): string {
  const maker = Object.getOwnPropertyDescriptor(prototype, 'constructor')?.value as unknown;
  return typeof maker === 'function' && maker.name !== ''
    ? `an instance of ${maker.name}`
    : 'an object with a prototype of its own';
}
