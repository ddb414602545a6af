import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { HistoryError, readHistory, type Operation } from '../histories/index.js';
import { arbitraryHistory, keyedCall, registerCall } from '../linearizability/arbitrary-history.fixture.js';
import { casRegister, checkLinearizable, keyValue, type AnyModel } from '../linearizability/index.js';
import { checkSequential, findSessionViolation, SESSION_GUARANTEES, type SessionGuarantee } from './index.js';
import { arbitrarySessions, hasOrder } from './session-orders.fixture.js';

function history(...calls: readonly string[]): readonly Operation[] {
  const rows = calls.flatMap((call) => {
    const [process = '', f = '', value = 'nil'] = call.split(' ');
    return [`${process} :invoke :${f} ${f === 'read' ? 'nil' : value}`, `${process} :ok :${f} ${value}`];
  });
  return readHistory(rows.join('\n'), { file: 'h' }).operations;
}

/** Tries every interleaving of the processes. */
function isSequentialByForce(model: AnyModel, operations: readonly Operation[]): boolean {
  const goOn = (left: readonly Operation[], states: ReadonlyMap<string | null, unknown>): boolean => {
    if (left.every(({ returnedAt }) => returnedAt === Infinity)) return true;
    return left.some((operation) => {
      const isNext = left.every(
        (other) =>
          other.process !== operation.process || other.calledAt >= operation.calledAt || other.returnedAt === Infinity,
      );
      const key = model.partition?.(operation) ?? null;
      const after = isNext ? model.step(states.has(key) ? states.get(key) : model.initial(key), operation) : undefined;
      if (after === undefined) return false;
      return goOn(
        left.filter((other) => other !== operation),
        new Map([...states, [key, after]]),
      );
    });
  };
  return goOn(operations, new Map());
}

describe('sequential consistency', () => {
  it.each([
    ['a register', casRegister() as AnyModel, registerCall],
    ['two keys', keyValue() as AnyModel, keyedCall],
  ])(
    'is judged as by brute force on small random histories of %s, and follows from linearizability',
    (_, model, call) => {
      const found = { legal: 0, illegal: 0, unknown: 0, onlySequential: 0 };
      fc.assert(
        fc.property(arbitraryHistory(call, 6), (operations) => {
          const { verdict, order } = checkSequential(model, operations);
          found[verdict]++;
          expect(verdict).toBe(isSequentialByForce(model, operations) ? 'legal' : 'illegal');
          const isLinearizable = checkLinearizable(model, operations).verdict === 'legal';
          if (isLinearizable) expect(verdict).toBe('legal');
          else if (verdict === 'legal') found.onlySequential++;
          if (verdict === 'legal')
            expect(operations.filter((one) => one.returnedAt !== Infinity && !order.includes(one))).toEqual([]);
        }),
        { numRuns: 1500, seed: 5 },
      );
      expect(Math.min(found.legal, found.illegal, found.onlySequential)).toBeGreaterThan(20);
    },
  );

  it('lets a read be late, but not the reads of one process go back; and says unknown at its limit', () => {
    const late = history('0 write 1', '1 read nil', '1 read 1');
    expect(checkSequential(casRegister(), late).verdict).toBe('legal');
    const back = checkSequential(casRegister(), history('0 write 1', '1 read 1', '1 read nil'));
    expect(back.verdict).toBe('illegal');
    expect(back.explanation).toContain('process 1 (line 5): read() → nil');
    expect(checkSequential(casRegister(), late, { stepsMax: 2 }).verdict).toBe('unknown');
    expect(checkSequential(casRegister(), late, { goesOn: () => false }).verdict).toBe('unknown');
  });
});

describe('session guarantees', () => {
  it.each<[SessionGuarantee, readonly string[]]>([
    ['read-your-writes', ['0 write 1', '0 read nil']],
    ['monotonic-reads', ['0 write 1', '1 read 1', '1 read nil']],
    ['monotonic-writes', ['0 write 1', '0 write 2', '1 read 2', '1 read 1']],
    ['writes-follow-reads', ['0 write 1', '1 read 1', '1 write 2', '2 read 2', '2 read 1']],
  ])('%s is refused where it alone is broken', (guarantee, calls) => {
    const operations = history(...calls);
    const all = findSessionViolation(operations, SESSION_GUARANTEES, null);
    expect(all?.explanation).toContain(guarantee);
    const needed =
      guarantee.startsWith('monotonic-w') || guarantee.startsWith('writes')
        ? [guarantee, 'monotonic-reads' as const]
        : [guarantee];
    expect(findSessionViolation(operations, needed, null)).toBeDefined();
    const others = SESSION_GUARANTEES.filter((one) => one !== guarantee);
    expect(findSessionViolation(operations, others, null)).toBeUndefined();
  });

  it.each<[SessionGuarantee, readonly string[]]>([
    // All own writes count, not the last alone: 1 is to come before 3, which was read behind it, and behind 3, which 2 wrote before.
    ['read-your-writes', ['1 write 1', '1 write 2', '2 write 3', '1 read 3', '2 read 1']],
    ['writes-follow-reads', ['2 read 3', '2 write 1', '4 write 2', '1 read 1', '1 read 2', '1 write 3']],
  ])('%s is refused without the help of the others', (guarantee, calls) => {
    expect(findSessionViolation(history(...calls), [guarantee], null)?.explanation).toContain(guarantee);
  });

  it('lets a write of unknown outcome take effect later, or never', () => {
    const first = { ...history('0 write 1', '0 read nil', '0 read 1')[0] } as Operation;
    const open = { ...first, returnedAt: Infinity, result: undefined };
    const rest = history('0 write 1', '0 read nil', '0 read 1').slice(1);
    expect(findSessionViolation([open, ...rest], SESSION_GUARANTEES, null)).toBeUndefined();
    expect(findSessionViolation([first, ...rest], ['read-your-writes'], null)).toBeDefined();
  });

  it('says what trying all orders of the writes says, whichever guarantees are asked for', () => {
    const verdicts = { kept: 0, broken: 0 };
    fc.assert(
      fc.property(
        arbitrarySessions,
        fc.subarray([...SESSION_GUARANTEES], { minLength: 1 }),
        (operations, guarantees) => {
          const found = findSessionViolation(operations, guarantees, null);
          expect(found === undefined).toBe(hasOrder(operations, guarantees));
          verdicts[found === undefined ? 'kept' : 'broken']++;
        },
      ),
      { numRuns: 2000, seed: 11 },
    );
    expect(Math.min(verdicts.kept, verdicts.broken)).toBeGreaterThan(300);
  });

  it('takes fields of a value in whichever order', () => {
    const operations = history('0 write {"a":1,"b":2}', '0 read {"b":2,"a":1}');
    expect(findSessionViolation(operations, SESSION_GUARANTEES, null)).toBeUndefined();
  });

  it('asks nothing of the order between sessions', () => {
    expect(
      findSessionViolation(
        history('0 write 1', '0 write 2', '1 read nil', '2 read 1', '1 read 2'),
        SESSION_GUARANTEES,
        null,
      ),
    ).toBeUndefined();
  });

  it('finds a contradiction that goes through three sessions', () => {
    const writes = ['7 write 1', '8 write 2', '9 write 3'];
    const reads = ['0 read 1', '0 read 2', '1 read 2', '1 read 3', '2 read 3', '2 read 1'];
    const found = findSessionViolation(history(...writes, ...reads), ['monotonic-reads'], null);
    expect(found?.explanation.split('; but ')).toHaveLength(3);
    expect(findSessionViolation(history(...writes, ...reads.slice(0, -1)), ['monotonic-reads'], null)).toBeUndefined();
  });

  it('refuses a value that nobody wrote, and cannot judge one that two wrote', () => {
    expect(findSessionViolation(history('0 read 9'), SESSION_GUARANTEES, null)?.explanation).toContain(
      'nobody wrote that',
    );
    expect(() => findSessionViolation(history('0 write 1', '1 write 1'), SESSION_GUARANTEES, null, 'h')).toThrow(
      HistoryError,
    );
    expect(() => findSessionViolation(history('0 cas [1,2]'), SESSION_GUARANTEES, null, 'h')).toThrow(
      'no saying what cas saw',
    );
  });

  it('holds of every linearizable history whose values are written once', () => {
    let [judged, refused] = [0, 0];
    fc.assert(
      fc.property(arbitraryHistory(registerCall, 7), (drawn) => {
        // Values by number of the write, so that each is written once.
        const operations = drawn
          .filter(({ f }) => f !== 'cas')
          .map((one, index) => (one.f === 'write' ? { ...one, argument: index } : one));
        const isLinearizable = checkLinearizable(casRegister(), operations).verdict === 'legal';
        const found = findSessionViolation(operations, SESSION_GUARANTEES, null);
        if (isLinearizable) expect(found).toBeUndefined();
        if (isLinearizable) judged++;
        else if (found !== undefined) refused++;
      }),
      { numRuns: 3000, seed: 6 },
    );
    expect(Math.min(judged, refused)).toBeGreaterThan(100);
  });
});
