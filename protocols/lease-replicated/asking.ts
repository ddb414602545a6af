import { addressOf, type Address } from '../../runtime/address.js';
import type { ReplyTo } from '../../runtime/context.js';
import type { Plain } from '../../runtime/data.js';
import type { StoreAnswer, StoreEntry } from '../lease/index.js';
import { RAFT_ACTOR, type RaftMessage } from '../raft/index.js';
import type { StoreQuery } from './machine.js';
import type { ReplicaObservation } from './observations.js';
import type { Purpose, ReplicaContext, ReplicaServer } from './state.js';

export function raftAddress(context: ReplicaContext): Address<RaftMessage> {
  return addressOf<RaftMessage>(context.node, RAFT_ACTOR);
}

/**
 * Proposes an entry, to our own replica as the leader and to nobody else: another leader has its own clock for leases, and clients that
 * find it themselves. A repetition with the same id takes effect once.
 */
export function propose(
  context: ReplicaContext,
  { options }: ReplicaServer,
  requestId: string,
  entry: StoreEntry,
  purpose: Purpose,
): void {
  context.ask(
    raftAddress(context),
    { type: 'propose', requestId, command: entry as unknown as Plain, direct: true },
    { timeoutMs: options.raftTimeoutMs, tag: purpose as unknown as Plain },
  );
}

/** Asks for a linearizable answer of our own replica: a quorum confirms who leads, and the replica has applied what is committed. */
export function query(
  context: ReplicaContext,
  { options }: ReplicaServer,
  question: StoreQuery,
  purpose: Purpose,
): void {
  context.ask(
    raftAddress(context),
    { type: 'read', query: question as unknown as Plain },
    { timeoutMs: options.raftTimeoutMs, tag: purpose as unknown as Plain },
  );
}

export function purposeOf(tag: Plain): Purpose | undefined {
  return (tag as unknown as Purpose | null) ?? undefined;
}

export function answer(context: ReplicaContext, replyTo: ReplyTo, message: StoreAnswer): void {
  context.answer(replyTo, message);
}

/** Whoever asks is to ask the leader; '' where we do not know it, or believed that it was us. */
export function sendElsewhere(context: ReplicaContext, server: ReplicaServer, replyTo: ReplyTo): void {
  const leader = server.leader === context.node ? '' : server.leader;
  answer(context, replyTo, { type: 'store-elsewhere', leader });
}

export function observe(context: ReplicaContext, observation: ReplicaObservation): void {
  context.observe(observation);
}
