const DEPTH_MAX = 256;

/** A copy of an actor's state: plain data, Map, Set and typed arrays. Throws with the actor's address where it holds anything else. */
export function copyState(state: unknown, node: string, actorPath: string): unknown {
  return copyValue(state, `${node}/${actorPath}`, DEPTH_MAX);
}

function copyValue(value: unknown, place: string, depthLeft: number): unknown {
  if (typeof value === 'function' || typeof value === 'symbol') throw notCopyable(place, `a ${typeof value}`);
  if (typeof value !== 'object' || value === null) return value;
  if (depthLeft === 0) throw notCopyable(place, `more than ${DEPTH_MAX} levels, or a cycle`);
  const copy = (inner: unknown): unknown => copyValue(inner, place, depthLeft - 1);
  if (Array.isArray(value)) return value.map(copy);
  if (value instanceof Map) return new Map(Array.from(value, ([key, item]) => [copy(key), copy(item)]));
  if (value instanceof Set) return new Set(Array.from(value, copy));
  if (ArrayBuffer.isView(value)) return structuredClone(value);
  const source = value as Record<string, unknown>;
  const target: Record<string, unknown> = {};
  for (const key in source) target[key] = copy(source[key]);
  return target;
}

function notCopyable(place: string, what: string): TypeError {
  return new TypeError(`${place}: its state holds ${what}; a state is made of plain data, Map, Set and typed arrays`);
}
