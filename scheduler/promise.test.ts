import { expect, test } from 'vitest';
import { gossipCoordinator } from '../protocols/gossip/index.js';
import { leaseCoordinator } from '../protocols/lease/index.js';
import { raftCoordinator } from '../protocols/raft/index.js';
import { schedulerPromise } from './promise.js';

test('what the scheduler promises follows from the guarantees of its coordinator', () => {
  const strong = {
    acceptedTasksEnd: true,
    attempts: 'at-least-once',
    completions: 'once',
    guardedEffects: 'once',
    storeGuardedEffects: 'once',
    tickOutcomes: 'exactly-one',
    deposedCanCommit: false,
  };
  expect(schedulerPromise(raftCoordinator.guarantees)).toEqual(strong);
  expect(schedulerPromise(leaseCoordinator.guarantees)).toEqual(strong);
  expect(schedulerPromise(gossipCoordinator.guarantees)).toEqual({
    ...strong,
    completions: 'once-while-connected',
    storeGuardedEffects: 'once-while-connected',
    tickOutcomes: 'one-after-healing',
    deposedCanCommit: true,
  });
});
