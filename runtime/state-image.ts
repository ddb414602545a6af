import type { Plain, PlainObject } from './data.js';

/**
 * An actor's state as plain data and back. State may hold Map, Set and typed arrays besides plain data; each becomes an
 * object with the single key `$map`, `$set` or `$array`, and no plain object of a state may have such a key.
 */
export function stateToPlain(value: unknown): Plain {
  if (value === null || typeof value !== 'object') return value as Plain;
  if (value instanceof Uint8Array) return value.slice();
  if (Array.isArray(value)) return value.map(stateToPlain);
  if (value instanceof Map) {
    return { $map: [...value].map(([key, item]) => [stateToPlain(key), stateToPlain(item)]) };
  }
  if (value instanceof Set) return { $set: [...value].map(stateToPlain) };
  if (ArrayBuffer.isView(value)) return typedArrayToPlain(value);
  const image: Record<string, Plain> = {};
  for (const [key, field] of Object.entries(value)) if (field !== undefined) image[key] = stateToPlain(field);
  return image;
}

const TYPED_ARRAYS = Object.freeze({
  Int8Array,
  Int16Array,
  Int32Array,
  Uint16Array,
  Uint32Array,
  Float64Array,
});
type TypedArrayName = keyof typeof TYPED_ARRAYS;

function typedArrayToPlain(view: ArrayBufferView): Plain {
  const name = view.constructor.name;
  if (!(name in TYPED_ARRAYS)) throw new TypeError(`state holds a ${name}, which cannot be stored; use a plain array`);
  return { $array: name, items: Array.from(view as unknown as ArrayLike<number>) };
}

export function stateFromPlain(image: Plain): unknown {
  if (image === null || typeof image !== 'object') return image;
  if (image instanceof Uint8Array) return image.slice();
  if (Array.isArray(image)) return (image as readonly Plain[]).map(stateFromPlain);
  const object = image as PlainObject;
  if ('$map' in object) {
    const entries = object['$map'] as readonly (readonly [Plain, Plain])[];
    return new Map(entries.map(([key, item]) => [stateFromPlain(key), stateFromPlain(item)]));
  }
  if ('$set' in object) return new Set((object['$set'] as readonly Plain[]).map(stateFromPlain));
  if ('$array' in object) {
    return TYPED_ARRAYS[object['$array'] as TypedArrayName].from(object['items'] as readonly number[]);
  }
  const state: Record<string, unknown> = {};
  for (const [key, field] of Object.entries(object)) state[key] = stateFromPlain(field);
  return state;
}
