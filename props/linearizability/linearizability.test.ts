import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Operation } from '../histories/index.js';
import * as arbitrary from './arbitrary-history.fixture.js';
import { isLinearizableByForce, isOrderRight } from './brute-force.fixture.js';
import {
  ALGORITHMS,
  casRegister,
  checkLinearizable,
  keyValue,
  multiRegister,
  mutex,
  queue,
  type AnyModel,
} from './index.js';

const RUNS = 3000;
const OPERATIONS_MAX = 7;

const SUBJECTS: readonly {
  readonly name: string;
  readonly model: AnyModel;
  readonly call: fc.Arbitrary<arbitrary.Call>;
}[] = [
  { name: 'cas-register', model: casRegister(), call: arbitrary.registerCall },
  { name: 'kv', model: keyValue(), call: arbitrary.keyedCall },
  { name: 'queue', model: queue(), call: arbitrary.queueCall },
  { name: 'mutex', model: mutex(), call: arbitrary.mutexCall },
  { name: 'multi-register', model: multiRegister(), call: arbitrary.transactionCall },
];

/** A model without any of what lets a search save work. */
function bare(model: AnyModel): AnyModel {
  return {
    name: model.name,
    initial: (key) => model.initial(key),
    step: (state, operation) => model.step(state, operation),
    stateKey: (state) => model.stateKey(state),
    partition: (operation) => model.partition?.(operation) ?? null,
  };
}

describe.each(SUBJECTS)('small random histories of a $name', ({ model, call }) => {
  const history = arbitrary.arbitraryHistory(call, OPERATIONS_MAX);

  it.each(ALGORITHMS)('are judged by %s as by brute force, and an order that is given is right', (algorithm) => {
    const verdicts = { legal: 0, illegal: 0, unknown: 0 };
    fc.assert(
      fc.property(history, (operations) => {
        const { verdict, parts } = checkLinearizable(model, operations, { algorithm });
        verdicts[verdict]++;
        expect(verdict).toBe(isLinearizableByForce(model, operations) ? 'legal' : 'illegal');
        for (const { key, order } of verdict === 'legal' ? parts : []) {
          const own = operations.filter((operation) => (model.partition?.(operation) ?? null) === key);
          expect(isOrderRight(model, own, order ?? [])).toBe(true);
        }
        const withoutHints = checkLinearizable(bare(model), operations, { algorithm });
        expect(withoutHints.verdict).toBe(verdict);
      }),
      { numRuns: RUNS, seed: 1 },
    );
    // Otherwise nothing was compared.
    expect(Math.min(verdicts.legal, verdicts.illegal)).toBeGreaterThan(RUNS / 50);
    expect(verdicts.unknown).toBe(0);
  });

  it('are refused by both searches at the same operation, and the prefix is a legal order', () => {
    fc.assert(
      fc.property(history, (operations) => {
        const [wgl, jit] = ALGORITHMS.map(
          (algorithm) => checkLinearizable(model, operations, { algorithm }).counterexample,
        );
        expect(wgl?.key).toBe(jit?.key);
        expect(wgl?.culprit).toBe(jit?.culprit);
        for (const found of [wgl, jit]) {
          if (found === undefined) continue;
          const { prefix, culprit } = found;
          expect(isOrderRight(model, prefix, prefix)).toBe(true);
          const before = found.operations.filter(({ returnedAt }) => returnedAt < culprit.returnedAt);
          expect(before.filter((operation) => !prefix.includes(operation))).toEqual([]);
          expect(found.refusals[0]?.operation).toBe(culprit);
        }
      }),
      { numRuns: RUNS, seed: 2 },
    );
  });
});

function operation(fields: Partial<Operation> & Pick<Operation, 'f' | 'calledAt' | 'returnedAt'>): Operation {
  return { process: fields.calledAt, key: null, argument: null, result: null, line: 0, ...fields };
}

describe('limits', () => {
  /** Writes of different values, all open at once, and a read of a value that nobody wrote: every order has to be tried. */
  const hopeless = [
    ...Array.from({ length: 12 }, (_, value) =>
      operation({ f: 'write', argument: value, calledAt: value, returnedAt: 100 + value }),
    ),
    operation({ f: 'read', result: 99, calledAt: 50, returnedAt: 200 }),
  ];

  it.each(ALGORITHMS)('answers unknown, never legal, when %s has made all the steps it may', (algorithm) => {
    const result = checkLinearizable(casRegister(), hopeless, { algorithm, stepsMax: 500 });
    expect(result).toMatchObject({ verdict: 'unknown', unknownBecause: 'steps' });
    expect(result.steps).toBeLessThan(1000);
    expect(checkLinearizable(casRegister(), hopeless, { algorithm }).verdict).toBe('illegal');
  });

  it.each(ALGORITHMS)('answers unknown when the caller of %s has no more time', (algorithm) => {
    let asked = 0;
    const result = checkLinearizable(casRegister(), hopeless, { algorithm, goesOn: () => ++asked <= 2 });
    expect(result).toMatchObject({ verdict: 'unknown', unknownBecause: 'time' });
  });

  it('finds an illegal part though another would take for ever', () => {
    const hard = hopeless.map((one) => ({ ...one, key: 'hard' }));
    const easy = operation({ f: 'read', key: 'easy', result: 5, calledAt: 60, returnedAt: 61 });
    const result = checkLinearizable(casRegister(), [...hard, easy], { stepsMax: 20_000 });
    expect(result.verdict).toBe('illegal');
    expect(result.counterexample?.key).toBe('easy');
  });

  it('remembers ten thousand operations in a row without going through all of them each time', () => {
    const many = Array.from({ length: 10_000 }, (_, index) =>
      operation({
        f: index % 2 === 0 ? 'write' : 'read',
        argument: index,
        result: index - 1,
        calledAt: 2 * index,
        returnedAt: 2 * index + 1,
      }),
    );
    for (const algorithm of ALGORITHMS) {
      const { verdict, steps } = checkLinearizable(casRegister(), many, { algorithm });
      expect(verdict).toBe('legal');
      expect(steps).toBeLessThan(50_000);
    }
  });
});

describe('what is told of a refusal', () => {
  it('is the longest order, though a shorter one was found first', () => {
    const operations = [
      operation({ f: 'write', argument: 5, calledAt: 1, returnedAt: 20 }),
      operation({ f: 'cas', argument: [0, 1], calledAt: 2, returnedAt: 21 }),
      operation({ f: 'cas', argument: [1, 2], calledAt: 3, returnedAt: 22 }),
      operation({ f: 'read', result: 9, calledAt: 4, returnedAt: 10 }),
    ];
    const { counterexample } = checkLinearizable(casRegister(0), operations);
    expect(counterexample?.prefix.map(({ calledAt }) => calledAt)).toEqual([2, 3, 1]);
    expect(counterexample?.prefixStates).toEqual(['1', '2', '5']);
  });

  it('takes operations that touch at one moment for concurrent', () => {
    const touching = [
      operation({ f: 'write', argument: 1, calledAt: 1, returnedAt: 5 }),
      operation({ f: 'read', result: null, calledAt: 5, returnedAt: 6 }),
    ];
    for (const algorithm of ALGORITHMS)
      expect(checkLinearizable(casRegister(), touching, { algorithm }).verdict).toBe('legal');
  });
});
