import type { AnyAddress } from '../../../runtime/address.js';
import type { CoordinatorAnswer } from '../../coordinator/index.js';
import type { StoreAnswer, StoreRequest } from '../messages.js';
import { observedEvents, type MemberObservation } from '../observations.js';
import type { Change } from '../store/index.js';
import type { Member, MemberContext, MemberWatch } from './state.js';

type Batch = Extract<StoreAnswer, { type: 'store-watch-batch' }>;
const ROUND_GAP_MS = 20;

/**
 * Watches over a network that may lose, double and delay: the member knows the next revision of each, takes a batch only if
 * it begins there or before, and tells the store in rounds where it stands. So each event is delivered once and in order, whatever
 * is lost, and whether or not the store has been restarted meanwhile.
 */
export function startWatch(
  context: MemberContext,
  member: Member,
  prefix: string,
  fromRevision: number,
  owner: MemberWatch['owner'],
): string {
  member.counter += 1;
  const id = `w${member.counter}`;
  member.watches.set(id, { id, prefix, owner, nextRevision: fromRevision, askedRevision: 0 });
  if (fromRevision !== 0) observeStart(context, member, id, prefix, fromRevision);
  askRound(context, member);
  return id;
}

export function stopWatch(context: MemberContext, member: Member, id: string): void {
  const watch = member.watches.get(id);
  if (watch === undefined) return;
  endWatch(context, member, watch, '');
  askRound(context, member);
}

export function findClientWatch(member: Member, client: AnyAddress, watchId: string): MemberWatch | undefined {
  for (const watch of member.watches.values()) {
    const { owner } = watch;
    if (owner.for === 'client' && owner.client === client && owner.watchId === watchId) return watch;
  }
  return undefined;
}

/** How a watch is called in observations: unique over all lives of all members. */
function watchName(member: Member, id: string): string {
  return `${member.name}/${id}`;
}

function observe(context: MemberContext, observation: MemberObservation): void {
  context.observe(observation);
}

function observeStart(context: MemberContext, member: Member, id: string, prefix: string, fromRevision: number): void {
  observe(context, { type: 'watch-started', watch: watchName(member, id), prefix, fromRevision });
}

/** Lets a round go soon; several wishes within a few milliseconds share one. */
export function askRound(context: MemberContext, member: Member): void {
  const delayMs = Math.max(0, member.roundSentMs + ROUND_GAP_MS - context.nowMs());
  context.setTimer('round', delayMs, { type: 'round-due' });
}

export function sendRound(context: MemberContext, member: Member): void {
  member.round += 1;
  member.roundSentMs = context.nowMs();
  const watches = [...member.watches.values()].map(({ id, prefix, nextRevision }) => ({
    watchId: id,
    prefix,
    nextRevision,
  }));
  const message: StoreRequest = { type: 'store-watch', session: member.name, round: member.round, watches };
  context.send(member.store, message);
  context.setTimer('round', member.options.roundEveryMs, { type: 'round-due' });
}

/** Asks for what follows, once for each place: the store sends several batches at once, and a round comes anyway. */
function askNext(context: MemberContext, member: Member, watch: MemberWatch): void {
  const { id, nextRevision } = watch;
  if (watch.askedRevision === nextRevision) return;
  watch.askedRevision = nextRevision;
  const message: StoreRequest = { type: 'store-watch-next', session: member.name, watchId: id, nextRevision };
  context.send(member.store, message);
}

/** Takes what is new in a batch and moves the watch on. Answers with the changes to be delivered, in their order. */
export function takeChanges(
  context: MemberContext,
  member: Member,
  watch: MemberWatch,
  batch: Batch,
): readonly Change[] {
  if (watch.nextRevision === 0) {
    watch.nextRevision = batch.fromRevision;
    observeStart(context, member, watch.id, watch.prefix, batch.fromRevision);
    announceStart(context, watch);
  }
  if (batch.fromRevision > watch.nextRevision) {
    // Something in between was lost or is late.
    askNext(context, member, watch);
    return [];
  }
  if (batch.nextRevision <= watch.nextRevision) return [];
  const fresh = batch.changes.filter((change) => change.revision >= watch.nextRevision);
  watch.nextRevision = batch.nextRevision;
  for (const { revision, events } of fresh) {
    const observed = observedEvents(events);
    observe(context, { type: 'watch-delivered', watch: watchName(member, watch.id), revision, events: observed });
  }
  if (watch.nextRevision <= batch.revision) askNext(context, member, watch);
  // A delivery tells of all before it; only where it is not the last word there is more to tell.
  const last = fresh.at(-1)?.revision ?? 0;
  if (watch.nextRevision > last + 1) {
    const { nextRevision } = watch;
    observe(context, { type: 'watch-caught-up', watch: watchName(member, watch.id), nextRevision });
  }
  return fresh;
}

/** Tells a client that its watch is on. */
export function announceStart(context: MemberContext, watch: MemberWatch): void {
  if (watch.owner.for !== 'client') return;
  const { watchId, reply } = watch.owner;
  context.answer<CoordinatorAnswer>(reply, { type: 'watch-started', watchId, revision: watch.nextRevision });
}

export function endWatch(context: MemberContext, member: Member, watch: MemberWatch, error: string): void {
  member.watches.delete(watch.id);
  observe(context, { type: 'watch-ended', watch: watchName(member, watch.id), error });
}
