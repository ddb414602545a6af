import type { Plain } from '../../../runtime/data.js';
import { isOpen, type Operation } from '../../histories/index.js';

/** Equal for equal values, different for others; fields of objects in whichever order. */
export function plainKey(value: Plain): string | number {
  return typeof value === 'number' ? value : canonical(value);
}

function canonical(value: Plain): string {
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  if (value instanceof Uint8Array) return `bytes(${value.join()})`;
  if (Array.isArray(value)) return `[${(value as readonly Plain[]).map(canonical).join()}]`;
  const fields = value as Readonly<Record<string, Plain>>;
  const names = Object.keys(fields).sort();
  return `{${names.map((name) => `${JSON.stringify(name)}:${canonical(fields[name] ?? null)}`).join()}}`;
}

export function samePlain(left: Plain, right: Plain): boolean {
  if (left === right) return true;
  if (typeof left !== 'object' || typeof right !== 'object' || left === null || right === null) return false;
  return canonical(left) === canonical(right);
}

/** A class for operations whose effect is a matter of what was asked and answered, and not of who asked or when. */
export function classByAnswer(operation: Operation): string {
  const { f, argument, result } = operation;
  const answer = result === undefined ? (isOpen(operation) ? '?' : 'unknown') : canonical(result);
  return `${f} ${canonical(argument)} ${answer}`;
}

/** What is wrong with an operation that is none of these. */
export function unknownFunction({ f }: Operation, known: readonly string[]): string | undefined {
  return known.includes(f) ? undefined : `no operation ${JSON.stringify(f)}; known are ${known.join(', ')}`;
}
