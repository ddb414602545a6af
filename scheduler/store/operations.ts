import { assert } from '../../runtime/assert.js';
import type { Plain } from '../../runtime/data.js';
import type { Compare, KeyValue, Operation, OperationResult } from '../../protocols/coordinator/index.js';
import { isTerminal } from './execution.js';
import { claimKey, doneKey, openKey } from './keys.js';
import type { Execution, Stored } from './records.js';

/** A transaction that acts only if all compares hold. `else` reads what the loser needs to know. */
export interface Transaction {
  readonly compare: readonly Compare[];
  readonly then: readonly Operation[];
  readonly else: readonly Operation[];
}

export function isAbsent(key: string): Compare {
  return { key, target: 'create', operator: '=', operand: 0 };
}

export function isPresent(key: string): Compare {
  return { key, target: 'create', operator: '>', operand: 0 };
}

export function isUnchanged(key: string, revision: number): Compare {
  return { key, target: 'mod', operator: '=', operand: revision };
}

export function put(key: string, value: Plain): Operation {
  return { kind: 'put', key, value, leaseId: '' };
}

/** Reads both places at which an execution can be. Answers in the order open, done. */
export function readExecution(executionId: string): readonly Operation[] {
  return [
    { kind: 'get', key: openKey(executionId) },
    { kind: 'get', key: doneKey(executionId) },
  ];
}

/** Creates an execution unless one of that id exists or existed. */
export function createExecution(execution: Execution): Transaction {
  const { executionId } = execution;
  assert(execution.state === 'PENDING', `${executionId} is created ${execution.state}`);
  return {
    compare: [isAbsent(openKey(executionId)), isAbsent(doneKey(executionId))],
    then: [put(openKey(executionId), execution)],
    else: readExecution(executionId),
  };
}

/**
 * Claims a PENDING execution: only if nobody changed it since it was read. The revision of this transaction is the fencing
 * token of the attempt; the claim lives no longer than the lease.
 */
export function claimExecution(before: Stored<Execution>, after: Execution, leaseId: string): Transaction {
  const { executionId, claim } = after;
  assert(after.state === 'RUNNING' && claim !== null, `${executionId} is claimed ${after.state}`);
  return {
    compare: [isUnchanged(openKey(executionId), before.revision), isAbsent(doneKey(executionId))],
    then: [put(openKey(executionId), after), { kind: 'put', key: claimKey(executionId), value: claim, leaseId }],
    else: readExecution(executionId),
  };
}

/**
 * Ends the attempt whose fencing token is `token`: only if that claim is still the last change of the execution, and if the
 * lease it was made under still lives. A worker that lost its lease cannot report.
 */
export function endAttempt(after: Execution, token: number, leaseId: string): Transaction {
  const { executionId } = after;
  return {
    compare: [
      isUnchanged(openKey(executionId), token),
      { key: claimKey(executionId), target: 'lease', operator: '=', operand: leaseId },
    ],
    then: replaceOpen(after),
    else: readExecution(executionId),
  };
}

/**
 * Takes an execution from a worker whose claim is gone. `otherClaim` is the revision of a claim that is there but belongs to another
 * attempt, 0 where there is none: replicas that merge key by key may keep one worker's record and another's claim.
 */
export function reapExecution(before: Stored<Execution>, after: Execution, otherClaim: number): Transaction {
  const { executionId } = after;
  return {
    compare: [isUnchanged(openKey(executionId), before.revision), isUnchanged(claimKey(executionId), otherClaim)],
    then: replaceOpen(after),
    else: readExecution(executionId),
  };
}

export function cancelExecution(before: Stored<Execution>, after: Execution): Transaction {
  const { executionId } = after;
  assert(after.state === 'CANCELLED', `${executionId} is cancelled as ${after.state}`);
  return {
    compare: [isUnchanged(openKey(executionId), before.revision)],
    then: replaceOpen(after),
    else: readExecution(executionId),
  };
}

/** An execution that is also among the done ones is done: what is left of it among the open ones goes. */
export function forgetOpen(executionId: string): Transaction {
  return {
    compare: [isPresent(doneKey(executionId))],
    then: [
      { kind: 'delete', key: openKey(executionId) },
      { kind: 'delete', key: claimKey(executionId) },
    ],
    else: [],
  };
}

function replaceOpen(after: Execution): readonly Operation[] {
  const { executionId } = after;
  const release: Operation = { kind: 'delete', key: claimKey(executionId) };
  if (!isTerminal(after.state)) return [put(openKey(executionId), after), release];
  return [{ kind: 'delete', key: openKey(executionId) }, release, put(doneKey(executionId), after)];
}

/** What a `get` found. */
export function foundIn(result: OperationResult): KeyValue | undefined {
  return result.kind === 'get' && result.found !== null ? result.found : undefined;
}
