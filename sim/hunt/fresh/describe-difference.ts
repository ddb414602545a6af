import type { EffectKind } from '../../world/effects.js';
import type { EffectDifference } from './effect-log.js';

type Fields = readonly [kind: EffectKind, node: string, step: number, atUs: number, subject: string, value: unknown];

/** A difference of two runs for people, and in a word for grouping. */
export interface DescribedDifference {
  readonly kind: string;
  readonly step: string;
  readonly text: string;
}

const WHAT: Readonly<Record<EffectKind, string>> = {
  turn: 'turn',
  message: 'message',
  observation: 'observation',
  draw: 'random draw',
  disk: 'disk bytes',
  timer: 'timer',
  work: 'work',
};
const SHOWN_MAX = 120;

/** @param expected,actual what each of the two runs is called. */
export function describeDifference(
  { expected, actual, turn, location }: EffectDifference,
  [first, second]: readonly [string, string],
): DescribedDifference {
  const a = fieldsOf(expected);
  const b = fieldsOf(actual);
  const [kind, node, step, atUs] = (b ?? a)!;
  const place = `step ${node}:${step}, ${atUs / 1000} ms`;
  const during = turn === undefined || kind === 'turn' ? '' : `, while or after ${turn}`;
  const where = location === undefined ? '' : ` (${location})`;
  const text = `first different at ${place}${during}: ${describe(a, b, first, second)}${where}`;
  return { kind: WHAT[kind], step: `${node}:${step}`, text };
}

function describe(a: Fields | undefined, b: Fields | undefined, first: string, second: string): string {
  if (a === undefined || b === undefined) {
    const [there, gone, one] = a === undefined ? [second, first, b!] : [first, second, a];
    return `${WHAT[one[0]]} ${one[4]} ${there}, nothing more ${gone}`;
  }
  const isSameThing = a[0] === b[0] && a[1] === b[1] && a[2] === b[2] && a[4] === b[4];
  if (!isSameThing) return `${named(a)} ${first}, ${named(b)} ${second}`;
  if (a[3] !== b[3]) return `${WHAT[a[0]]} ${a[4]}: at ${a[3]} us ${first}, at ${b[3]} us ${second}`;
  const { path, one, other } = differingField(a[5], b[5], '');
  const field = path === '' ? '' : ` field ${path}`;
  return `${WHAT[a[0]]} ${a[4]}${field}: ${shown(one)} ${first}, ${shown(other)} ${second}`;
}

function named([kind, node, step, , subject]: Fields): string {
  return `${WHAT[kind]} ${subject} at step ${node}:${step}`;
}

function fieldsOf(line: string | undefined): Fields | undefined {
  return line === undefined ? undefined : (JSON.parse(line) as Fields);
}

/** The innermost field in which two JSON values differ. */
function differingField(
  one: unknown,
  other: unknown,
  path: string,
): { readonly path: string; readonly one: unknown; readonly other: unknown } {
  if (isRecord(one) && isRecord(other) && Array.isArray(one) === Array.isArray(other)) {
    for (const key of new Set([...Object.keys(one), ...Object.keys(other)])) {
      if (JSON.stringify(one[key]) === JSON.stringify(other[key])) continue;
      return differingField(one[key], other[key], path === '' ? key : `${path}.${key}`);
    }
  }
  return { path, one, other };
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}

function shown(value: unknown): string {
  const text = JSON.stringify(value) ?? 'absent';
  return text.length > SHOWN_MAX ? `${text.slice(0, SHOWN_MAX)}…` : text;
}
