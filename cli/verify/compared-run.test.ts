import { expect, it } from 'vitest';
import { comparedRun, differenceOf } from './compared-run.js';

const violation = { property: 'safe', kind: 'always', step: 'n1:7', atMs: 12, message: 'of one engine' } as const;

it('tells runs apart by their fingerprints, and by their violations where those are equal', () => {
  const sound = comparedRun({ fingerprint: 'a', violations: [] });
  const broken = comparedRun({ fingerprint: 'a', violations: [violation] });
  expect(differenceOf(sound, comparedRun({ fingerprint: 'b', violations: [] }))).toBe('a, not b');
  expect(differenceOf(broken, sound)).toBe('violations: safe (always) at n1:7, 12 ms, not none');
  expect(differenceOf(sound, broken)).toBe('violations: none, not safe (always) at n1:7, 12 ms');
  expect(differenceOf(sound, sound)).toBeUndefined();
});

it('compares no texts: they depend on the engine', () => {
  const [one, other] = ['of one engine', 'of another'].map((message) =>
    comparedRun({ fingerprint: 'a', violations: [{ ...violation, message }] }),
  );
  expect(differenceOf(one!, other!)).toBeUndefined();
});
