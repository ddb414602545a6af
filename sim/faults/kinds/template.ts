import { assert } from '../../../runtime/assert.js';
import type { Plain } from '../../../runtime/data.js';
import type { Random } from '../../../runtime/ports.js';
import type { Type } from '../../../runtime/schema.js';
import { drawCrashable, drawDurationMs } from '../draws.js';
import type { DrawContext, DrawnFault, FaultParams } from '../fault-entry.js';

export const milliseconds = wholeNumber('milliseconds, a whole number from 0', 0, 86_400_000);
export const offset = wholeNumber(
  'milliseconds, a whole number, negative for back',
  -10 * 366 * 86_400_000,
  10 * 366 * 86_400_000,
);
export const share = wholeNumber('parts per million, 0 to 1000000', 0, 1_000_000);

const plain = { bothWays: false, lasts: true, costPerNode: 0, mayHalt: false, inSwarm: true } as const;
export const forNodes = { ...plain, concerns: 'nodes' } as const;
export const forLinks = { ...plain, concerns: 'links' } as const;

export function onNode(random: Random, context: DrawContext, params: FaultParams): DrawnFault | undefined {
  const node = drawCrashable(random, context);
  const forMs = drawDurationMs(random, context);
  return node === undefined ? undefined : { target: { kind: 'node', node }, forMs, params };
}

export function numberOf(params: FaultParams, name: string): number {
  const value = params[name];
  assert(typeof value === 'number', `parameter ${name} must have been checked before`);
  return value;
}

export function wholeNumber(describes: string, least: number, most: number): Type<Plain> {
  return {
    describes,
    check: (value, path) =>
      Number.isSafeInteger(value) && (value as number) >= least && (value as number) <= most && !Object.is(value, -0)
        ? undefined
        : `${path}: expected ${describes}, got ${JSON.stringify(value) ?? 'nothing'}`,
  };
}
