import { assert } from '../../../runtime/assert.js';
import type { Plain } from '../../../runtime/data.js';
import {
  findMultiVersionField,
  type Compare,
  type CoordinatorAnswer,
  type Operation,
  type OperationResult,
} from '../../coordinator/index.js';
import { findDuplicateKey, plainEqual } from '../../lease/index.js';
import { findRefusal } from '../registers/exchange.js';
import { OWN_PREFIX } from '../registers/register.js';
import { beginBatch, liveAt, liveWithPrefix, type Batch, type Change } from '../registers/replica.js';
import { commit, remove, write } from './applying.js';
import { keyOfLease } from './keys.js';
import type { Received } from './messages.js';
import { findForbiddenKey } from './registering.js';
import { keyValueOf, reply, type CoordinatorContext, type CoordinatorState } from './state.js';

const OPERATIONS_MAX = 1024;
const ANSWERS_KEPT = 1024;

type Failure = Extract<CoordinatorAnswer, { type: 'failed' }>;

/** Compares with the local replica and acts on it; what other replicas hold by then is not asked. */
export function onTxn(context: CoordinatorContext, state: CoordinatorState, txn: Received<'txn'>): Change[] {
  const { requestId } = txn;
  if (answerAgain(context, state, requestId, 'txn-done')) return [];
  const fault = findFault(state, txn);
  if (fault !== undefined) {
    reply(context, fault);
    return [];
  }
  const succeeded = txn.compare.every((compare) => holds(state, compare));
  const operations = succeeded ? txn.then : txn.else;
  const lost = findLostLease(state, requestId, operations);
  if (lost !== undefined) {
    reply(context, lost);
    return [];
  }
  const batch = beginBatch(state.replica, context.wallMs());
  const results = operations.map((operation) => perform(context, state, batch, operation));
  const changes = commit(context, state, batch);
  answerOnce(context, state, requestId, {
    type: 'txn-done',
    requestId,
    succeeded,
    revision: state.replica.revision,
    results,
  });
  return changes;
}

/** Answers a request that was answered in this life of the node, or that has no id of its own; false where it is neither, and is to be carried out. */
export function answerAgain(
  context: CoordinatorContext,
  state: CoordinatorState,
  requestId: string,
  type: 'txn-done' | 'lease-granted',
): boolean {
  const known = state.answered.get(requestId);
  if (requestId !== '' && known === undefined) return false;
  const detail =
    requestId === ''
      ? 'requestId is empty; give each request an id of its own'
      : `requestId "${requestId}" was another kind of request before; give each request an id of its own`;
  reply(context, known?.type === type ? known : { type: 'failed', requestId, error: 'invalid', detail });
  return true;
}

/** Answers, and keeps the answer for a repetition of the request in this life of the node. */
export function answerOnce(
  context: CoordinatorContext,
  state: CoordinatorState,
  requestId: string,
  answer: CoordinatorAnswer,
): void {
  state.answered.set(requestId, answer);
  const oldest = state.answered.keys().next();
  if (state.answered.size > ANSWERS_KEPT && oldest.done !== true) state.answered.delete(oldest.value);
  reply(context, answer);
}

export function onRead(context: CoordinatorContext, state: CoordinatorState, { operations }: Received<'read'>): void {
  const isChanging = operations.some(({ kind }) => kind !== 'get' && kind !== 'range');
  if (isChanging || operations.length > OPERATIONS_MAX) {
    const detail = isChanging
      ? 'operations: a read takes only get and range; changes go into a txn'
      : `operations: ${operations.length}, more than ${OPERATIONS_MAX}`;
    reply(context, { type: 'failed', requestId: '', error: 'invalid', detail });
    return;
  }
  const unknown = findUnknownFeature(operations);
  if (unknown !== undefined) {
    reply(context, { type: 'failed', requestId: '', error: 'invalid', detail: unknown });
    return;
  }
  const results = operations.map((operation) => look(state, operation));
  reply(context, { type: 'read-done', revision: state.replica.revision, results });
}

function findFault(
  state: CoordinatorState,
  { requestId, compare, then, else: otherwise }: Received<'txn'>,
): Failure | undefined {
  const invalid = (detail: string): Failure => ({ type: 'failed', requestId, error: 'invalid', detail });
  if (compare.length + then.length + otherwise.length > OPERATIONS_MAX) {
    return invalid(`txn: more than ${OPERATIONS_MAX} compares and operations; split it`);
  }
  const unknown = findUnknownFeature([...compare, ...then, ...otherwise]);
  if (unknown !== undefined) return invalid(unknown);
  for (const operation of [...then, ...otherwise]) {
    const fault = findOperationFault(state, operation);
    if (fault !== undefined) return invalid(fault);
  }
  const duplicate = findDuplicateKey('then', then) ?? findDuplicateKey('else', otherwise);
  return duplicate === undefined ? undefined : invalid(duplicate);
}

/** Replicas that merge key by key have one version of each and no revisions in common. */
function findUnknownFeature(asked: readonly (Operation | Compare)[]): string | undefined {
  for (const one of asked) {
    const field = findMultiVersionField(one);
    if (field !== undefined)
      return `${field}: only a multi-version store has this; leave it out, or use "raft" or "lease"`;
  }
  return undefined;
}

function findOperationFault(state: CoordinatorState, operation: Operation): string | undefined {
  if (operation.kind === 'get' || operation.kind === 'range' || operation.kind === 'txn') return undefined;
  const key = operation.kind === 'delete-prefix' ? operation.prefix : operation.key;
  const forbidden = findForbiddenKey(state.options, key) ?? findSiblingsUnder(state, operation);
  if (forbidden !== undefined) return `key "${key.slice(0, 100)}": ${forbidden}`;
  if (operation.kind !== 'put') return undefined;
  const refusal = findRefusal(state, { key, counter: 0, value: operation.value });
  return refusal === undefined ? undefined : `key "${key.slice(0, 100)}": ${refusal}`;
}

/** A deletion of a prefix must not reach registers that keep siblings. */
function findSiblingsUnder({ options }: CoordinatorState, operation: Operation): string | undefined {
  if (operation.kind !== 'delete-prefix') return undefined;
  const reached = options.siblingPrefixes.find((kept) => kept.startsWith(operation.prefix));
  return reached === undefined
    ? undefined
    : `keys that begin with ${reached} keep siblings; delete those with siblings-delete`;
}

/** A key can only be attached to a lease that this replica knows to be held. */
function findLostLease(
  state: CoordinatorState,
  requestId: string,
  operations: readonly Operation[],
): Failure | undefined {
  for (const operation of operations) {
    if (operation.kind !== 'put' || operation.leaseId === '') continue;
    if (liveAt(state.replica, keyOfLease(operation.leaseId)) !== undefined) continue;
    const detail = `lease ${operation.leaseId} has ended or is not known at ${state.node}; grant another`;
    return { type: 'failed', requestId, error: 'lease-not-found', detail };
  }
  return undefined;
}

function perform(
  context: CoordinatorContext,
  state: CoordinatorState,
  batch: Batch,
  operation: Operation,
): OperationResult {
  switch (operation.kind) {
    case 'put':
      write(context, state, batch, operation);
      return { kind: 'put' };
    case 'delete':
      return { kind: 'delete', deleted: remove(context, state, batch, operation.key) };
    case 'delete-prefix': {
      const keys = visible(state, operation.prefix).map(({ key }) => key);
      for (const key of keys) remove(context, state, batch, key);
      return { kind: 'delete', deleted: keys.length };
    }
    default:
      return look(state, operation);
  }
}

function look(state: CoordinatorState, operation: Operation): OperationResult {
  if (operation.kind === 'get') {
    const held = liveAt(state.replica, operation.key);
    return { kind: 'get', found: held === undefined ? null : keyValueOf(held) };
  }
  assert(operation.kind === 'range', 'only get and range look without changing');
  const found = visible(state, operation.prefix);
  const more = operation.limit > 0 && found.length > operation.limit;
  return { kind: 'range', found: more ? found.slice(0, operation.limit) : found, more };
}

/** Live keys under a prefix; the coordinator's own only where the prefix asks for them. */
function visible(state: CoordinatorState, prefix: string): ReturnType<typeof keyValueOf>[] {
  const seesOwn = prefix.startsWith(OWN_PREFIX);
  const found = liveWithPrefix(state.replica, prefix).map(keyValueOf);
  return seesOwn ? found : found.filter(({ key }) => !key.startsWith(OWN_PREFIX));
}

/** Revisions are those of this replica, so a compare made with what was read here holds if nothing changed here since. */
function holds(state: CoordinatorState, { key, target, operator, operand }: Compare): boolean {
  const held = liveAt(state.replica, key);
  switch (target) {
    case 'create':
      return relates(held?.createRevision ?? 0, operator, operand);
    case 'mod':
      return relates(held?.modRevision ?? 0, operator, operand);
    case 'version':
      return relates(held?.register.changes ?? 0, operator, operand);
    case 'lease':
      return relates(held?.register.leaseId ?? '', operator, operand);
    case 'value':
      // As in etcd: no compare of the value of an absent key holds.
      return held !== undefined && relates(held.register.value, operator, operand);
  }
}

function relates(actual: Plain, operator: Compare['operator'], operand: Plain): boolean {
  if (operator === '=') return plainEqual(actual, operand);
  if (operator === '!=') return !plainEqual(actual, operand);
  const areNumbers = typeof actual === 'number' && typeof operand === 'number';
  const areTexts = typeof actual === 'string' && typeof operand === 'string';
  if (!areNumbers && !areTexts) return false;
  return operator === '<' ? actual < operand : actual > operand;
}
