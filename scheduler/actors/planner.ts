import { actor, type Actor } from '../../runtime/actor.js';
import type { Plain } from '../../runtime/data.js';
import { observed } from '../observations.js';
import { forgetRequests, tellCoordinator, type Settled } from '../store/client.js';
import { KEYS } from '../store/keys.js';
import { closeMirror, openMirror } from '../store/mirror.js';
import { storeHandlers, storeTimedOut, type StoreEvent } from '../store/routing.js';
import { askForTime, clusterMs } from './cluster-time-user.js';
import type { SchedulerOptions } from './options.js';
import { reapAll, reapSettled, type ReapPurpose } from './planner-reaper.js';
import { pruneFound, pruneOld } from './planner-retention.js';
import {
  MIRRORS,
  newPlannerState,
  plannerMessages,
  type Mandate,
  type PlannerContext,
  type PlannerMessage,
  type PlannerState,
} from './planner-state.js';
import { forgetSchedule, planAll, planDone, planLost, planUnknown, wakeIn, type PlanPurpose } from './planner-ticks.js';

/**
 * The planner: runs on every node and acts on the one that won the election. It gives every tick of every schedule its outcome
 * and takes executions from workers that are gone. It assigns nothing: workers claim. All it knows is in the store; every
 * transaction carries the guard of its election, so one that was deposed, or slept through its successor, changes nothing.
 */
export const planner: Actor<PlannerState, PlannerMessage, SchedulerOptions & Plain> = actor(plannerMessages, {
  init: (options: SchedulerOptions & Plain): PlannerState => newPlannerState(options),
  start(context, state) {
    askForTime(context);
    campaign(context, state);
    reapAll(context, state);
    context.setTimer('prune', state.options.pruneEveryMs, { type: 'prune-now' });
  },
  on: {
    ...storeHandlers<PlannerState, PlannerContext>(onStore),
    elected(context, state, { election, token, guard }) {
      if (election !== KEYS.plannerElection || state.mandate?.token === token) return;
      if (state.mandate !== null) abdicate(context, state, state.mandate);
      takeOver(context, state, { token, guard, sinceMs: clusterMs(context, state) });
    },
    deposed(context, state, { election, token }) {
      if (election !== KEYS.plannerElection || state.mandate === null || state.mandate.token > token) return;
      abdicate(context, state, state.mandate);
      campaign(context, state);
    },
    'cluster-time'(context, state, { epochMs }) {
      state.epochMs = epochMs;
      planAll(context, state);
    },
    'plan-now'(context, state) {
      if (state.mandate !== null && context.faultPoint('planner.resign-early')) resign(context, state, state.mandate);
      planAll(context, state);
    },
    'reap-now': reapAll,
    'campaign-now': campaign,
    'prune-now': pruneOld,
  },
  signals: {
    askTimedOut: (context, state, question) => storeTimedOut(context, state, question, onStore),
    stopping(context, state) {
      if (state.mandate === null) return;
      tellCoordinator(context, { type: 'resign', election: KEYS.plannerElection, token: state.mandate.token });
    },
  },
});

/** Stands for election, and again from time to time as long as it is not won: a candidacy may get lost. */
function campaign(context: PlannerContext, state: PlannerState): void {
  if (state.mandate !== null) return;
  tellCoordinator(context, { type: 'campaign', election: KEYS.plannerElection, candidate: context.node });
  context.setTimer('campaign', state.options.campaignEveryMs, { type: 'campaign-now' });
}

/** Begins with nothing but what the store holds. */
function takeOver(context: PlannerContext, state: PlannerState, mandate: Mandate): void {
  state.mandate = mandate;
  context.cancelTimer('campaign');
  context.observe(observed.plannerActive(mandate.token));
  openMirror(context, state.store, MIRRORS.schedules, KEYS.schedules);
  openMirror(context, state.store, MIRRORS.open, KEYS.openExecutions);
  openMirror(context, state.store, MIRRORS.claims, KEYS.claims);
}

/** Gives the office back, and stands for it anew. */
function resign(context: PlannerContext, state: PlannerState, mandate: Mandate): void {
  tellCoordinator(context, { type: 'resign', election: KEYS.plannerElection, token: mandate.token });
  abdicate(context, state, mandate);
  campaign(context, state);
}

function abdicate(context: PlannerContext, state: PlannerState, mandate: Mandate): void {
  state.mandate = null;
  context.observe(observed.plannerInactive(mandate.token));
  forgetRequests(context, state.store);
  for (const name of Object.values(MIRRORS)) closeMirror(context, state.store, name);
  context.cancelTimer('plan');
  state.plannings.clear();
  state.orphans.clear();
  state.reaping.clear();
}

function onStore(context: PlannerContext, state: PlannerState, event: StoreEvent): void {
  if (state.mandate === null) return;
  if (event.kind === 'settled') return onSettled(context, state, state.mandate, event.settled);
  for (const { key, after } of event.changes) {
    if (event.mirror === MIRRORS.schedules && after === undefined) forgetSchedule(state, key);
  }
  if (event.mirror === MIRRORS.schedules) wakeIn(context, 1);
}

type Purpose = PlanPurpose | ReapPurpose | { readonly kind: 'prune-read' | 'prune' };

function onSettled(context: PlannerContext, state: PlannerState, mandate: Mandate, settled: Settled): void {
  const purpose = settled.purpose as unknown as Purpose;
  switch (purpose.kind) {
    case 'plan': {
      if (settled.kind === 'done') return planDone(context, state, mandate, purpose, settled.revision);
      if (settled.kind === 'failed') return planUnknown(context, state, purpose);
      if (!planLost(context, state, mandate, purpose, settled.results)) return;
      return resign(context, state, mandate);
    }
    case 'reap': {
      const doneRevision = settled.kind === 'done' ? settled.revision : undefined;
      return reapSettled(context, state, mandate, purpose, doneRevision);
    }
    case 'prune-read':
      if (settled.kind === 'done') pruneFound(context, state, mandate, settled.results);
      return;
    case 'prune':
      return;
  }
}
