import { actor, type Actor } from '../../runtime/actor.js';
import type { Context } from '../../runtime/context.js';
import type { Plain } from '../../runtime/data.js';
import { combineMessages, messages, type MessageOf } from '../../runtime/schema.js';
import { coordinatorAnswers, type KeyValue } from '../../protocols/coordinator/index.js';
import { observed } from '../observations.js';
import { settledRanges, ticksIn, type SettledRange } from '../planning/audit.js';
import { newStoreClient, storeTimers, type StoreClient } from '../store/client.js';
import { KEYS, tickKey } from '../store/keys.js';
import { entriesOf, openMirror, type Change } from '../store/mirror.js';
import { cursorType, decode, executionType, tickType, type AttemptOutcome, type Cursor } from '../store/records.js';
import { storeHandlers, storeTimedOut, type StoreEvent } from '../store/routing.js';
import { askForTime, clusterMs, timeNews, type KnowsTime } from './cluster-time-user.js';
import type { SchedulerOptions } from './options.js';

export const auditorMessages = combineMessages(
  'auditor',
  combineMessages(
    'auditor',
    combineMessages('auditor', messages('auditor', { 'audit-now': {} }), timeNews),
    storeTimers,
  ),
  coordinatorAnswers,
);
export type AuditorMessage = MessageOf<typeof auditorMessages>;
type AuditorContext = Context<AuditorMessage>;

interface TickIdentity {
  readonly taskId: string;
  readonly generation: number;
  readonly nominalMs: number;
}

/** A tick that the calendar has and that has not been seen in the ledger. */
interface MissingTick extends TickIdentity {
  /** Monotonic. */
  readonly sinceMs: number;
  isTold: boolean;
}

export interface AuditorState extends KnowsTime {
  readonly options: SchedulerOptions;
  readonly store: StoreClient;
  readonly missing: Map<string, MissingTick>;
  /** Ticks by schedule that were recorded after its cursor was last looked at. */
  readonly recorded: Map<string, Map<string, TickIdentity>>;
  /** Schedules whose cursor has moved since the last audit was told. */
  readonly moved: Map<string, { readonly generation: number; readonly throughMs: number }>;
}

/** Most changes told of one reading: after a restart the recent past is told again, not all of it. */
const CHANGES_TOLD = 2_000;
/** Most ticks looked for at one move of a cursor. */
const TICKS_AUDITED = 1_000;
const MIRROR = 'all';
/** It mirrors everything, so a reading costs much. */
const RESYNC_MS = 60_000;

/**
 * Tells what the store came to hold, and audits it: whenever a cursor moves, every tick that the calendar has up to it must be in
 * the ledger. It only reads; each node has one, so the facts survive whoever made them.
 */
export const auditor: Actor<AuditorState, AuditorMessage, SchedulerOptions & Plain> = actor(auditorMessages, {
  init: (options: SchedulerOptions & Plain): AuditorState => ({
    options,
    store: newStoreClient(options.store),
    epochMs: null,
    missing: new Map(),
    recorded: new Map(),
    moved: new Map(),
  }),
  start(context, state) {
    askForTime(context);
    openMirror(context, state.store, MIRROR, KEYS.all, RESYNC_MS);
    context.setTimer('audit', state.options.auditEveryMs, { type: 'audit-now' });
  },
  on: {
    ...storeHandlers<AuditorState, AuditorContext>(onStore),
    'cluster-time'(_context, state, { epochMs }) {
      state.epochMs = epochMs;
    },
    'audit-now': auditNow,
  },
  signals: {
    askTimedOut: (context, state, question) => storeTimedOut(context, state, question, onStore),
  },
});

function onStore(context: AuditorContext, state: AuditorState, event: StoreEvent): void {
  if (event.kind !== 'changed') return;
  for (const change of event.changes.slice(-CHANGES_TOLD)) tellChange(context, state, change);
}

function tellChange(context: AuditorContext, state: AuditorState, { key, before, after }: Change): void {
  if (after === undefined) return;
  if (key.startsWith(KEYS.schedules)) tellSchedule(context, state, before, after);
  else if (key.startsWith(KEYS.ticks)) tellTick(context, state, after);
  else if (key.startsWith(KEYS.openExecutions) || key.startsWith(KEYS.doneExecutions)) tellExecution(context, after);
}

function tellSchedule(
  context: AuditorContext,
  state: AuditorState,
  before: KeyValue | undefined,
  after: KeyValue,
): void {
  const cursor = decode(cursorType, after)?.value;
  if (cursor === undefined) return context.observe(observed.recordDamaged(after.key));
  const { task, generation, startMs, throughMs } = cursor;
  context.observe(observed.scheduleChanged(task.id, generation, startMs, throughMs, after.modRevision));
  state.moved.set(task.id, { generation, throughMs });
  const earlier = before === undefined ? undefined : decode(cursorType, before)?.value;
  expectTicks(context, state, earlier, cursor);
}

function expectTicks(context: AuditorContext, state: AuditorState, before: Cursor | undefined, after: Cursor): void {
  const ledger = entriesOf(state.store, MIRROR);
  const taskId = after.task.id;
  const oldestMs = clusterMs(context, state) - Math.floor(state.options.retentionMs / 2);
  for (const range of settledRanges(before, after, oldestMs)) {
    const { generation } = range;
    const expected = ticksIn(context.calendar, range, TICKS_AUDITED);
    for (const nominalMs of expected) {
      const key = tickKey(taskId, nominalMs, generation);
      state.recorded.get(taskId)?.delete(key);
      if (ledger.has(key)) continue;
      state.missing.set(key, { taskId, generation, nominalMs, sinceMs: context.nowMs(), isTold: false });
    }
    const isWhole = expected.length < TICKS_AUDITED;
    tellUnknown(context, state, taskId, isWhole ? range : { ...range, throughMs: expected.at(-1) ?? range.afterMs });
  }
}

function tellTick(context: AuditorContext, state: AuditorState, after: KeyValue): void {
  state.missing.delete(after.key);
  const tick = decode(tickType, after)?.value;
  if (tick === undefined) return context.observe(observed.recordDamaged(after.key));
  const { taskId, nominalMs, generation, outcome, executionId, plannerToken } = tick;
  const { version, modRevision: revision } = after;
  const fields = { taskId, nominalMs, generation, outcome, executionId, plannerToken, version, revision };
  context.observe(observed.tickRecorded(fields));
  const recorded = state.recorded.get(taskId) ?? new Map<string, TickIdentity>();
  state.recorded.set(taskId, recorded.set(after.key, { taskId, generation, nominalMs }));
}

function tellExecution(context: AuditorContext, after: KeyValue): void {
  const execution = decode(executionType, after)?.value;
  if (execution === undefined) return context.observe(observed.recordDamaged(after.key));
  const { executionId, task, state, attempt, nominalMs, generation, notBeforeMs, history } = execution;
  const { version, modRevision: revision } = after;
  const token = state === 'RUNNING' ? revision : 0;
  const outcome: AttemptOutcome | '' = history.at(-1)?.outcome ?? '';
  const taskId = task.id;
  const fields = {
    executionId,
    taskId,
    state,
    attempt,
    token,
    revision,
    version,
    outcome,
    nominalMs,
    generation,
    notBeforeMs,
  };
  context.observe(observed.executionChanged(fields));
}

/**
 * What the calendar has was crossed out; a tick that is left over in the range is one that the calendar does not have. What
 * lies before the range was told after its cursor, by a reading instead of a watch, and is let go.
 */
function tellUnknown(context: AuditorContext, state: AuditorState, taskId: string, range: SettledRange): void {
  const recorded = state.recorded.get(taskId) ?? new Map<string, TickIdentity>();
  for (const [key, { generation, nominalMs }] of recorded) {
    if (generation !== range.generation || nominalMs > range.throughMs) continue;
    recorded.delete(key);
    if (nominalMs > range.afterMs) context.observe(observed.tickUnknown(taskId, generation, nominalMs));
  }
}

/** Tells what is still missing after its grace, once for each tick, and how far every schedule has been audited. */
function auditNow(context: AuditorContext, state: AuditorState): void {
  context.setTimer('audit', state.options.auditEveryMs, { type: 'audit-now' });
  const unaccounted = new Map<string, number>();
  for (const tick of state.missing.values()) {
    if (context.nowMs() - tick.sinceMs < state.options.auditGraceMs) continue;
    unaccounted.set(tick.taskId, (unaccounted.get(tick.taskId) ?? 0) + 1);
    if (tick.isTold) continue;
    tick.isTold = true;
    context.observe(observed.tickUnaccounted(tick.taskId, tick.generation, tick.nominalMs));
  }
  for (const [taskId, { generation, throughMs }] of state.moved) {
    context.observe(observed.ticksAudited(taskId, generation, throughMs, unaccounted.get(taskId) ?? 0));
  }
  state.moved.clear();
}
