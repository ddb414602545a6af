import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Reduction } from './reduction.js';
import type { SeedOutcome, Verdict } from './seed-outcome.js';

function outcomeOf(seed: number, verdict: Verdict): SeedOutcome {
  const run = {
    seed,
    fingerprint: '',
    steps: seed,
    simulatedMs: 1,
    wallMs: 0,
    violations: [],
    reached: { even: (seed + 1) % 2 },
  };
  return { run: { ...run, verdict } };
}

const verdicts = fc.array(
  fc.constantFrom<Verdict>('passed', 'passed', 'passed', 'failed', 'nondeterministic', 'died'),
  {
    minLength: 1,
    maxLength: 40,
  },
);

/** The outcomes in an order in which workers may have finished them. */
const finished = verdicts.chain((list) => {
  const outcomes = list.map((verdict, index) => outcomeOf(index + 5, verdict));
  return fc.tuple(fc.constant(outcomes), fc.shuffledSubarray(outcomes, { minLength: outcomes.length }));
});

test('the order in which seeds finish changes nothing', () => {
  fc.assert(
    fc.property(finished, fc.boolean(), ([ordered, shuffled], keepGoing) => {
      const emitted: number[] = [];
      const reduction = new Reduction({ first: 5, last: 4 + ordered.length }, keepGoing, ({ run }) =>
        emitted.push(run.seed),
      );
      for (const outcome of shuffled) reduction.add(outcome);
      const firstBad = ordered.findIndex(({ run }) => run.verdict !== 'passed');
      const wanted = keepGoing || firstBad < 0 ? ordered : ordered.slice(0, firstBad + 1);
      expect(emitted).toEqual(wanted.map(({ run }) => run.seed));
      expect(reduction.isComplete).toBe(true);
      const sum = (of: (outcome: SeedOutcome) => number): number => wanted.reduce((total, one) => total + of(one), 0);
      expect(reduction.totals).toEqual({
        seeds: wanted.length,
        steps: sum(({ run }) => run.steps),
        simulatedMs: wanted.length,
        failed: sum(({ run }) => Number(run.verdict === 'failed' || run.verdict === 'died')),
        nondeterministic: sum(({ run }) => Number(run.verdict === 'nondeterministic')),
      });
      expect(reduction.reached['even']).toBe(sum(({ run }) => run.reached['even'] ?? 0));
    }),
  );
});

test('what was known at an interruption is told in the order of seeds', () => {
  fc.assert(
    fc.property(finished, fc.nat(40), ([ordered, shuffled], known) => {
      const emitted: number[] = [];
      const reduction = new Reduction({ first: 5, last: 4 + ordered.length }, true, ({ run }) =>
        emitted.push(run.seed),
      );
      const came = shuffled.slice(0, known);
      for (const outcome of came) reduction.add(outcome);
      reduction.flush();
      expect(emitted).toEqual(came.map(({ run }) => run.seed).sort((a, b) => a - b));
    }),
  );
});
