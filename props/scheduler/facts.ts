import type { ObservedRecord } from '../../runtime/observation.js';
import type { ExecutionState, TickOutcome } from '../../scheduler/index.js';

/** An execution came to be in `state` at `revision`, as an auditor saw it. */
export interface ExecutionFact {
  readonly executionId: string;
  readonly taskId: string;
  readonly state: ExecutionState;
  readonly attempt: number;
  readonly token: number;
  readonly revision: number;
  readonly version: number;
  readonly outcome: string;
  readonly nominalMs: number;
  readonly generation: number;
  readonly notBeforeMs: number;
}

export interface TickFact {
  readonly taskId: string;
  readonly nominalMs: number;
  readonly generation: number;
  readonly outcome: TickOutcome;
  readonly executionId: string;
  readonly plannerToken: number;
  readonly version: number;
  readonly revision: number;
}

/** An attempt at a worker, or an effect of it at the sink. */
export interface AttemptFact {
  readonly executionId: string;
  readonly attempt: number;
  readonly token: number;
}

export interface ReportFact extends AttemptFact {
  readonly revision: number;
  readonly outcome: string;
  readonly state: ExecutionState;
}

export interface AcceptedFact {
  readonly submissionId: string;
  readonly taskId: string;
  readonly executionId: string;
  readonly isDuplicate: boolean;
}

export interface PlanFact {
  readonly token: number;
  readonly revision: number;
  readonly taskId: string;
  readonly tickCount: number;
  readonly caughtUp: number;
}

interface FactTypes {
  readonly 'execution-changed': ExecutionFact;
  readonly 'tick-recorded': TickFact;
  readonly 'tick-unaccounted': { readonly taskId: string; readonly generation: number; readonly nominalMs: number };
  readonly 'tick-unknown': { readonly taskId: string; readonly generation: number; readonly nominalMs: number };
  readonly 'ticks-audited': { readonly taskId: string; readonly throughMs: number; readonly unaccounted: number };
  readonly 'record-damaged': { readonly key: string };
  readonly 'task-accepted': AcceptedFact;
  readonly 'plan-committed': PlanFact;
  readonly 'plan-refused': { readonly token: number };
  readonly 'execution-reaped': { readonly token: number; readonly revision: number; readonly executionId: string };
  readonly 'planner-active': { readonly token: number };
  readonly 'planner-inactive': { readonly token: number };
  readonly 'attempt-claimed': AttemptFact;
  readonly 'attempt-started': AttemptFact;
  readonly 'attempt-preempted': AttemptFact & { readonly reason: string };
  readonly 'attempt-reported': ReportFact;
  readonly 'report-refused': AttemptFact;
  readonly 'worker-lease': { readonly leaseId: string; readonly stage: string };
  readonly 'effect-applied': AttemptFact;
  readonly 'effect-refused': AttemptFact & { readonly reason: string };
  readonly 'cluster-time': { readonly clusterMs: number };
  readonly 'submission-sent': { readonly submissionId: string; readonly taskId: string; readonly tries: number };
  readonly 'submission-ended': { readonly submissionId: string; readonly how: string };
  readonly 'node-crashed': object;
  readonly 'node-halted': object;
  readonly 'node-paused': object;
  readonly 'node-resumed': object;
}
export type FactType = keyof FactTypes;

/** The observation as the fact of this type that it is, or undefined. The scheduler's own vocabulary (`observed`) makes them. */
export function factOf<T extends FactType>({ observation }: ObservedRecord, type: T): FactTypes[T] | undefined {
  return observation.type === type ? (observation as unknown as FactTypes[T]) : undefined;
}
