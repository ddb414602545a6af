import { actor } from '../../../runtime/actor.js';
import { addressOf } from '../../../runtime/address.js';
import { MEMBERSHIP_ACTOR } from '../membership/speaking.js';
import {
  observeRecovered,
  onRegisters,
  onRegisterSyncDue,
  onSpreadDue,
  onSyncDigest,
  onSyncFetch,
  onSyncRegisters,
  onSyncRequest,
} from '../registers/exchange.js';
import { beginLife } from '../registers/freshness.js';
import type { Change } from '../registers/replica.js';
import { noteRecoveredTombstones, onRegisterTombstonesDue } from '../registers/tombstones.js';
import { publish } from './applying.js';
import {
  concernsElections,
  disownCandidacies,
  endFormerCandidacies,
  onCampaign,
  onElectionDue,
  onResign,
  reviewElections,
  withdrawClient,
} from './electing.js';
import {
  onLeaseDue,
  onLeaseGrant,
  onLeaseKeepAlive,
  onLeaseRevoke,
  resumeLeases,
  reviewChangedLeases,
  reviewLeases,
} from './leasing.js';
import { gossipCoordinatorMessages, type GossipCoordinatorMessage, type Received } from './messages.js';
import { onRegisterDelete, onRegisterGet, onRegisterPut } from './registering.js';
import {
  adoptView,
  newCoordinator,
  type CoordinatorContext,
  type CoordinatorParams,
  type CoordinatorState,
} from './state.js';
import { onSiblingsDelete, onSiblingsGet, onSiblingsPut } from './sibling-registering.js';
import { onRead, onTxn } from './transacting.js';
import { forgetClient, onUnwatch, onWatch, onWatchMembers, tellMembers } from './watching.js';

type Handler<M extends GossipCoordinatorMessage, R> = (
  context: CoordinatorContext,
  state: CoordinatorState,
  message: M,
) => R;

/** What follows from changed registers: leases run or end, offices are taken or lost. */
function settle(context: CoordinatorContext, state: CoordinatorState, changes: readonly Change[]): void {
  reviewChangedLeases(context, state, changes);
  if (!concernsElections(changes)) return;
  disownCandidacies(context, state, changes);
  reviewElections(context, state);
}

/** A handler that may change registers. */
function changing<M extends GossipCoordinatorMessage>(handle: Handler<M, Change[]>): Handler<M, void> {
  return (context, state, message) => settle(context, state, handle(context, state, message));
}

/** Timers are the actor's own; whoever else sends such a message is not heard. */
function fromSelf<M extends GossipCoordinatorMessage>(handle: Handler<M, void>): Handler<M, void> {
  return (context, state, message) => {
    if (context.sender === context.self) handle(context, state, message);
  };
}

function onView(context: CoordinatorContext, state: CoordinatorState, view: Received<'view'>): void {
  if (context.sender !== addressOf(state.node, MEMBERSHIP_ACTOR)) return;
  adoptView(state, view);
  for (const watcher of state.memberWatchers) tellMembers(context, state, watcher);
  reviewLeases(context, state);
  reviewElections(context, state);
}

/**
 * The coordinator of a member over versioned registers: each verb acts on the local replica at once, and replicas converge by gossip. It never waits for
 * another node, so it serves on both sides of a partition; what that costs is in its guarantees.
 */
export const gossipCoordinatorActor = actor(gossipCoordinatorMessages, {
  init: (params: CoordinatorParams): CoordinatorState => newCoordinator(params, new Map()),
  recover: (durable, params) => newCoordinator(params, durable.cells),
  start(context, state) {
    const membership = addressOf(context.node, MEMBERSHIP_ACTOR);
    context.send(membership, { type: 'subscribe' });
    beginLife(context, state.freshness);
    observeRecovered(context, state);
    noteRecoveredTombstones(context, state);
    settle(context, state, endFormerCandidacies(context, state));
    resumeLeases(context, state);
    // Replicas that start together must not ask in step.
    const delayMs = context.random('phase').between(1, state.options.registerSyncIntervalMs);
    context.setTimer('register-sync', delayMs, { type: 'register-sync-due' });
  },
  on: {
    txn: changing(onTxn),
    read: onRead,
    watch: onWatch,
    unwatch: onUnwatch,
    'watch-members': onWatchMembers,
    'lease-grant': changing(onLeaseGrant),
    'lease-keep-alive': onLeaseKeepAlive,
    'lease-revoke': changing(onLeaseRevoke),
    campaign: changing(onCampaign),
    resign: changing(onResign),
    'register-get': onRegisterGet,
    'register-put': changing(onRegisterPut),
    'register-delete': changing(onRegisterDelete),
    'siblings-get': onSiblingsGet,
    'siblings-put': changing(onSiblingsPut),
    'siblings-delete': changing(onSiblingsDelete),
    view: onView,
    registers: changing((context, state, message) => publish(context, state, onRegisters(context, state, message))),
    'sync-request': onSyncRequest,
    'sync-digest': onSyncDigest,
    'sync-fetch': onSyncFetch,
    'sync-registers': changing((context, state, message) =>
      publish(context, state, onSyncRegisters(context, state, message)),
    ),
    'spread-due': fromSelf(onSpreadDue),
    'register-sync-due': fromSelf(onRegisterSyncDue),
    'register-tombstones-due': fromSelf(onRegisterTombstonesDue),
    'lease-due': fromSelf(changing(onLeaseDue)),
    'election-due': fromSelf(changing(onElectionDue)),
  },
  signals: {
    terminated(context, state, client) {
      forgetClient(state, client);
      settle(context, state, withdrawClient(context, state, client));
    },
  },
});
