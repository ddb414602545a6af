import type { Monitor } from '../../sim/properties/property.js';
import type { Setup } from '../../sim/setup.js';
import { isTerminal, mayFollow, type TaskDefinition } from '../../scheduler/index.js';
import { factOf, type ExecutionFact } from './facts.js';
import { tasksOf } from './workload.js';

/**
 * Executions go through their states as the state machine says. The auditors of all nodes see the same facts, each in the order of
 * revisions but at its own pace; so what was seen of an execution is kept by revision, and neighbours are compared. An open record
 * is written once for each state: `version` tells whether something between two facts was missed.
 */
export function transitionsLegal(): Monitor {
  const histories = new Map<string, ExecutionFact[]>();
  return {
    observe(record) {
      const fact = factOf(record, 'execution-changed');
      if (fact === undefined) return undefined;
      const history = histories.get(fact.executionId) ?? [];
      histories.set(fact.executionId, history);
      const at = history.findLastIndex(({ revision }) => revision <= fact.revision);
      const same = history[at];
      if (same?.revision === fact.revision) return findDifference(same, fact);
      history.splice(at + 1, 0, fact);
      return findIllegalStep(same, fact) ?? findIllegalStep(fact, history[at + 2]);
    },
  };
}

/** Two observers of one revision must have seen the same. */
function findDifference(first: ExecutionFact, second: ExecutionFact): string | undefined {
  if (first.state === second.state && first.attempt === second.attempt) return undefined;
  return `${first.executionId}: revision ${first.revision} is ${describe(first)} here and ${describe(second)} there`;
}

function findIllegalStep(before: ExecutionFact | undefined, after: ExecutionFact | undefined): string | undefined {
  if (after === undefined) return undefined;
  if (!isTerminal(after.state) && after.version !== versionOf(after)) {
    return `${after.executionId}: ${describe(after)} is write ${after.version} of it, not write ${versionOf(after)}`;
  }
  if (before === undefined) return undefined;
  const wasMissed = after.attempt > before.attempt + 1 || isTerminal(after.state) || after.version > before.version + 1;
  const isLegal = wasMissed
    ? !isTerminal(before.state) && after.attempt >= before.attempt
    : mayFollow(before.state, after.state) && after.attempt === before.attempt + (after.state === 'RUNNING' ? 1 : 0);
  return isLegal ? undefined : `${after.executionId}: ${describe(before)} was followed by ${describe(after)}`;
}

/** PENDING and RUNNING take turns, an attempt more with each RUNNING. */
function versionOf({ state, attempt }: ExecutionFact): number {
  return state === 'PENDING' ? 2 * attempt + 1 : 2 * attempt;
}

function describe({ state, attempt, revision }: ExecutionFact): string {
  return `${state} (attempt ${attempt}, revision ${revision})`;
}

/** An execution ends once, and stays so. */
export function executionEndsOnce(): Monitor {
  const ends = new Map<string, ExecutionFact>();
  return {
    observe(record) {
      const fact = factOf(record, 'execution-changed');
      if (fact === undefined || !isTerminal(fact.state)) return undefined;
      const first = ends.get(fact.executionId);
      if (first === undefined) ends.set(fact.executionId, fact);
      if (first === undefined || first.revision === fact.revision) return undefined;
      return `${fact.executionId} ended twice: ${describe(first)} and ${describe(fact)}`;
    },
  };
}

/** No two claims of one attempt, and a later attempt has a higher fencing token. */
export function claimsExclusive(): Monitor {
  const claims = new Map<string, { readonly attempt: number; readonly token: number; readonly node: string }>();
  return {
    observe(record) {
      const fact = factOf(record, 'attempt-claimed');
      if (fact === undefined) return undefined;
      const { executionId, attempt, token } = fact;
      const claim = { attempt, token, node: record.node };
      const other = claims.get(executionId);
      // Claims are told when their answers come; an earlier one may be told later.
      if (other === undefined || attempt > other.attempt) claims.set(executionId, claim);
      if (other === undefined || attempt > other.attempt === token > other.token) {
        return attempt === other?.attempt ? claimedTwice(executionId, other, claim) : undefined;
      }
      return claimedTwice(executionId, other, claim);
    },
  };
}

interface ClaimSeen {
  readonly attempt: number;
  readonly token: number;
  readonly node: string;
}

function claimedTwice(executionId: string, first: ClaimSeen, second: ClaimSeen): string {
  const told = ({ node, attempt, token }: ClaimSeen): string => `${node} (attempt ${attempt}, token ${token})`;
  return `${executionId} was claimed by ${told(first)} and by ${told(second)}`;
}

/** A worker's report is taken only from the attempt that holds the execution: one report for each attempt, one end for all. */
export function reportsExclusive(): Monitor {
  const reports = new Map<string, { readonly token: number; readonly node: string }>();
  return {
    observe(record) {
      const fact = factOf(record, 'attempt-reported');
      if (fact === undefined) return undefined;
      const key = `${fact.executionId}#${isTerminal(fact.state) ? 'end' : fact.attempt}`;
      const first = reports.get(key);
      reports.set(key, { token: fact.token, node: record.node });
      if (first === undefined || (first.token === fact.token && first.node === record.node)) return undefined;
      return `${key} was reported by ${first.node} (token ${first.token}) and by ${record.node} (token ${fact.token})`;
    },
  };
}

/** No record of the scheduler is anything but what it should be. */
export function recordsReadable(): Monitor {
  return {
    observe(record) {
      const fact = factOf(record, 'record-damaged');
      return fact === undefined ? undefined : `${record.node} cannot read the record at ${fact.key}`;
    },
  };
}

/** No execution is attempted more often than its task allows. */
export function attemptsBounded(setup: Setup): Monitor {
  const tasks = tasksOf(setup);
  return {
    observe(record) {
      const fact = factOf(record, 'execution-changed');
      const most = fact === undefined ? undefined : tasks.get(fact.taskId)?.retry.maxAttempts;
      if (fact === undefined || most === undefined || fact.attempt <= most) return undefined;
      return `${fact.executionId} is at attempt ${fact.attempt}; its task allows ${most}`;
    },
  };
}

/** Where a schedule skips overlapping ticks, no two of its executions were open at one revision of the store. */
export function overlapsSkipped(setup: Setup): Monitor {
  const tasks = tasksOf(setup);
  const spans = new Map<string, Map<string, { from: number; to: number }>>();
  return {
    observe(record) {
      const fact = factOf(record, 'execution-changed');
      if (fact === undefined || fact.nominalMs === 0 || !skipsOverlaps(tasks.get(fact.taskId))) return undefined;
      const ofTask = spans.get(fact.taskId) ?? new Map<string, { from: number; to: number }>();
      spans.set(fact.taskId, ofTask);
      const span = ofTask.get(fact.executionId) ?? { from: Infinity, to: Infinity };
      ofTask.set(fact.executionId, span);
      span.from = Math.min(span.from, fact.revision);
      if (isTerminal(fact.state)) span.to = fact.revision;
      return undefined;
    },
    end() {
      for (const ofTask of spans.values()) {
        const ordered = [...ofTask].sort(([, a], [, b]) => a.from - b.from);
        for (const [index, [later, { from }]] of ordered.entries()) {
          const earlier = ordered[index - 1];
          if (earlier !== undefined && from < earlier[1].to)
            return `${earlier[0]} was still open when ${later} was made`;
        }
      }
      return undefined;
    },
  };
}

function skipsOverlaps(task: TaskDefinition | undefined): boolean {
  return task?.schedule.kind === 'cron' && task.schedule.overlap === 'skip';
}
