import type { KeyValue, Operation, OperationResult } from '../../protocols/coordinator/index.js';
import { readStore, transact } from '../store/client.js';
import { KEYS } from '../store/keys.js';
import { decode, executionType, tickType } from '../store/records.js';
import { clusterMs } from './cluster-time-user.js';
import { isReady, type Mandate, type PlannerContext, type PlannerState } from './planner-state.js';

/** Records looked at, and at most deleted, in one go. */
const BATCH = 100;

/** Looks for done executions and ticks that have been kept long enough. */
export function pruneOld(context: PlannerContext, state: PlannerState): void {
  context.setTimer('prune', state.options.pruneEveryMs, { type: 'prune-now' });
  if (!isReady(state)) return;
  const operations: Operation[] = [
    { kind: 'range', prefix: KEYS.doneExecutions, limit: 0 },
    { kind: 'range', prefix: KEYS.ticks, limit: 0 },
  ];
  readStore(context, state.store, operations, { kind: 'prune-read' });
}

export function pruneFound(
  context: PlannerContext,
  state: PlannerState,
  mandate: Mandate,
  results: readonly OperationResult[],
): void {
  const oldestMs = clusterMs(context, state) - state.options.retentionMs;
  const old: string[] = [];
  for (const entry of results.flatMap((result) => (result.kind === 'range' ? result.found : []))) {
    if (old.length < BATCH && endedMsOf(entry) < oldestMs) old.push(entry.key);
  }
  if (old.length === 0) return;
  const deletions = old.map((key): Operation => ({ kind: 'delete', key }));
  transact(context, state.store, { compare: [mandate.guard], then: deletions, else: [] }, { kind: 'prune' });
}

/** When the record was closed; one that cannot be read is kept. */
function endedMsOf(entry: KeyValue): number {
  const execution = decode(executionType, entry);
  if (execution !== undefined) return execution.value.finishedMs;
  return decode(tickType, entry)?.value.recordedMs ?? Number.MAX_SAFE_INTEGER;
}
