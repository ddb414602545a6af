import type { AnyAddress, NodeId } from '../../../runtime/address.js';
import type { Context, ReplyTo } from '../../../runtime/context.js';
import { combineMessages, messages, type MessageOf } from '../../../runtime/schema.js';
import { coordinatorRequests, type KeyValue } from '../../coordinator/index.js';
import { leaseRequests, type ElectionLeader } from '../client-messages.js';
import { storeAnswers, type StoreRequest, type WatchSpec } from '../messages.js';
import type { Change } from '../store/index.js';
import type { MemberOptions } from './options.js';

const memberTimers = messages('member-timer', {
  'keep-alive-due': {},
  'session-deadline': {},
  'session-again': {},
  'retry-due': {},
  'round-due': {},
});

export const memberMessages = combineMessages(
  'lease-member',
  combineMessages('lease-member', coordinatorRequests, leaseRequests),
  combineMessages('lease-member', storeAnswers, memberTimers),
);
export type MemberMessage = MessageOf<typeof memberMessages>;
export type MemberContext = Context<MemberMessage>;

/** The state of a member's coordinator. Nothing of it is durable: the store remembers, and a new life begins a new session. */
export interface Member {
  readonly options: MemberOptions;
  readonly servers: Servers;
  readonly members: readonly NodeId[];
  /** Names this life of this member, to the store and in the ids of its own requests; known from `start` on. */
  name: string;
  /** Counts requests, watches and candidacies. */
  counter: number;
  /** What awaits an answer, by the id of the request. */
  readonly pending: Map<string, Pending>;
  retryAtMs: number | undefined;
  session: MemberSession;
  readonly watches: Map<string, MemberWatch>;
  round: number;
  roundSentMs: number;
  /** By election. */
  readonly candidacies: Map<string, Candidacy>;
  /** By serial. */
  readonly observers: Map<number, ElectionObserver>;
  readonly membership: Membership;
}

/** The servers of the store, one or, where it is replicated, several; and which of them this member deals with. */
export interface Servers {
  readonly addresses: readonly AnyAddress[];
  /** Index of the one that requests go to: as far as we know, whoever leads. */
  leading: number;
  /** When something last came from there that answers a request. */
  heardMs: number;
  /** How often we were sent elsewhere since then. */
  hops: number;
  /** Index of the one that serves our watches, and when it last said that it does. */
  watching: number;
  watchHeardMs: number;
}

export type MemberSession =
  | { readonly phase: 'none' }
  | { readonly phase: 'granting' }
  | {
      readonly phase: 'live';
      readonly leaseId: string;
      readonly ttlMs: number;
      /** By the own monotonic clock, until when the lease certainly lives at the store. Only moves forward. */
      deadlineMs: number;
      /** When the last keep-alives were sent, by attempt. */
      readonly sentMs: Map<number, number>;
      /** Revision at which the member's key was last put under this lease; 0 while that is not known. */
      registeredRevision: number;
    };
export type LiveSession = Extract<MemberSession, { phase: 'live' }>;

/** Why a request was made, and so what becomes of its answer. */
export type Purpose =
  | {
      readonly for: 'client';
      readonly verb: ClientVerb;
      readonly requestId: string;
      readonly replies: ReplyTo[];
      /** Of a proclamation. */
      readonly won?: { readonly election: string; readonly token: number };
    }
  | { readonly for: 'session' | 'registration' | 'roll-call' | 'clean-up' }
  | { readonly for: 'entry' | 'check' | 'refresh'; readonly election: string; readonly serial: number }
  | { readonly for: 'observation'; readonly serial: number }
  | { readonly for: 'resignation'; readonly election: string; readonly replies: ReplyTo[] };
export type ClientVerb =
  | 'txn'
  | 'read'
  | 'lease-grant'
  | 'lease-keep-alive'
  | 'lease-revoke'
  | 'lease-time-to-live'
  | 'lease-list'
  | 'compact'
  | 'proclaim'
  | 'leader';

export interface Pending {
  readonly id: string;
  readonly request: StoreRequest;
  readonly purpose: Purpose;
  readonly firstSentMs: number;
  lastSentMs: number;
  nextSendMs: number;
  retryAfterMs: number;
  attempts: number;
  /** undefined: never. */
  readonly giveUpMs: number | undefined;
}

/** What a watch is for, as the store is told. */
export type Wishes = Pick<WatchSpec, 'prefix' | 'from' | 'end' | 'without' | 'previous'>;

export interface MemberWatch {
  readonly id: string;
  readonly wishes: Wishes;
  /** Its client wants to know how far it is complete wherever it goes on without an event. */
  readonly tellsProgress: boolean;
  /** Its client has asked for that once. */
  isProgressWanted: boolean;
  /** The `nextRevision` that the client was told last in this way. */
  toldRevision: number;
  readonly owner:
    | { readonly for: 'client'; readonly client: AnyAddress; readonly watchId: string; readonly reply: ReplyTo }
    | { readonly for: 'candidacy'; readonly election: string; readonly serial: number }
    | { readonly for: 'observation'; readonly serial: number }
    | { readonly for: 'membership' };
  /** The first revision not yet delivered; 0 as long as "from now on" has no number. */
  nextRevision: number;
  /** Of that revision the first event, by its sub-revision, that has not come. */
  nextEvent: number;
  /** The events of that revision that have come: they are delivered when it is whole. */
  partial: Change | undefined;
  /** Where it stood when the store was last asked for what follows, outside of a round. */
  asked: string;
}

export interface Candidacy {
  readonly election: string;
  readonly client: AnyAddress;
  readonly candidate: string;
  /** It takes the election if it is free, and waits for nobody. */
  readonly isTry: boolean;
  /** Tells this try from earlier ones of the same election. */
  serial: number;
  phase: 'waiting-for-session' | 'entering' | 'queued' | 'checking' | 'elected';
  key: string;
  leaseId: string;
  /** Create revision of the own key: the fencing token. 0 before it is known. */
  token: number;
  /** Create revisions of the candidates' keys, as far as the watch has told. */
  queue: Map<string, number>;
  watchId: string;
}

/** A client that is told who leads. */
export interface ElectionObserver {
  /** Also tells observers of different lives of the client apart. */
  readonly serial: number;
  readonly election: string;
  readonly client: AnyAddress;
  /** By key, as far as the watch has told. */
  candidates: Map<string, KeyValue>;
  /** The last leader that the client was told of, and where that one had last put its key. */
  told: ElectionLeader | undefined;
  toldRevision: number;
  watchId: string;
}

export interface Membership {
  readonly listeners: Set<AnyAddress>;
  readonly asked: ReplyTo[];
  /** Nodes whose key is there; undefined before the first reading. */
  alive: Set<NodeId> | undefined;
}

export function newMember(
  addresses: readonly AnyAddress[],
  members: readonly NodeId[],
  options: MemberOptions,
): Member {
  return {
    options,
    servers: { addresses, leading: 0, heardMs: 0, hops: 0, watching: 0, watchHeardMs: 0 },
    members,
    name: '',
    counter: 0,
    pending: new Map(),
    retryAtMs: undefined,
    session: { phase: 'none' },
    watches: new Map(),
    round: 0,
    roundSentMs: 0,
    candidacies: new Map(),
    observers: new Map(),
    membership: { listeners: new Set(), asked: [], alive: undefined },
  };
}

/** An id for a request of the member's own: numbered upwards, as the store's memory of requests wants it. */
export function nextRequestId(member: Member): string {
  member.counter += 1;
  return `${member.name}.coordinator#${member.counter}`;
}

export function liveSession(member: Member): LiveSession | undefined {
  return member.session.phase === 'live' ? member.session : undefined;
}
