import fc from 'fast-check';
import { expect, test } from 'vitest';
import { randomStream } from '../../runtime/random.js';
import { DEFAULT_RETRY, DEFAULT_SIMULATE, type TaskDefinition } from '../definitions/task.js';
import { attemptFailed, cancelled, claimed, isTerminal, mayFollow, newExecution, succeeded } from './execution.js';
import { EXECUTION_STATES, executionType, type Execution } from './records.js';

const task: TaskDefinition = {
  id: 'task',
  description: '',
  schedule: { kind: 'now' },
  executor: { kind: 'shell', command: 'true' },
  retry: { ...DEFAULT_RETRY, maxAttempts: 3 },
  timeoutMs: 1_000,
  leaseMs: 1_000,
  dedupeKey: '',
  simulate: DEFAULT_SIMULATE,
};
const claim = { worker: 'n1', session: 's', leaseId: 'l', claimedMs: 5 };
const random = randomStream('test');

/** What may happen to an execution. Each throws where the state machine does not allow it. */
const events: Readonly<Record<string, (execution: Execution, atMs: number) => Execution>> = {
  claim: (execution) => claimed(execution, claim),
  succeed: (execution, atMs) => succeeded(execution, atMs, 'result'),
  fail: (execution, atMs) => attemptFailed(execution, 'failed', atMs, 'why', random),
  'time out': (execution, atMs) => attemptFailed(execution, 'timed-out', atMs, 'why', random),
  lose: (execution, atMs) => attemptFailed(execution, 'lost', atMs, 'why', random),
  cancel: (execution, atMs) => cancelled(execution, atMs, 'why'),
};

function fresh(): Execution {
  return newExecution({ executionId: 'e', task, generation: 0, nominalMs: 0, createdMs: 1, notBeforeMs: 1 });
}

test('whatever happens, the states follow the machine and the history tells of every attempt', () => {
  fc.assert(
    fc.property(fc.array(fc.constantFrom(...Object.keys(events)), { maxLength: 15 }), (names) => {
      let execution = fresh();
      names.forEach((name, index) => {
        const before = execution;
        const image = JSON.stringify(before);
        try {
          execution = events[name]!(before, 10 + index);
        } catch (error) {
          expect(String(error)).toMatch(/is no transition|nobody had claimed/);
          execution = before;
        }
        expect(JSON.stringify(before)).toBe(image);
        expect(execution === before || mayFollow(before.state, execution.state)).toBe(true);
        expect(executionType.check(execution, 'execution')).toBeUndefined();
        expect(execution.claim !== null).toBe(execution.state === 'RUNNING');
        expect(execution.history.length).toBe(execution.attempt - (execution.state === 'RUNNING' ? 1 : 0));
        expect(execution.attempt).toBeLessThanOrEqual(task.retry.maxAttempts);
      });
    }),
  );
});

test('nothing follows an end, and a retry is the only way back', () => {
  const allowed = EXECUTION_STATES.flatMap((from) =>
    EXECUTION_STATES.filter((to) => mayFollow(from, to)).map((to) => `${from} ${to}`),
  );
  expect(allowed).toEqual([
    'PENDING RUNNING',
    'PENDING CANCELLED',
    'RUNNING PENDING',
    'RUNNING SUCCEEDED',
    'RUNNING FAILED',
    'RUNNING CANCELLED',
  ]);
  expect(EXECUTION_STATES.filter(isTerminal)).toEqual(['SUCCEEDED', 'FAILED', 'CANCELLED']);
});

test('a failed attempt waits its backoff; the last one ends the execution', () => {
  let execution = claimed(fresh(), claim);
  execution = attemptFailed(execution, 'failed', 100, 'x'.repeat(10_000), random);
  expect(execution).toMatchObject({ state: 'PENDING', finishedMs: 0, attempt: 1 });
  expect(execution.notBeforeMs).toBeGreaterThanOrEqual(100 + (DEFAULT_RETRY.initialMs * 80) / 100);
  expect(execution.notBeforeMs).toBeLessThanOrEqual(100 + DEFAULT_RETRY.initialMs);
  expect(execution.history[0]?.detail).toHaveLength(500);
  execution = attemptFailed(claimed(execution, claim), 'lost', 200, '', random);
  execution = attemptFailed(claimed(execution, claim), 'timed-out', 300, 'slow', random);
  expect(execution).toMatchObject({ state: 'FAILED', finishedMs: 300, attempt: 3 });
  expect(execution.history.map(({ outcome }) => outcome)).toEqual(['failed', 'lost', 'timed-out']);
});
