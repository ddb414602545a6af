import type { Plain } from '../../runtime/data.js';

/**
 * Guard style "set if absent, with a time to live", as one keeps it in a cache: the first to set the key goes on, everybody
 * else gets what the first one left.
 *
 * Guarantee: at most one effect for each key within `ttlMs` of the guard's own clock. After that a repetition goes through, so
 * the TTL must be longer than any retry; and a holder that dies between setting and acting blocks its key until then.
 */
export interface SetIfAbsent {
  readonly keys: Map<string, { readonly untilMs: number; readonly value: Plain }>;
}

export function newSetIfAbsent(): SetIfAbsent {
  return { keys: new Map() };
}

/** Sets the key where it is absent or over. Answers what stands there from an earlier time, or undefined where this call set it. */
export function setIfAbsent(
  guard: SetIfAbsent,
  key: string,
  value: Plain,
  nowMs: number,
  ttlMs: number,
): { readonly earlier: Plain } | undefined {
  const held = guard.keys.get(key);
  if (held !== undefined && held.untilMs > nowMs) return { earlier: held.value };
  guard.keys.set(key, { untilMs: nowMs + ttlMs, value });
  return undefined;
}

/** Forgets what is over. */
export function sweep(guard: SetIfAbsent, nowMs: number): void {
  for (const [key, { untilMs }] of guard.keys) if (untilMs <= nowMs) guard.keys.delete(key);
}
