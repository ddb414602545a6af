import type { AnyAddress } from '../../../runtime/address.js';
import type { KeyValue, OperationResult, WatchEvent } from '../../coordinator/index.js';
import type { LeaseAnswer } from '../client-messages.js';
import type { MemberObservation } from '../observations.js';
import { failAll } from './client-requests.js';
import { electionPrefix } from './keys.js';
import { leaderOf } from './leadership.js';
import { readOwn } from './requests.js';
import type { ElectionObserver, Member, MemberContext } from './state.js';
import { startWatch, stopWatch } from './watches.js';

/*
 * Observe of etcd's elections (client/v3/concurrency/election.go): from a reading of the candidates on, the watch of their prefix tells who
 * comes and goes, and the oldest leads. A new key is younger than all that are there, so the leader's create revision never falls. It rests
 * on no session: who stands for nothing may observe.
 */

export function observeElection(context: MemberContext, member: Member, election: string): void {
  const client = context.sender;
  const before = findObserver(member, client, election);
  if (before !== undefined) return tellAgain(context, before);
  if (member.observers.size >= member.options.maxWatches) {
    const detail = `${member.options.maxWatches} elections are observed; end some`;
    return failAll(context, [context.replyTo()], election, 'invalid', detail);
  }
  member.counter += 1;
  const observer: ElectionObserver = {
    serial: member.counter,
    election,
    client,
    candidates: new Map(),
    toldRevision: 0,
    told: undefined,
    watchId: '',
  };
  member.observers.set(observer.serial, observer);
  readCandidates(context, member, observer);
}

export function unobserveElection(context: MemberContext, member: Member, election: string): void {
  const observer = findObserver(member, context.sender, election);
  if (observer === undefined) return;
  stopWatch(context, member, observer.watchId);
  member.observers.delete(observer.serial);
}

function findObserver(member: Member, client: AnyAddress, election: string): ElectionObserver | undefined {
  for (const observer of member.observers.values()) {
    if (observer.client === client && observer.election === election) return observer;
  }
  return undefined;
}

function tellAgain(context: MemberContext, { election, client, told, toldRevision }: ElectionObserver): void {
  if (told === undefined) return;
  context.send<LeaseAnswer>(client, { type: 'leader-observed', election, leader: told, revision: toldRevision });
}

/** At first, and where the watch was compacted away. */
function readCandidates(context: MemberContext, member: Member, { serial, election }: ElectionObserver): void {
  readOwn(context, member, electionPrefix(member.options.namespace, election), { for: 'observation', serial });
}

export function settleObservation(
  context: MemberContext,
  member: Member,
  serial: number,
  revision: number,
  results: readonly OperationResult[],
): void {
  const observer = member.observers.get(serial);
  const [result] = results;
  if (observer === undefined || result?.kind !== 'range') return;
  observer.candidates = new Map(result.found.map((entry) => [entry.key, entry]));
  const prefix = electionPrefix(member.options.namespace, observer.election);
  observer.watchId = startWatch(context, member, { prefix }, revision + 1, { for: 'observation', serial });
  tellNews(context, member, observer, revision);
}

/** All changes of one revision. */
export function takeObservedEvents(
  context: MemberContext,
  member: Member,
  serial: number,
  revision: number,
  events: readonly WatchEvent[],
): void {
  const observer = member.observers.get(serial);
  if (observer === undefined) return;
  for (const { kind, entry } of events) {
    if (kind === 'put') observer.candidates.set(entry.key, entry);
    else observer.candidates.delete(entry.key);
  }
  tellNews(context, member, observer, revision);
}

export function observeAnew(context: MemberContext, member: Member, serial: number): void {
  const observer = member.observers.get(serial);
  if (observer !== undefined) readCandidates(context, member, observer);
}

/** `seenRevision`: the candidates are those of this revision. */
function tellNews(context: MemberContext, member: Member, observer: ElectionObserver, seenRevision: number): void {
  const oldest = oldestOf(observer.candidates);
  if (oldest === undefined || !isNews(oldest, observer)) return;
  const { election } = observer;
  const leader = leaderOf(oldest);
  observer.told = leader;
  observer.toldRevision = oldest.modRevision;
  const { token, candidate } = leader;
  const observed: MemberObservation = {
    ...{ type: 'leader-observed', observer: `${member.name}/o${observer.serial}`, election, token, candidate },
    ...{ key: oldest.key, revision: oldest.modRevision, seenRevision },
  };
  context.observe(observed);
  tellAgain(context, observer);
}

/** A successor's key may have been put before the last word of who led until now. */
function isNews({ createRevision, modRevision }: KeyValue, { told, toldRevision }: ElectionObserver): boolean {
  const toldToken = told?.token ?? 0;
  return createRevision > toldToken || (createRevision === toldToken && modRevision > toldRevision);
}

function oldestOf(candidates: ReadonlyMap<string, KeyValue>): KeyValue | undefined {
  let oldest: KeyValue | undefined;
  for (const entry of candidates.values()) {
    if (oldest === undefined || entry.createRevision < oldest.createRevision) oldest = entry;
  }
  return oldest;
}
