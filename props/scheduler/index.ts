import type { Guarantees } from '../../protocols/coordinator/index.js';
import type { Properties } from '../../sim/properties/property.js';
import { effectAtMostOnce, effectTokensRise, submissionIsOneExecution } from './effects.js';
import {
  attemptsBounded,
  overlapsSkipped,
  claimsExclusive,
  executionEndsOnce,
  recordsReadable,
  reportsExclusive,
  transitionsLegal,
} from './executions.js';
import { deposedPlannersCommitNothing, mandatesExclusive } from './planners.js';
import {
  acceptedTasksEnd,
  acceptedTasksThatSpreadEnd,
  executionsEnd,
  executionsThatSpreadEnd,
  onePlannerAtLast,
  submissionsEnd,
  ticksGoOn,
} from './progress.js';
import * as sightings from './sightings.js';
import { tickHasOneOutcome, ticksAccounted, ticksAccountedAtLast, ticksKnown, ticksMakeExecutions } from './ticks.js';

export { DEFAULT_TASKS } from './default-tasks.js';
export { drawOptions, type DrawnOptions } from './drawn-options.js';
export { factOf } from './facts.js';
export { schedulerFigures } from './figures.js';
export { SINK_NODE, simulateTaskWork } from './simulated-work.js';
export { submitter } from './submitter.js';
export { ALL_OPERATIONS, drawOperations, drawRhythm, drawWorkload } from './workload.js';

/** What holds over every coordinator: the sink guards the effects, and nothing that was recorded is lost or unreadable. */
const always: Properties['always'] = Object.freeze({
  'effect-at-most-once': effectAtMostOnce,
  'submission-is-one-execution': submissionIsOneExecution,
  'attempts-bounded': attemptsBounded,
  'records-readable': recordsReadable,
  'ticks-known': ticksKnown,
});

/** What a coordinator with linearizable transactions and exclusive leaders adds. */
const alwaysLinearizable: Properties['always'] = Object.freeze({
  'effect-tokens-rise': effectTokensRise,
  'transitions-legal': transitionsLegal,
  'execution-ends-once': executionEndsOnce,
  'claims-exclusive': claimsExclusive,
  'reports-exclusive': reportsExclusive,
  'overlaps-skipped': overlapsSkipped,
  'tick-has-one-outcome': tickHasOneOutcome,
  'ticks-accounted': ticksAccounted,
  'ticks-make-executions': ticksMakeExecutions,
  'deposed-planners-commit-nothing': deposedPlannersCommitNothing,
  'mandates-exclusive': mandatesExclusive,
});

const eventually: Properties['eventually'] = Object.freeze({
  'accepted-tasks-end': acceptedTasksEnd,
  'executions-end': executionsEnd,
  'submissions-end': submissionsEnd,
  'one-planner-at-last': onePlannerAtLast,
  'ticks-go-on': ticksGoOn,
});

/** Without a quorum a member answers for what it alone holds; if it never comes back, nobody else can know. */
const eventuallyOnceSpread: Properties['eventually'] = Object.freeze({
  ...eventually,
  'accepted-tasks-end': acceptedTasksThatSpreadEnd,
  'executions-end': executionsThatSpreadEnd,
  'ticks-accounted-at-last': ticksAccountedAtLast,
});

const sometimes: Properties['sometimes'] = Object.freeze({
  'planner-changed': sightings.plannerChanged,
  'worker-died-holding-task': sightings.workerDiedHoldingTask,
  'worker-lease-warned': sightings.leaseWarned,
  'worker-lease-lost': sightings.leaseLost,
  'execution-reaped': sightings.executionReaped,
  'stale-effect-refused': sightings.staleEffectRefused,
  'duplicate-effect-refused': sightings.duplicateEffectRefused,
  'attempt-retried': sightings.attemptRetried,
  'attempt-timed-out': sightings.attemptTimedOut,
  'attempts-exhausted': sightings.attemptsExhausted,
  'execution-cancelled': sightings.executionCancelled,
  'submission-deduplicated': sightings.submissionDeduplicated,
  'submission-repeated': sightings.submissionRepeated,
  'report-refused': sightings.reportRefused,
  'tick-caught-up': sightings.tickCaughtUp,
  'tick-coalesced': sightings.tickCoalesced,
  'tick-skipped-by-misfire': sightings.tickMisfired,
  'tick-skipped-by-overlap': sightings.tickOverlapped,
  'tick-superseded': sightings.tickSuperseded,
});

/** The scheduler's properties over a coordinator, as far as its guarantees carry. */
export function schedulerProperties({ consistency }: Guarantees): Properties {
  if (consistency === 'linearizable') {
    return { always: { ...always, ...alwaysLinearizable }, eventually, sometimes };
  }
  return {
    always,
    eventually: eventuallyOnceSpread,
    sometimes: { ...sometimes, 'planners-overlapped': sightings.plannersOverlapped },
  };
}
