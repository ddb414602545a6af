import type { z } from 'zod';
import { nearest } from '../../definitions/suggest.js';

/** What an issue is told with: the value that was found (`undefined`: none), and what the field may hold, where that is known. */
export interface IssueContext {
  readonly found: unknown;
  /** Such as `HOST:PORT, such as 127.0.0.1:7101`. */
  readonly form?: string | undefined;
}

const KINDS: Readonly<Record<string, string>> = {
  string: 'a text',
  int: 'a whole number',
  // What is read from files and requests holds no fractions.
  number: 'a whole number',
  boolean: 'true or false',
  array: 'a list',
  object: 'a map of fields',
  record: 'a map of fields',
};
const FOUND_LENGTH_MAX = 60;

/** An issue of zod as a sentence for people: what was found, what is allowed, and so what to do. */
export function issueMessage(issue: z.core.$ZodIssue, { found, form }: IssueContext): string {
  const isMissing = found === undefined;
  switch (issue.code) {
    case 'custom':
      return issue.message;
    case 'invalid_key':
      return issue.issues.map((inner) => issueMessage(inner, { found, form })).join('; ');
    case 'invalid_type': {
      const expected = KINDS[issue.expected] ?? issue.expected;
      if (isMissing) return `is missing; give ${form ?? expected}`;
      const allowed = form === undefined ? expected : `${expected}: ${form}`;
      const isUnquoted = issue.expected === 'string' && (typeof found === 'number' || typeof found === 'boolean');
      return `expected ${allowed}, found ${describeFound(found)}${isUnquoted ? '; put it in quotes' : ''}`;
    }
    case 'invalid_value': {
      const allowed = issue.values.map(String);
      const meant = typeof found === 'string' ? nearest(found, allowed) : undefined;
      const remedy = meant === undefined ? `give one of ${allowed.join(', ')}` : `did you mean "${meant}"?`;
      if (isMissing) return `is missing; ${remedy}`;
      return `${describeFound(found)} is not one of ${allowed.join(', ')}${meant === undefined ? '' : `; ${remedy}`}`;
    }
    case 'unrecognized_keys':
      return `unknown field ${issue.keys.map((key) => `"${key}"`).join(', ')}; leave it out`;
    case 'too_small':
      return sizeMessage(found, form, `at least ${issue.minimum}`, issue.origin);
    case 'too_big':
      return sizeMessage(found, form, `at most ${issue.maximum}`, issue.origin);
    default:
      return `${describeFound(found)} cannot be used here; give ${form ?? 'another value'}`;
  }
}

function sizeMessage(found: unknown, form: string | undefined, allowed: string, origin: string): string {
  if (origin === 'string') {
    if (found === '') return `is empty; give ${form ?? 'a text'}`;
    return `is ${String(found).length} characters long; give ${allowed} characters`;
  }
  if (origin === 'array') return `has ${(found as readonly unknown[]).length} items; give ${allowed}`;
  return `${describeFound(found)} is out of range; give ${allowed}`;
}

/** The name of a field that does not exist, with what was probably meant. */
export function unknownFieldMessage(field: string, known: readonly string[]): string {
  const meant = nearest(field, known);
  return `unknown field "${field}"; ${meant === undefined ? `use one of ${known.join(', ')}` : `did you mean "${meant}"?`}`;
}

function describeFound(found: unknown): string {
  if (found === null || found === undefined) return 'nothing';
  if (Array.isArray(found)) return 'a list';
  if (typeof found === 'object') return 'a map of fields';
  const text = JSON.stringify(found);
  return text.length > FOUND_LENGTH_MAX ? `${text.slice(0, FOUND_LENGTH_MAX - 3)}...` : text;
}
