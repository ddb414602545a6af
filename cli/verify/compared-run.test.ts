import { expect, it } from 'vitest';
import type { Violation } from '../../sim/properties/property.js';
import { comparedRun, differenceOf, type ComparedRun } from './compared-run.js';

const violation: Violation = { property: 'safe', kind: 'always', step: 'n1:7', atMs: 12, message: 'of one engine' };

it('tells runs apart by their fingerprints, and by their violations where those are equal', () => {
  const sound = comparedRun({ fingerprint: 'a', violations: [] });
  const broken = comparedRun({ fingerprint: 'a', violations: [violation] });
  expect(differenceOf(sound, comparedRun({ fingerprint: 'b', violations: [] }))).toBe('a, not b');
  expect(differenceOf(broken, sound)).toBe('violations: safe (always) at n1:7, 12 ms, not none');
  expect(differenceOf(sound, broken)).toBe('violations: none, not safe (always) at n1:7, 12 ms');
  expect(differenceOf(sound, sound)).toBeUndefined();
});

it('compares no texts: they depend on the engine', () => {
  const told = (message: string): ComparedRun => {
    const violations: readonly Violation[] = [{ ...violation, message }];
    return comparedRun({ fingerprint: 'a', violations });
  };
  expect(differenceOf(told('of one engine'), told('of another'))).toBeUndefined();
});
