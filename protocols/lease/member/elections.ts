import type { AnyAddress } from '../../../runtime/address.js';
import type {
  Compare,
  CoordinatorAnswer,
  KeyValue,
  Operation,
  OperationResult,
  WatchEvent,
} from '../../coordinator/index.js';
import type { LeaseAnswer } from '../client-messages.js';
import type { MemberObservation } from '../observations.js';
import { compareOutOf, type Outcome } from '../store/index.js';
import { candidacyKey, electionPrefix } from './keys.js';
import { executeOwn, readOwn } from './requests.js';
import { liveSession, type Candidacy, type LiveSession, type Member, type MemberContext } from './state.js';
import { startWatch, stopWatch } from './watches.js';

/*
 * Elections as in etcd's client library (concurrency/election.go): each candidate puts a key under the election's prefix, attached to
 * its session's lease; the oldest key is the owner's; the others wait, watching, until all older ones are gone. Before it claims, a candidate
 * reads whether its own key is still there and the oldest, and its lease must be good by its own clock. The create revision of
 * the key is the fencing token: it exceeds that of every earlier owner.
 */

function tell(context: MemberContext, to: AnyAddress, answer: CoordinatorAnswer): void {
  context.send(to, answer);
}

function observe(context: MemberContext, observation: MemberObservation): void {
  context.observe(observation);
}

export function guardOf(candidacy: { readonly key: string; readonly token: number }): Compare {
  return { key: candidacy.key, target: 'create', operator: '=', operand: candidacy.token };
}

/** @param isTry takes the election if it is free, and is told so if not. */
export function campaign(
  context: MemberContext,
  member: Member,
  election: string,
  candidate: string,
  isTry = false,
): void {
  const client = context.sender;
  const standing = member.candidacies.get(election);
  const waits = isTry && standing !== undefined && standing.phase !== 'elected' && !standing.isTry;
  if (standing !== undefined && (standing.client !== client || waits)) {
    const detail = `${standing.client} stands for "${election}" on this node already; resign there first`;
    context.reply<CoordinatorAnswer>({ type: 'failed', requestId: election, error: 'invalid', detail });
  } else if (standing === undefined) {
    const candidacy = newCandidacy(election, client, candidate, isTry);
    member.candidacies.set(election, candidacy);
    enter(context, member, candidacy);
  } else if (standing.phase === 'elected') {
    tellElected(context, member, standing);
  }
}

function newCandidacy(election: string, client: AnyAddress, candidate: string, isTry: boolean): Candidacy {
  return {
    election,
    client,
    candidate,
    isTry,
    serial: 0,
    phase: 'waiting-for-session',
    key: '',
    leaseId: '',
    token: 0,
    queue: new Map(),
    watchId: '',
  };
}

/** Puts the candidate's key, with a new name, under the present session; without one it waits for the next, unless it was to try once. */
function enter(context: MemberContext, member: Member, candidacy: Candidacy): void {
  stopWatch(context, member, candidacy.watchId);
  member.counter += 1;
  const session = liveSession(member);
  if (candidacy.isTry && (session === undefined || candidacy.serial > 0)) {
    return endTry(context, member, candidacy);
  }
  Object.assign(candidacy, { serial: member.counter, token: 0, queue: new Map(), watchId: '', key: '', leaseId: '' });
  if (session === undefined) {
    candidacy.phase = 'waiting-for-session';
    return;
  }
  const { election, candidate, serial } = candidacy;
  const key = candidacyKey(member.options.namespace, election, session.leaseId, serial);
  Object.assign(candidacy, { phase: 'entering', key, leaseId: session.leaseId });
  const then: Operation[] = [
    { kind: 'put', key, value: candidate, leaseId: session.leaseId },
    { kind: 'range', prefix: electionPrefix(member.options.namespace, election), limit: 0 },
  ];
  const command = (requestId: string) => ({ kind: 'txn', requestId, compare: [], then, else: [] }) as const;
  executeOwn(context, member, command, { for: 'entry', election, serial });
}

/** There is no session, or it ended before the try was settled. */
function endTry(context: MemberContext, member: Member, { election, client }: Candidacy): void {
  member.candidacies.delete(election);
  const detail = `no session with the store to hold "${election}" under; try again`;
  tell(context, client, { type: 'failed', requestId: election, error: 'unavailable', detail });
}

export function enterWaiting(context: MemberContext, member: Member): void {
  for (const candidacy of member.candidacies.values()) {
    if (candidacy.phase === 'waiting-for-session') enter(context, member, candidacy);
  }
}

function present(member: Member, election: string, serial: number): Candidacy | undefined {
  const candidacy = member.candidacies.get(election);
  return candidacy?.serial === serial ? candidacy : undefined;
}

/** The key was put, or could not be. False where the session's lease is gone. */
export function settleEntry(
  context: MemberContext,
  member: Member,
  election: string,
  serial: number,
  outcome: Outcome,
): boolean {
  const candidacy = present(member, election, serial);
  if (outcome.kind !== 'txn-done') {
    if (outcome.kind === 'failed' && outcome.error === 'lease-not-found') return false;
    if (candidacy !== undefined) giveUpCandidacy(context, member, candidacy, outcome);
    return true;
  }
  const session = liveSession(member);
  if (candidacy === undefined) {
    // Withdrawn while the answer was on its way. The key stands where this session put it.
    if (session !== undefined) {
      const key = candidacyKey(member.options.namespace, election, session.leaseId, serial);
      deleteOwnKey(context, member, { election, key, token: outcome.revision }, []);
    }
    return true;
  }
  candidacy.token = outcome.revision;
  if (candidacy.isTry && findOlder(keysOf(outcome.results[1]), candidacy) !== undefined) {
    withdrawTry(context, member, candidacy, keysOf(outcome.results[1]));
    return true;
  }
  standInQueue(context, member, candidacy, outcome.revision, keysOf(outcome.results[1]));
  return true;
}

/** The oldest key, where that is not the candidacy's own. */
function findOlder(keys: readonly KeyValue[], { token }: Candidacy): KeyValue | undefined {
  const older = keys.filter(({ createRevision }) => createRevision < token);
  return older.toSorted((a, b) => a.createRevision - b.createRevision)[0];
}

/** Somebody was there before: the key that was put goes again, and nobody waits behind it for long. */
function withdrawTry(context: MemberContext, member: Member, candidacy: Candidacy, keys: readonly KeyValue[]): void {
  const { election, client } = candidacy;
  member.candidacies.delete(election);
  deleteOwnKey(context, member, candidacy, []);
  const token = findOlder(keys, candidacy)?.createRevision ?? 0;
  context.send<LeaseAnswer>(client, { type: 'locked', election, token });
}

function giveUpCandidacy(context: MemberContext, member: Member, candidacy: Candidacy, outcome: Outcome): void {
  member.candidacies.delete(candidacy.election);
  const detail = outcome.kind === 'failed' ? outcome.detail : `the store answered with ${outcome.kind}`;
  tell(context, candidacy.client, { type: 'failed', requestId: candidacy.election, error: 'invalid', detail });
}

function keysOf(result: OperationResult | undefined): readonly KeyValue[] {
  return result?.kind === 'range' ? result.found : [];
}

/** Begins to watch the election from `revision`, at which the candidates' keys were these. */
function standInQueue(
  context: MemberContext,
  member: Member,
  candidacy: Candidacy,
  revision: number,
  keys: readonly KeyValue[],
): void {
  const { election, serial } = candidacy;
  candidacy.queue = new Map(keys.map((entry) => [entry.key, entry.createRevision]));
  const owner = { for: 'candidacy', election, serial } as const;
  candidacy.watchId = startWatch(
    context,
    member,
    { prefix: electionPrefix(member.options.namespace, election) },
    revision + 1,
    owner,
  );
  if (candidacy.phase === 'elected') return;
  candidacy.phase = 'queued';
  considerClaim(context, member, candidacy);
}

function considerClaim(context: MemberContext, member: Member, candidacy: Candidacy): void {
  if (candidacy.phase !== 'queued') return;
  for (const [key, createRevision] of candidacy.queue) {
    if (key !== candidacy.key && createRevision < candidacy.token) return;
  }
  candidacy.phase = 'checking';
  const { election, serial } = candidacy;
  readOwn(context, member, electionPrefix(member.options.namespace, election), { for: 'check', election, serial });
}

/** The candidacy's key is there, is the one that it put, and is older than every other. */
function isOwner(keys: readonly KeyValue[], candidacy: Candidacy): boolean {
  const own = keys.find((entry) => entry.key === candidacy.key);
  if (own === undefined || own.createRevision !== candidacy.token) return false;
  return keys.every((entry) => entry === own || entry.createRevision > own.createRevision);
}

/**
 * The read that decides. What it says may be past when it arrives; but the key lives as long as the session's lease, and by the own
 * clock that lives now.
 */
export function settleCheck(
  context: MemberContext,
  member: Member,
  election: string,
  serial: number,
  revision: number,
  results: readonly OperationResult[],
): void {
  const candidacy = present(member, election, serial);
  const session = liveSession(member);
  if (candidacy?.phase !== 'checking' || session?.leaseId !== candidacy.leaseId) return;
  const keys = keysOf(results[0]);
  if (isOwner(keys, candidacy)) return claim(context, member, session, candidacy, revision);
  candidacy.phase = 'queued';
  // Somebody else ended the key, perhaps the whole lease; a new try finds out which.
  if (!keys.some((entry) => entry.key === candidacy.key)) enter(context, member, candidacy);
}

function claim(
  context: MemberContext,
  member: Member,
  session: LiveSession,
  candidacy: Candidacy,
  checkedRevision: number,
): void {
  const { election, token, candidate, key } = candidacy;
  candidacy.phase = 'elected';
  const { leaseId } = session;
  observe(context, { type: 'elected', election, token, candidate, key, leaseId, checkedRevision });
  tellElected(context, member, candidacy);
}

function tellElected(context: MemberContext, member: Member, candidacy: Candidacy): void {
  const { election, token, client } = candidacy;
  const guard = compareOutOf(member.options.namespace, guardOf(candidacy));
  tell(context, client, { type: 'elected', election, token, guard });
}

export function takeElectionEvents(
  context: MemberContext,
  member: Member,
  election: string,
  serial: number,
  events: readonly WatchEvent[],
): void {
  const candidacy = present(member, election, serial);
  if (candidacy === undefined) return;
  for (const { kind, entry } of events) {
    if (kind === 'put') candidacy.queue.set(entry.key, entry.createRevision);
    else candidacy.queue.delete(entry.key);
  }
  if (!candidacy.queue.has(candidacy.key)) loseKey(context, member, candidacy);
  else considerClaim(context, member, candidacy);
}

function loseKey(context: MemberContext, member: Member, candidacy: Candidacy): void {
  if (candidacy.phase === 'elected') depose(context, member, candidacy, 'key-gone');
  else enter(context, member, candidacy);
}

function depose(context: MemberContext, member: Member, candidacy: Candidacy, reason: string): void {
  const { election, token, client } = candidacy;
  stopWatch(context, member, candidacy.watchId);
  member.candidacies.delete(election);
  observe(context, { type: 'deposed', election, token, reason });
  tell(context, client, { type: 'deposed', election, token });
}

/** The watch of an election was compacted away: read the queue anew and watch from there. */
export function refreshQueue(context: MemberContext, member: Member, election: string, serial: number): void {
  const candidacy = present(member, election, serial);
  if (candidacy === undefined) return;
  candidacy.watchId = '';
  readOwn(context, member, electionPrefix(member.options.namespace, election), { for: 'refresh', election, serial });
}

export function settleRefresh(
  context: MemberContext,
  member: Member,
  election: string,
  serial: number,
  revision: number,
  results: readonly OperationResult[],
): void {
  const candidacy = present(member, election, serial);
  if (candidacy === undefined) return;
  const keys = keysOf(results[0]);
  const isThere = keys.some((entry) => entry.key === candidacy.key && entry.createRevision === candidacy.token);
  if (isThere) standInQueue(context, member, candidacy, revision, keys);
  else loseKey(context, member, candidacy);
}

/**
 * Gives an election up: one that was won by its token, a candidacy that still waits by token 0. Any other token is of an election lost
 * already, and there is nothing to give up.
 */
export function resign(context: MemberContext, member: Member, election: string, token: number): void {
  const reply = context.replyTo();
  const candidacy = member.candidacies.get(election);
  const isPresent =
    candidacy !== undefined && (candidacy.phase === 'elected' ? token === candidacy.token : token === 0);
  if (!isPresent || candidacy.client !== context.sender) {
    context.answer<CoordinatorAnswer>(reply, { type: 'resigned', election });
    return;
  }
  stopWatch(context, member, candidacy.watchId);
  member.candidacies.delete(election);
  if (candidacy.phase === 'elected') observe(context, { type: 'resigned', election, token });
  if (candidacy.token > 0 && liveSession(member)?.leaseId === candidacy.leaseId) {
    deleteOwnKey(context, member, candidacy, [reply]);
  } else {
    context.answer<CoordinatorAnswer>(reply, { type: 'resigned', election });
  }
}

/** Deletes a key that this session put, and only if it is still that one: a late request must not end another's ownership. */
function deleteOwnKey(
  context: MemberContext,
  member: Member,
  candidacy: { readonly election: string; readonly key: string; readonly token: number },
  replies: ReturnType<MemberContext['replyTo']>[],
): void {
  const { election, key } = candidacy;
  const compare = [guardOf(candidacy)];
  const then: Operation[] = [{ kind: 'delete', key }];
  const command = (requestId: string) => ({ kind: 'txn', requestId, compare, then, else: [] }) as const;
  executeOwn(context, member, command, { for: 'resignation', election, replies });
}

/** The session has ended: who was elected is no more, who waited stands again under the next session. */
export function endCandidacies(context: MemberContext, member: Member): void {
  for (const candidacy of [...member.candidacies.values()]) {
    if (candidacy.phase === 'elected') depose(context, member, candidacy, 'session-lost');
    else enter(context, member, candidacy);
  }
}
