import type { Guarantees } from '../protocols/coordinator/index.js';

/** What the scheduler promises over a coordinator, as data: it follows from the coordinator's guarantees and nothing else. */
export interface SchedulerPromise {
  /** A task that was accepted ends, once a quorum (or, without one, a member that it has reached) can work again. */
  readonly acceptedTasksEnd: true;
  /** How often an attempt of one execution may be started. */
  readonly attempts: 'at-least-once';
  /** How often an execution can be reported as ended. */
  readonly completions: 'once' | 'once-while-connected';
  /** How often an effect behind a guard that checks execution ids and tokens takes place. */
  readonly guardedEffects: 'once';
  /** How often an effect takes place whose only guard is a record in the coordinator's own store. */
  readonly storeGuardedEffects: 'once' | 'once-while-connected';
  /** Outcomes recorded for each tick. */
  readonly tickOutcomes: 'exactly-one' | 'one-after-healing';
  /** Whether a deposed planner or a paused worker can still change anything. */
  readonly deposedCanCommit: boolean;
}

export function schedulerPromise(guarantees: Guarantees): SchedulerPromise {
  const { consistency, exclusiveLeader, effectOnce } = guarantees;
  const once = effectOnce === 'always' ? 'once' : 'once-while-connected';
  return {
    acceptedTasksEnd: true,
    attempts: 'at-least-once',
    completions: once,
    guardedEffects: 'once',
    storeGuardedEffects: once,
    tickOutcomes: consistency === 'linearizable' ? 'exactly-one' : 'one-after-healing',
    deposedCanCommit: !exclusiveLeader,
  };
}
