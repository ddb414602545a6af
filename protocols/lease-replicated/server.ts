import { actor, type Actor } from '../../runtime/actor.js';
import type { Plain } from '../../runtime/data.js';
import { forgetIdleSessions, takeNext, type Outcome } from '../lease/index.js';
import { takeNotice, takeSummary } from './applying.js';
import { answer, purposeOf, raftAddress, sendElsewhere } from './asking.js';
import { afterKeepAlive, onKeepAlive } from './keep-alive.js';
import type { QueryAnswer, StoreNotice, StoreSummary } from './machine.js';
import {
  awaitPromotion,
  checkpointRings,
  deadlineRings,
  demote,
  endAgain,
  endingFailed,
  noteSettled,
  promote,
  promotionFailed,
} from './primary.js';
import {
  afterExecute,
  afterPresent,
  afterTimeToLive,
  executeFailed,
  onExecute,
  onLeases,
  onRead,
  onTimeToLive,
  onWatch,
} from './requests.js';
import { serverMessages, type ServerMessage, type ServerMessageOf } from './server-messages.js';
import {
  newReplicaServer,
  replicaDefaults,
  type Purpose,
  type ReplicaContext,
  type ReplicaOptions,
  type ReplicaServer,
} from './state.js';

/**
 * A server of a lease store replicated by Raft, beside the raft actor of its node: it answers what the store on one node answers. Changes are
 * entries that the leader proposes; reads wait until a quorum has confirmed the leader; watches are served from what the own replica has
 * applied. It has no durable state.
 */
export const replicatedLeaseServer: Actor<ReplicaServer, ServerMessage, Plain> = actor(serverMessages, {
  init: (params: Plain) => newReplicaServer({ ...replicaDefaults, ...(params as unknown as ReplicaOptions) }),
  recover: (_durable, params: Plain) =>
    newReplicaServer({ ...replicaDefaults, ...(params as unknown as ReplicaOptions) }),
  start: (context) => context.send(raftAddress(context), { type: 'subscribe' }),
  on: {
    'store-execute': onExecute,
    'store-read': onRead,
    'store-keep-alive': onKeepAlive,
    'store-time-to-live': onTimeToLive,
    'store-leases': onLeases,
    'store-watch': onWatch,
    'store-watch-next': (context, server, message) => takeNext(context, server, message),
    'raft-status': onStatus,
    'raft-applied'(context, server, { index, notices }) {
      for (const notice of notices) takeNotice(context, server, notice as unknown as StoreNotice);
      server.applied = index;
    },
    'raft-restored'(context, server, { index, summary }) {
      takeSummary(context, server, index, summary as unknown as StoreSummary);
      server.applied = index;
    },
    proposed: onProposed,
    'propose-failed'(context, server, { error, detail }) {
      const purpose = purposeOf(context.answerTag);
      if (purpose !== undefined) onFailure(context, server, purpose, error, detail);
    },
    'read-done': onReadDone,
    'read-failed'(context, server, { error, detail }) {
      const purpose = purposeOf(context.answerTag);
      if (purpose !== undefined) onFailure(context, server, purpose, error, detail);
    },
    'leases-due': deadlineRings,
    'checkpoint-due': checkpointRings,
    'promotion-due'(context, server) {
      if (server.office === 'awaiting') awaitPromotion(context, server);
    },
    'expiry-again': endAgain,
    'sessions-due': (context, server) => forgetIdleSessions(context, server),
  },
  signals: {
    askTimedOut(context, server, question) {
      const purpose = purposeOf(question.tag);
      if (purpose !== undefined) onFailure(context, server, purpose, 'unknown', 'raft did not answer in time');
    },
  },
});

/** Raft's role, term or leader have changed. */
function onStatus(context: ReplicaContext, server: ReplicaServer, status: ServerMessageOf<'raft-status'>): void {
  const { role, term, leader } = status;
  if (server.office !== 'none' && (role !== 'leader' || term !== server.term)) demote(context, server);
  Object.assign(server, { role, term, leader });
  if (role === 'leader' && server.office === 'none') awaitPromotion(context, server);
}

function onProposed(context: ReplicaContext, server: ReplicaServer, message: ServerMessageOf<'proposed'>): void {
  const purpose = purposeOf(context.answerTag);
  switch (purpose?.for) {
    case 'execute':
      return afterExecute(context, purpose, message.index, message.result as unknown as Outcome);
    case 'keep-alive':
      return afterKeepAlive(context, server, purpose, true);
    case 'note':
      return noteSettled(server, purpose.leaseIds, purpose.term);
    default:
      // The end of a lease is told by its notice.
      return;
  }
}

function onReadDone(context: ReplicaContext, server: ReplicaServer, message: ServerMessageOf<'read-done'>): void {
  const purpose = purposeOf(context.answerTag);
  const found = message.result as unknown as QueryAnswer;
  switch (purpose?.for) {
    case 'read': {
      if (found.kind !== 'read') return;
      const { revision, results } = found;
      return answer(context, purpose.replyTo, { type: 'store-read-done', readId: purpose.readId, revision, results });
    }
    case 'leases': {
      if (found.kind !== 'leases') return;
      const { leases, more } = found;
      return answer(context, purpose.replyTo, { type: 'store-leases-listed', readId: purpose.readId, leases, more });
    }
    case 'time-to-live':
      return afterTimeToLive(context, server, purpose, found);
    case 'keep-alive':
      return afterKeepAlive(context, server, purpose, false);
    case 'promotion':
      return promote(context, server, purpose.term);
    case 'watch':
      return afterPresent(context, server, purpose, found.kind === 'revision' ? found.revision : undefined);
    default:
      return;
  }
}

function onFailure(
  context: ReplicaContext,
  server: ReplicaServer,
  purpose: Purpose,
  error: string,
  detail: string,
): void {
  switch (purpose.for) {
    case 'execute':
      return executeFailed(context, server, purpose, error, detail);
    case 'read':
    case 'leases':
    case 'time-to-live':
    case 'keep-alive':
      return sendElsewhere(context, server, purpose.replyTo);
    case 'promotion':
      return promotionFailed(context, server, purpose.term);
    case 'expiry':
      return endingFailed(context, server, purpose.leaseId, purpose.term);
    case 'note':
      // One whose fate is unknown may be applied at any time.
      return error === 'unknown' ? undefined : noteSettled(server, purpose.leaseIds, purpose.term);
    case 'watch':
      return afterPresent(context, server, purpose, undefined);
  }
}
