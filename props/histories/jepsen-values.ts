import type { Plain } from '../../runtime/data.js';
import { HistoryError } from './history-error.js';

/** A keyword without its colon. */
export function bareWord(text: string): string {
  return text.startsWith(':') ? text.slice(1) : text;
}

/** The same value with its keywords as plain texts: `:x` and `"x"` are one thing to a model. */
export function bareWords(value: Plain): Plain {
  if (typeof value === 'string') return bareWord(value);
  if (Array.isArray(value)) return (value as readonly Plain[]).map(bareWords);
  if (typeof value !== 'object' || value === null || value instanceof Uint8Array) return value;
  return Object.fromEntries(Object.entries(value).map(([key, field]) => [bareWord(key), bareWords(field)]));
}

/** The part of the object that an event names. */
export function keyOf(value: Plain | undefined): string | null {
  if (value === undefined || value === null) return null;
  return typeof value === 'string' ? bareWord(value) : JSON.stringify(value);
}

/** A value of jepsen.independent. */
export function splitPair(value: Plain, file: string, line: number): readonly [string | null, Plain] {
  if (!Array.isArray(value) || value.length !== 2) {
    throw new HistoryError(
      file,
      line,
      `the value is ${JSON.stringify(value).slice(0, 80)}; with --independent a pair [key value] is expected`,
    );
  }
  const [key, proper] = value as readonly Plain[];
  return [keyOf(key), proper ?? null];
}
