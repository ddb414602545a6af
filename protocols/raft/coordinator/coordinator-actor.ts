import { actor, type Actor, type Question } from '../../../runtime/actor.js';
import { defaultStoreLimits, findOperationsFault } from '../../lease/index.js';
import { answerClient, answerOf, failClient, propose, purposeOfAnswer, query } from './asking.js';
import {
  advanceElections,
  afterElect,
  afterResign,
  noteElections,
  onCampaign,
  onResign,
  onTakeoverDue,
  restoreElections,
  retryElect,
  withdrawEverywhere,
} from './elections.js';
import {
  keepLease,
  noteLeases,
  onKeepLease,
  onLeaseKeepAlive,
  onLeaseKeeping,
  onLeasesDue,
  refuseLease,
  restartLeases,
  restoreLeases,
  retryExpiry,
  stopLeases,
} from './leases.js';
import { leadView, onMemberView, onMemberViewDue, onWatchMembers, stopView } from './member-view.js';
import type { Outcome, StoreAnswer, StoreNotice, StoreSummary } from './replicated-store.js';
import {
  initialCoordinator,
  raftAddress,
  raftCoordinatorMessages,
  type CoordinatorMessage,
  type CoordinatorMessageOf,
  type CoordinatorParameters,
  type CoordinatorState,
  type CoordinatorTurn,
  type Purpose,
} from './state.js';
import { beginWatch, endWatchesOf, onUnwatch, onWatch, refuseWatch, restoreChanges, serveChange } from './watches.js';

/** Answers the requests of `protocols/coordinator` on a member, by the raft actor of the same node. It has no durable state. */
export const raftCoordinatorActor: Actor<CoordinatorState, CoordinatorMessage, CoordinatorParameters> = actor(
  raftCoordinatorMessages,
  {
    init: (parameters: CoordinatorParameters) => initialCoordinator(parameters),
    start: (context) => context.send(raftAddress(context), { type: 'subscribe' }),
    on: {
      txn: (context, state, message) => onTransaction({ context, state }, message),
      read: (context, state, message) => onRead({ context, state }, message),
      watch: (context, state, message) => onWatch({ context, state }, message),
      unwatch: (context, state, message) => onUnwatch({ context, state }, message),
      'lease-grant': (context, state, message) => onLeaseGrant({ context, state }, message),
      'lease-keep-alive': (context, state, message) => onLeaseKeepAlive({ context, state }, message),
      'lease-revoke': (context, state, message) => onLeaseRevoke({ context, state }, message),
      campaign: (context, state, message) => onCampaign({ context, state }, message),
      resign: (context, state, message) => onResign({ context, state }, message),
      'watch-members': (context, state) => onWatchMembers({ context, state }),
      'keep-lease': (context, state, message) => onKeepLease({ context, state }, message),
      'lease-keeping'(context, state, message) {
        const purpose = purposeOfAnswer({ context, state });
        if (purpose?.for === 'keep-lease-elsewhere') onLeaseKeeping({ context, state }, purpose.replyTo, message);
      },
      'member-view'(context, state, message) {
        if (onMemberView({ context, state }, message)) advanceElections({ context, state });
      },
      'raft-status': (context, state, message) => onRaftStatus({ context, state }, message),
      'raft-applied': (context, state, message) => onRaftApplied({ context, state }, message),
      'raft-restored': (context, state, message) => onRaftRestored({ context, state }, message),
      proposed: (context, state, message) => onProposed({ context, state }, message),
      'propose-failed'(context, state, { error, detail }) {
        const turn = { context, state };
        const purpose = purposeOfAnswer(turn);
        if (purpose !== undefined) onFailure(turn, purpose, error, detail);
      },
      'read-done': (context, state, message) => onReadDone({ context, state }, message),
      'read-failed'(context, state, { error, detail }) {
        const turn = { context, state };
        const purpose = purposeOfAnswer(turn);
        if (purpose !== undefined) onFailure(turn, purpose, error, detail);
      },
      'leases-due': (context, state) => onLeasesDue({ context, state }),
      'member-view-due': (context, state) => onMemberViewDue({ context, state }),
      'takeover-due': (context, state, message) => onTakeoverDue({ context, state }, message),
    },
    signals: {
      askTimedOut: (context, state, question) => onTimedOut({ context, state }, question),
      terminated(context, state, ended) {
        state.memberViewers.delete(ended);
        endWatchesOf({ context, state }, ended);
        withdrawEverywhere({ context, state }, ended);
      },
    },
  },
);

function onTransaction(turn: CoordinatorTurn, message: CoordinatorMessageOf<'txn'>): void {
  const { requestId, compare, then, else: otherwise } = message;
  const purpose = { for: 'txn', replyTo: turn.context.replyTo(), requestId } as const;
  propose(turn, requestId, { kind: 'txn', requestId: '', compare, then, else: otherwise }, purpose);
}

function onRead(turn: CoordinatorTurn, { operations }: CoordinatorMessageOf<'read'>): void {
  const replyTo = turn.context.replyTo();
  const writes = operations.some((operation) => operation.kind !== 'get' && operation.kind !== 'range');
  const fault = writes
    ? 'operations: a read has only get and range; use a transaction for the rest'
    : findOperationsFault('operations', operations, defaultStoreLimits);
  if (fault !== undefined) return failClient(turn, replyTo, '', 'invalid', fault);
  query(turn, { kind: 'read', operations }, { for: 'read', replyTo });
}

function onLeaseGrant(turn: CoordinatorTurn, { requestId, ttlMs }: CoordinatorMessageOf<'lease-grant'>): void {
  const purpose = { for: 'lease-grant', replyTo: turn.context.replyTo(), requestId } as const;
  propose(turn, requestId, { kind: 'lease-grant', requestId: '', ttlMs }, purpose);
}

function onLeaseRevoke(turn: CoordinatorTurn, { requestId, leaseId }: CoordinatorMessageOf<'lease-revoke'>): void {
  const purpose = { for: 'lease-revoke', replyTo: turn.context.replyTo(), requestId } as const;
  propose(turn, requestId, { kind: 'lease-revoke', requestId: '', leaseId }, purpose);
}

/** Raft's role, term, leader or contacts have changed. */
function onRaftStatus(turn: CoordinatorTurn, message: CoordinatorMessageOf<'raft-status'>): void {
  const { state } = turn;
  const isNewLeadership = message.role === 'leader' && (state.role !== 'leader' || state.term !== message.term);
  const hasLostLeadership = message.role !== 'leader' && state.role === 'leader';
  state.role = message.role;
  state.term = message.term;
  state.leader = message.leader;
  if (isNewLeadership) restartLeases(turn);
  if (hasLostLeadership) {
    stopLeases(turn);
    stopView(turn);
  }
  if (message.role === 'leader') leadView(turn, message.inContact);
  advanceElections(turn);
}

function onRaftApplied(turn: CoordinatorTurn, message: CoordinatorMessageOf<'raft-applied'>): void {
  for (const plain of message.notices) {
    const notice = plain as unknown as StoreNotice;
    noteLeases(turn, notice);
    serveChange(turn, notice);
    noteElections(turn, notice.events);
  }
}

/** The replica came to where it is by a snapshot: what it holds takes the place of what notices would have told. */
function onRaftRestored(turn: CoordinatorTurn, message: CoordinatorMessageOf<'raft-restored'>): void {
  const summary = message.summary as unknown as StoreSummary;
  restoreLeases(turn, summary.leases);
  restoreChanges(turn, summary);
  restoreElections(turn, summary.elections);
}

function onProposed(turn: CoordinatorTurn, message: CoordinatorMessageOf<'proposed'>): void {
  const purpose = purposeOfAnswer(turn);
  const outcome = message.result as unknown as Outcome;
  switch (purpose?.for) {
    case 'txn':
    case 'lease-grant':
    case 'lease-revoke':
      return answerClient(turn, purpose.replyTo, answerOf(purpose.requestId, outcome));
    case 'campaign':
      return afterElect(turn, purpose.election, purpose.client, outcome);
    case 'resign':
      return afterResign(turn, purpose.election, purpose.replyTo);
    default:
      // An expired lease is told by its notice.
      return;
  }
}

function onReadDone(turn: CoordinatorTurn, message: CoordinatorMessageOf<'read-done'>): void {
  const purpose = purposeOfAnswer(turn);
  const answer = message.result as unknown as StoreAnswer;
  if (purpose?.for === 'keep-lease') {
    return keepLease(turn, purpose.replyTo, purpose.leaseId, 'ttlMs' in answer && answer.ttlMs > 0);
  }
  if (!('revision' in answer)) return;
  const { revision, results } = answer;
  if (purpose?.for === 'read') return answerClient(turn, purpose.replyTo, { type: 'read-done', revision, results });
  if (purpose?.for !== 'watch') return;
  const { replyTo, client, watchId, prefix } = purpose;
  beginWatch(turn, replyTo, client, watchId, prefix, revision + 1);
}

function onTimedOut(turn: CoordinatorTurn, question: Question): void {
  const purpose = question.tag as unknown as Purpose;
  onFailure(turn, purpose, 'unknown', `no answer from ${question.to} within ${turn.state.proposeTimeoutMs} ms`);
}

function onFailure(
  turn: CoordinatorTurn,
  purpose: Purpose,
  error: 'unavailable' | 'unknown' | 'invalid',
  detail: string,
): void {
  switch (purpose.for) {
    case 'txn':
    case 'lease-grant':
    case 'lease-revoke':
      return failClient(turn, purpose.replyTo, purpose.requestId, error, detail);
    case 'read':
      return failClient(turn, purpose.replyTo, '', 'unavailable', detail);
    case 'watch':
      return refuseWatch(turn, purpose.replyTo, purpose.watchId, 'unavailable');
    case 'keep-lease':
      return refuseLease(turn, purpose.replyTo, purpose.leaseId, 'unavailable');
    case 'keep-lease-elsewhere':
      return failClient(turn, purpose.replyTo, '', error, detail);
    case 'lease-expire':
      return retryExpiry(turn, purpose.leaseId);
    case 'campaign':
      return retryElect(turn, purpose.election);
    case 'resign':
      return failClient(turn, purpose.replyTo, '', error, detail);
  }
}
