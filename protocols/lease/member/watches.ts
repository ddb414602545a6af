import type { AnyAddress } from '../../../runtime/address.js';
import type { CoordinatorAnswer } from '../../coordinator/index.js';
import type { LeaseAnswer } from '../client-messages.js';
import type { StoreAnswer, StoreRequest } from '../messages.js';
import { observedEvents, type MemberObservation } from '../observations.js';
import type { Change } from '../store/index.js';
import { changesWatching, watchingServer } from './servers.js';
import type { Member, MemberContext, MemberWatch, Wishes } from './state.js';

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
  wishes: Wishes,
  fromRevision: number,
  owner: MemberWatch['owner'],
  tellsProgress = false,
): string {
  member.counter += 1;
  const id = `w${member.counter}`;
  const watch: MemberWatch = {
    id,
    wishes,
    tellsProgress,
    isProgressWanted: false,
    toldRevision: 0,
    owner,
    nextRevision: fromRevision,
    nextEvent: 0,
    partial: undefined,
    asked: '',
  };
  member.watches.set(id, watch);
  if (fromRevision !== 0) observeStart(context, member, watch);
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

function observeStart(context: MemberContext, member: Member, watch: MemberWatch): void {
  const { from, end, without, prefix } = watch.wishes;
  observe(context, {
    type: 'watch-started',
    watch: watchName(member, watch.id),
    prefix,
    ...(from === undefined ? {} : { from }),
    ...(end === undefined ? {} : { end }),
    ...(without === undefined ? {} : { without }),
    fromRevision: watch.nextRevision,
  });
}

/** Lets a round go soon; several wishes within a few milliseconds share one. */
export function askRound(context: MemberContext, member: Member): void {
  const delayMs = Math.max(0, member.roundSentMs + ROUND_GAP_MS - context.nowMs());
  context.setTimer('round', delayMs, { type: 'round-due' });
}

export function sendRound(context: MemberContext, member: Member): void {
  const before = watchingServer(member);
  member.round += 1;
  if (changesWatching(context, member)) {
    // It need not go on for us.
    const none: StoreRequest = { type: 'store-watch', session: member.name, round: member.round, watches: [] };
    context.send(before, none);
    member.round += 1;
  }
  member.roundSentMs = context.nowMs();
  const watches = [...member.watches.values()].map((watch) => ({
    watchId: watch.id,
    ...watch.wishes,
    nextRevision: watch.nextRevision,
    ...(watch.nextEvent > 0 ? { nextEvent: watch.nextEvent } : {}),
    ...(watch.isProgressWanted ? { report: true } : {}),
  }));
  const message: StoreRequest = { type: 'store-watch', session: member.name, round: member.round, watches };
  context.send(watchingServer(member), message);
  context.setTimer('round', member.options.roundEveryMs, { type: 'round-due' });
}

/** Asks for what follows, once for each place: the store sends several batches at once, and a round comes anyway. */
function askNext(context: MemberContext, member: Member, watch: MemberWatch): void {
  const { id, nextRevision, nextEvent } = watch;
  const place = `${nextRevision}.${nextEvent}`;
  if (watch.asked === place) return;
  watch.asked = place;
  const message: StoreRequest = {
    type: 'store-watch-next',
    session: member.name,
    watchId: id,
    nextRevision,
    ...(nextEvent > 0 ? { nextEvent } : {}),
  };
  context.send(watchingServer(member), message);
}

/** Takes what is new in a batch and moves the watch on. Answers with the changes to be delivered, whole and in their order. */
export function takeChanges(
  context: MemberContext,
  member: Member,
  watch: MemberWatch,
  batch: Batch,
): readonly Change[] {
  if (watch.nextRevision === 0) {
    watch.nextRevision = batch.fromRevision;
    observeStart(context, member, watch);
    announceStart(context, watch);
  }
  if (!joinsOn(watch, batch)) {
    // Something in between was lost or is late.
    askNext(context, member, watch);
    return [];
  }
  if (!isBefore(watch, batch.nextRevision, batch.nextEvent ?? 0)) return [];
  const cutRevision = watch.partial?.revision;
  const fresh = assemble(watch, batch);
  for (const { revision, events } of fresh) {
    const cut = revision === cutRevision ? { fragments: true as const } : {};
    const observed = observedEvents(events);
    observe(context, {
      type: 'watch-delivered',
      watch: watchName(member, watch.id),
      revision,
      ...cut,
      events: observed,
    });
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

/** Whether nothing lies between where the watch stands and where the batch begins. */
function joinsOn(watch: MemberWatch, { fromRevision, fromEvent = 0 }: Batch): boolean {
  if (fromRevision === watch.nextRevision && fromEvent === watch.nextEvent) return true;
  // From the middle of a revision only the place itself will do: events do not say which they are.
  if (fromEvent > 0 || fromRevision > watch.nextRevision) return false;
  watch.nextEvent = 0;
  watch.partial = undefined;
  return true;
}

function isBefore(watch: MemberWatch, revision: number, event: number): boolean {
  return watch.nextRevision < revision || (watch.nextRevision === revision && watch.nextEvent < event);
}

/** Puts fragments together: what is whole is given out, what is not waits for the rest. Moves the watch on. */
function assemble(watch: MemberWatch, batch: Batch): readonly Change[] {
  const whole: Change[] = [];
  let last = watch.partial;
  for (const change of batch.changes) {
    if (change.revision < watch.nextRevision) continue;
    if (last?.revision === change.revision) {
      last = { revision: last.revision, events: [...last.events, ...change.events] };
    } else {
      if (last !== undefined) whole.push(last);
      last = change;
    }
  }
  watch.nextRevision = batch.nextRevision;
  watch.nextEvent = batch.nextEvent ?? 0;
  const isWhole = last !== undefined && last.revision < batch.nextRevision;
  watch.partial = isWhole ? undefined : last;
  if (last !== undefined && isWhole) whole.push(last);
  return whole;
}

/** Tells a client who wants to know how far its watch is complete. To be said after what was delivered. */
export function tellProgress(context: MemberContext, watch: MemberWatch, lastGiven: number, batch: Batch): void {
  const { owner, nextRevision } = watch;
  if (owner.for !== 'client') return;
  const isNews = watch.tellsProgress && nextRevision > lastGiven + 1 && nextRevision > watch.toldRevision;
  const isWanted = watch.isProgressWanted && nextRevision > batch.revision;
  if (!isNews && !isWanted) return;
  if (isWanted) watch.isProgressWanted = false;
  watch.toldRevision = nextRevision;
  context.send<LeaseAnswer>(owner.client, {
    type: 'watch-progress',
    watchId: owner.watchId,
    revision: nextRevision - 1,
  });
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
