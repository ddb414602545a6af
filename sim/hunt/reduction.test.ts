import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Reduction } from './reduction.js';
import type { SeedOutcome, Verdict } from './seed-outcome.js';

/** @param way of failing, for outcomes that do. */
function outcomeOf(seed: number, verdict: Verdict, way: number): SeedOutcome {
  const run = {
    seed,
    fingerprint: '',
    steps: seed,
    simulatedMs: 1,
    wallMs: 0,
    violations: [],
    reached: { even: (seed + 1) % 2 },
    ...(seed % 3 === 0 ? { progressNotOwed: 'no quorum' } : {}),
    failureGroup: `way ${way}`,
  };
  return { run: { ...run, verdict } };
}

const verdicts = fc.array(
  fc.tuple(fc.constantFrom<Verdict>('passed', 'passed', 'passed', 'failed', 'nondeterministic', 'died'), fc.nat(3)),
  {
    minLength: 1,
    maxLength: 40,
  },
);

/** The outcomes in an order in which workers may have finished them. */
const finished = verdicts.chain((list) => {
  const outcomes = list.map(([verdict, way], index) => outcomeOf(index + 5, verdict, way));
  return fc.tuple(fc.constant(outcomes), fc.shuffledSubarray(outcomes, { minLength: outcomes.length }));
});

test('the order in which seeds finish changes nothing', () => {
  fc.assert(
    fc.property(finished, fc.constantFrom(1, 2, 3, Infinity), ([ordered, shuffled], failuresWanted) => {
      const emitted: number[] = [];
      const reduction = new Reduction({ first: 5, last: 4 + ordered.length }, failuresWanted, ({ run }) =>
        emitted.push(run.seed),
      );
      for (const outcome of shuffled) reduction.add(outcome);
      const ways = new Set<unknown>();
      const last = ordered.findIndex(({ run }) => {
        if (run.verdict !== 'passed') ways.add(run.failureGroup);
        return ways.size === failuresWanted;
      });
      const wanted = last < 0 ? ordered : ordered.slice(0, last + 1);
      const failed = wanted.filter(({ run }) => run.verdict !== 'passed');
      expect(reduction.groups).toEqual(
        [...new Set(failed.map(({ run }) => run.failureGroup))].map((name) => {
          const alike = failed.filter(({ run }) => run.failureGroup === name);
          return { name, firstSeed: alike[0]!.run.seed, seeds: alike.length };
        }),
      );
      expect(emitted).toEqual(wanted.map(({ run }) => run.seed));
      expect(reduction.isComplete).toBe(true);
      const sum = (of: (outcome: SeedOutcome) => number): number => wanted.reduce((total, one) => total + of(one), 0);
      expect(reduction.totals).toEqual({
        seeds: wanted.length,
        steps: sum(({ run }) => run.steps),
        simulatedMs: wanted.length,
        failed: sum(({ run }) => Number(run.verdict === 'failed' || run.verdict === 'died')),
        nondeterministic: sum(({ run }) => Number(run.verdict === 'nondeterministic')),
        notOwed: sum(({ run }) => Number(run.seed % 3 === 0)),
      });
      expect(reduction.reached['even']).toBe(sum(({ run }) => run.reached['even'] ?? 0));
    }),
  );
});

test('what was known at an interruption is told in the order of seeds', () => {
  fc.assert(
    fc.property(finished, fc.nat(40), ([ordered, shuffled], known) => {
      const emitted: number[] = [];
      const reduction = new Reduction({ first: 5, last: 4 + ordered.length }, Infinity, ({ run }) =>
        emitted.push(run.seed),
      );
      const came = shuffled.slice(0, known);
      for (const outcome of came) reduction.add(outcome);
      reduction.flush();
      expect(emitted).toEqual(came.map(({ run }) => run.seed).sort((a, b) => a - b));
      // Whatever came of the last seed: those that are missing before it may fail.
      expect(reduction.isComplete).toBe(came.length === ordered.length);
    }),
  );
});
