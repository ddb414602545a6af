import { actor, type Actor } from '../../../runtime/actor.js';
import { addressOf, type NodeId } from '../../../runtime/address.js';
import type { Plain } from '../../../runtime/data.js';
import type { CoordinatorAnswer } from '../../coordinator/index.js';
import { LEASE_STORE_ACTOR, type StoreAnswer } from '../messages.js';
import { eventsOutOf, type Change } from '../store/index.js';
import {
  executeForClient,
  giveUp,
  keepAliveForClient,
  keepAliveId,
  readForClient,
  reportProgress,
  settleChange,
  settleKeepAlive,
  settleRead,
  unwatchForClient,
  watchForClient,
} from './client-requests.js';
import {
  campaign,
  refreshQueue,
  resign,
  settleCheck,
  settleEntry,
  settleRefresh,
  takeElectionEvents,
} from './elections.js';
import {
  observeAnew,
  observeElection,
  settleObservation,
  takeObservedEvents,
  unobserveElection,
} from './election-observers.js';
import { proclaim, readLeader, settleLeader, settleProclaim } from './leadership.js';
import { callRoll, settleRegistration, settleRollCall, takeMemberEvents, watchMembers } from './membership.js';
import { listLeases, readTimeToLive, settleLeaseReading, type LeaseReading } from './lease-requests.js';
import { memberOptions } from './options.js';
import { retryDue, sendAgain, takePending } from './requests.js';
import { followRedirection, leadingServer, noteAnswer, noteWatching, spreadWatches } from './servers.js';
import {
  beginSession,
  checkDeadline,
  deadlineRings,
  loseSession,
  sendKeepAlive,
  settleSession,
  takeKept,
  takeLeaseGone,
} from './session.js';
import {
  liveSession,
  memberMessages,
  newMember,
  type Member,
  type MemberContext,
  type MemberMessage,
  type MemberWatch,
} from './state.js';
import { endWatch, sendRound, takeChanges, tellProgress } from './watches.js';

/** What a member's coordinator is set up with. */
export type MemberParams = {
  /** One, or all servers of a replicated store. */
  readonly stores: readonly NodeId[];
  readonly members: readonly NodeId[];
  readonly options: Plain;
};

/** The coordinator of a member: it answers the verbs of the coordinator contract by dealing with a lease store over the network. */
export const leaseMember: Actor<Member, MemberMessage, MemberParams> = actor(memberMessages, {
  init: (params: MemberParams): Member => memberOf(params),
  recover: (_durable, params: MemberParams): Member => memberOf(params),
  start(context, member) {
    // A restarted actor is not the one before: the unique id keeps its requests apart from that one's.
    member.name = context.uniqueId();
    spreadWatches(context, member);
    beginSession(context, member);
    sendKeepAlive(context, member);
    callRoll(context, member);
  },
  on: {
    ...onClient(),
    ...onStore(),
    ...onTimers(),
  },
  signals: {
    stopping(context, member) {
      const session = liveSession(member);
      if (session === undefined) return;
      const requestId = `${member.name}.coordinator#stop`;
      const command = { kind: 'lease-revoke', requestId, leaseId: session.leaseId };
      context.send(leadingServer(member), { type: 'store-execute', command });
    },
  },
});

function memberOf(params: MemberParams): Member {
  const servers = params.stores.map((store) => addressOf(store, LEASE_STORE_ACTOR));
  return newMember(servers, params.members, memberOptions(params.options));
}

type Handlers = NonNullable<typeof leaseMember.on>;

function onClient(): Handlers {
  return {
    txn(context, member, { requestId, compare, then, else: otherwise }) {
      executeForClient(context, member, 'txn', { kind: 'txn', requestId, compare, then, else: otherwise });
    },
    read: (context, member, message) => readForClient(context, member, message),
    watch(context, member, { watchId, prefix, fromRevision }) {
      watchForClient(context, member, { watchId, prefix, fromRevision });
    },
    'watch-range'(context, member, { type: _type, ...asked }) {
      watchForClient(context, member, asked);
    },
    'watch-progress-wanted': (context, member, { watchId }) => reportProgress(context, member, watchId),
    unwatch: (context, member, { watchId }) => unwatchForClient(context, member, watchId),
    'lease-grant'(context, member, { requestId, ttlMs }) {
      executeForClient(context, member, 'lease-grant', { kind: 'lease-grant', requestId, ttlMs });
    },
    'lease-keep-alive': (context, member, { leaseId }) => keepAliveForClient(context, member, leaseId),
    'lease-revoke'(context, member, { requestId, leaseId }) {
      executeForClient(context, member, 'lease-revoke', { kind: 'lease-revoke', requestId, leaseId });
    },
    'lease-grant-as'(context, member, { requestId, leaseId, ttlMs }) {
      executeForClient(context, member, 'lease-grant', { kind: 'lease-grant', requestId, ttlMs, leaseId });
    },
    'lease-time-to-live': (context, member, { leaseId, keys }) => readTimeToLive(context, member, leaseId, keys),
    'lease-list': (context, member) => listLeases(context, member),
    compact(context, member, { requestId, revision }) {
      executeForClient(context, member, 'compact', { kind: 'compact', requestId, revision });
    },
    campaign(context, member, { election, candidate }) {
      checkDeadline(context, member);
      campaign(context, member, election, candidate);
    },
    resign(context, member, { election, token }) {
      checkDeadline(context, member);
      resign(context, member, election, token);
    },
    'try-lock'(context, member, { election, candidate }) {
      checkDeadline(context, member);
      campaign(context, member, election, candidate, true);
    },
    proclaim(context, member, message) {
      checkDeadline(context, member);
      proclaim(context, member, message);
    },
    'read-leader': (context, member, { election }) => readLeader(context, member, election),
    'observe-election': (context, member, { election }) => observeElection(context, member, election),
    'unobserve-election': (context, member, { election }) => unobserveElection(context, member, election),
    'watch-members': (context, member) => watchMembers(context, member, context.sender),
  };
}

function onStore(): Handlers {
  return {
    'store-elsewhere'(context, member, { leader }) {
      checkDeadline(context, member);
      if (!followRedirection(context, member, leader)) return;
      sendAgain(context, member);
      sendKeepAlive(context, member);
    },
    'store-executed'(context, member, message) {
      noteAnswer(context, member);
      checkDeadline(context, member);
      settleExecuted(context, member, message);
    },
    'store-read-done'(context, member, message) {
      noteAnswer(context, member);
      checkDeadline(context, member);
      settleReading(context, member, message);
    },
    'store-read-failed'(context, member, message) {
      settleReading(context, member, message);
    },
    'store-kept'(context, member, message) {
      noteAnswer(context, member);
      checkDeadline(context, member);
      const purpose = takePending(member, keepAliveId(message.attempt))?.purpose;
      if (purpose?.for === 'client') settleKeepAlive(context, purpose, message);
      else takeKept(context, member, message);
    },
    'store-lease-gone'(context, member, message) {
      const purpose = takePending(member, keepAliveId(message.attempt))?.purpose;
      if (purpose?.for === 'client') settleKeepAlive(context, purpose, message);
      else takeLeaseGone(context, member, message.leaseId);
    },
    'store-lease-time-left': (context, member, message) => settleLeases(context, member, message),
    'store-lease-unknown': (context, member, message) => settleLeases(context, member, message),
    'store-leases-listed': (context, member, message) => settleLeases(context, member, message),
    'store-watching': (context, member, { leader }) => noteWatching(context, member, leader),
    'store-watch-batch'(context, member, message) {
      checkDeadline(context, member);
      const watch = message.session === member.name ? member.watches.get(message.watchId) : undefined;
      if (watch === undefined) return;
      const changes = takeChanges(context, member, watch, message);
      for (const change of changes) deliver(context, member, watch, change);
      tellProgress(context, watch, changes.at(-1)?.revision ?? 0, message);
    },
    'store-watch-failed'(context, member, message) {
      const watch = message.session === member.name ? member.watches.get(message.watchId) : undefined;
      if (watch !== undefined) failWatch(context, member, watch, message);
    },
  };
}

function onTimers(): Handlers {
  return {
    'keep-alive-due': (context, member) => sendKeepAlive(context, member),
    'session-deadline': (context, member) => deadlineRings(context, member),
    'session-again'(context, member) {
      if (member.session.phase === 'none') beginSession(context, member);
    },
    'retry-due'(context, member) {
      checkDeadline(context, member);
      for (const pending of retryDue(context, member)) {
        if (pending.purpose.for === 'client') giveUp(context, pending, pending.purpose);
      }
    },
    'round-due': (context, member) => sendRound(context, member),
  };
}

function settleExecuted(
  context: MemberContext,
  member: Member,
  { requestId, outcome }: Extract<StoreAnswer, { type: 'store-executed' }>,
): void {
  const pending = takePending(member, requestId);
  const purpose = pending?.purpose;
  switch (purpose?.for) {
    case 'client':
      if (!settleProclaim(context, purpose, outcome)) settleChange(context, member, purpose, outcome);
      return;
    case 'session':
      return settleSession(context, member, pending as NonNullable<typeof pending>, outcome);
    case 'registration':
      if (!settleRegistration(context, member, outcome)) loseSession(context, member, 'gone');
      return;
    case 'entry':
      if (!settleEntry(context, member, purpose.election, purpose.serial, outcome))
        loseSession(context, member, 'gone');
      return;
    case 'resignation':
      for (const reply of purpose.replies) {
        context.answer<CoordinatorAnswer>(reply, { type: 'resigned', election: purpose.election });
      }
      return;
    default:
      return;
  }
}

function settleReading(
  context: MemberContext,
  member: Member,
  message: Extract<StoreAnswer, { type: 'store-read-done' | 'store-read-failed' }>,
): void {
  const purpose = takePending(member, message.readId)?.purpose;
  const isLeaderRead = purpose?.for === 'client' && purpose.verb === 'leader' && message.type === 'store-read-done';
  if (isLeaderRead) return settleLeader(context, purpose, message.revision, message.results);
  if (purpose?.for === 'client') return settleRead(context, member, purpose, message);
  if (purpose === undefined || message.type === 'store-read-failed') return;
  const { revision, results } = message;
  if (purpose.for === 'roll-call') settleRollCall(context, member, revision, results);
  else if (purpose.for === 'check') {
    settleCheck(context, member, purpose.election, purpose.serial, revision, results);
  } else if (purpose.for === 'refresh') {
    settleRefresh(context, member, purpose.election, purpose.serial, revision, results);
  } else if (purpose.for === 'observation') {
    settleObservation(context, member, purpose.serial, revision, results);
  }
}

function settleLeases(context: MemberContext, member: Member, message: LeaseReading): void {
  const purpose = takePending(member, message.readId)?.purpose;
  if (purpose?.for === 'client') settleLeaseReading(context, member, purpose, message);
}

function deliver(context: MemberContext, member: Member, watch: MemberWatch, { revision, events }: Change): void {
  const { owner } = watch;
  if (owner.for === 'client') {
    const { client, watchId } = owner;
    const told = eventsOutOf(member.options.namespace, events);
    context.send<CoordinatorAnswer>(client, { type: 'watch-events', watchId, revision, events: told });
  } else if (owner.for === 'candidacy') {
    takeElectionEvents(context, member, owner.election, owner.serial, events);
  } else if (owner.for === 'observation') {
    takeObservedEvents(context, member, owner.serial, revision, events);
  } else {
    takeMemberEvents(context, member, events);
  }
}

function failWatch(
  context: MemberContext,
  member: Member,
  watch: MemberWatch,
  { error, detail }: Extract<StoreAnswer, { type: 'store-watch-failed' }>,
): void {
  endWatch(context, member, watch, error);
  const { owner } = watch;
  if (owner.for === 'client' && watch.nextRevision === 0) {
    context.answer<CoordinatorAnswer>(owner.reply, { type: 'failed', requestId: owner.watchId, error, detail });
  } else if (owner.for === 'client') {
    context.send<CoordinatorAnswer>(owner.client, { type: 'watch-ended', watchId: owner.watchId, error });
  } else if (owner.for === 'candidacy') {
    refreshQueue(context, member, owner.election, owner.serial);
  } else if (owner.for === 'observation') {
    observeAnew(context, member, owner.serial);
  } else {
    callRoll(context, member);
  }
}
