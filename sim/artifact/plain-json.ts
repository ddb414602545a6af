import { findNotPlain, type Plain, type PlainObject } from '../../runtime/data.js';

// Bytes have no form of their own in JSON: `{"$bytes": base64}` stands for them, and `{"$plain": object}` for an object that
// happens to look like either.
const BYTES_KEY = '$bytes';
const ESCAPE_KEY = '$plain';
const DEPTH_MAX = 80;
const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;

/** Plain data as a value that JSON can hold. */
export function toJson(value: Plain): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (value instanceof Uint8Array) return { [BYTES_KEY]: Buffer.from(value).toString('base64') };
  if (Array.isArray(value)) return (value as readonly Plain[]).map(toJson);
  const object = Object.fromEntries(Object.entries(value as PlainObject).map(([key, field]) => [key, toJson(field)]));
  return looksEscaped(Object.keys(object)) ? { [ESCAPE_KEY]: object } : object;
}

/**
 * The plain data that a parsed JSON value stands for.
 * @returns `{ fault }` as `path: reason` where it stands for none.
 */
export function fromJson(value: unknown): { readonly value: Plain } | { readonly fault: string } {
  try {
    const decoded = decode(value, '$', DEPTH_MAX);
    const fault = findNotPlain(decoded, '$', DEPTH_MAX);
    return fault === undefined ? { value: decoded } : { fault };
  } catch (error) {
    if (error instanceof JsonFault) return { fault: error.message };
    throw error;
  }
}

class JsonFault extends Error {}

function looksEscaped(keys: readonly string[]): boolean {
  return keys.length === 1 && (keys[0] === BYTES_KEY || keys[0] === ESCAPE_KEY);
}

function decode(value: unknown, path: string, depthLeft: number): Plain {
  if (depthLeft === 0) throw new JsonFault(`${path}: nested too deeply`);
  if (typeof value !== 'object' || value === null) return value as Plain;
  if (Array.isArray(value)) return value.map((item, index) => decode(item, `${path}[${index}]`, depthLeft - 1));
  const keys = Object.keys(value);
  if (!looksEscaped(keys)) return decodeFields(value, path, depthLeft);
  const inside = (value as Record<string, unknown>)[keys[0] as string];
  if (keys[0] === BYTES_KEY) return decodeBytes(inside, path);
  if (typeof inside !== 'object' || inside === null || Array.isArray(inside)) {
    throw new JsonFault(`${path}.${ESCAPE_KEY}: expected an object`);
  }
  return decodeFields(inside, `${path}.${ESCAPE_KEY}`, depthLeft - 1);
}

function decodeFields(object: object, path: string, depthLeft: number): Plain {
  const decoded: Record<string, Plain> = {};
  for (const [key, field] of Object.entries(object)) {
    // Assigning it would change the prototype instead of making a field.
    if (key === '__proto__') throw new JsonFault(`${path}: a field may not be called __proto__`);
    decoded[key] = decode(field, `${path}.${key}`, depthLeft - 1);
  }
  return decoded;
}

function decodeBytes(text: unknown, path: string): Uint8Array {
  if (typeof text !== 'string' || !BASE64.test(text)) throw new JsonFault(`${path}.${BYTES_KEY}: expected base64`);
  return new Uint8Array(Buffer.from(text, 'base64'));
}
