import { actorPathOf, addressOf, nodeOf, type AnyAddress, type NodeId } from '../../../runtime/address.js';
import { plainSizeBytes } from '../../lease/index.js';
import { countNews, queueNews, takeNews } from '../dissemination.js';
import { observe } from '../observations.js';
import { choosePeers } from '../peers.js';
import { retransmitLimit } from '../timing.js';
import { READING_MAX } from './clock.js';
import type { Exchange, ExchangeContext } from './exchange-state.js';
import { heardEraOf, isFresh, noteEra, presentEra } from './freshness.js';
import type { ExchangeMessage, TravellingRegister } from './messages.js';
import { compareVersions, isConflict, mergeRegisters, registerOfSiblings, type Register } from './register.js';
import {
  beginBatch,
  cellOf,
  changedSince,
  endBatch,
  mergeInBatch,
  storedForm,
  type Batch,
  type Change,
} from './replica.js';
import { findSiblingFault } from './siblings.js';
import { deletedForMs, isCollectable, noteTombstone } from './tombstones.js';

type Received<K extends ExchangeMessage['type']> = Extract<ExchangeMessage, { type: K }>;

/** Registers in one message take about this much at most. */
const MESSAGE_BYTES_MAX = 262_144;
/** Beyond this many waiting keys, anti-entropy carries the rest. */
const NEWS_MAX = 4096;

/** A batch is never split over two digests, so a message may hold more than what is aimed at; beyond this nothing is looked at. */
function entriesMax({ options }: Exchange): number {
  return options.registersPerMessage * 2;
}

function say(context: ExchangeContext, to: AnyAddress, message: ExchangeMessage): void {
  context.send(to, message);
}

const NO_AGES: ReadonlyMap<string, number> = new Map();

/** Ends a batch: what changed is stored, and pushed on. `ageOf`: how long tombstones that came from elsewhere have been deleted. */
export function commitBatch(
  context: ExchangeContext,
  exchange: Exchange,
  batch: Batch,
  ageOf: ReadonlyMap<string, number> = NO_AGES,
): Change[] {
  const changes = endBatch(exchange.replica, batch);
  for (const { after } of changes) {
    context.storage.put(cellOf(after.register.key), storedForm(after));
    noteTombstone(context, exchange, after.register, ageOf.get(after.register.key) ?? 0);
    if (countNews(exchange.news) < NEWS_MAX) queueNews(exchange.news, after.register.key, after.register.key);
  }
  if (changes.length > 0 && !context.hasTimer('spread')) {
    // What comes within a tenth of the interval travels together; nothing waits for the whole of it.
    context.setTimer('spread', Math.max(1, Math.floor(exchange.options.gossipIntervalMs / 10)), { type: 'spread-due' });
  }
  return changes;
}

/** What is told again at a start reaches this many changes back; more than a disk has between a write and its observation. */
const RECOVERED_TOLD = 256;

/** Tells what the disk held: of the last changes, a crash may have hidden some from the observers. */
export function observeRecovered(context: ExchangeContext, { replica }: Exchange): void {
  for (const { key } of replica.changeLog.slice(-RECOVERED_TOLD)) {
    const held = replica.held.get(key);
    if (held === undefined || held.register.siblings !== undefined) continue;
    const { counter, writer, deleted } = held.register;
    observe(context, { type: 'register-recovered', key, counter, writer, deleted, revision: held.modRevision });
  }
}

/** Fresh registers go to random peers, each register a number of times that grows with the logarithm of the group. */
export function onSpreadDue(context: ExchangeContext, exchange: Exchange): void {
  const { gossipFanout, gossipIntervalMs, registersPerMessage, retransmitMultiplier } = exchange.options;
  const limit = retransmitLimit(retransmitMultiplier, exchange.peers.all.length + 1);
  const most = context.faultPoint('gossip.register-of-one') ? 1 : registersPerMessage;
  const fanout = context.faultPoint('gossip.keep-news') ? 0 : gossipFanout;
  for (const peer of choosePeers(exchange.peers.reachable, fanout, context.random('spread'))) {
    const entries = packed(context, exchange, takeNews(exchange.news, most, limit)).entries;
    if (entries.length > 0) push(context, exchange, peer, entries);
  }
  if (countNews(exchange.news) > 0 && exchange.peers.reachable.length > 0) {
    context.setTimer('spread', gossipIntervalMs, { type: 'spread-due' });
  }
}

function push(
  context: ExchangeContext,
  exchange: Exchange,
  peer: NodeId,
  entries: readonly TravellingRegister[],
): void {
  const [era, heardEra] = [presentEra(context, exchange), heardEraOf(exchange, peer)];
  say(context, replicaAt(context, peer), { type: 'registers', era, heardEra, entries });
}

/** Fresh registers are taken in. What may be too old is as good as a digest: it tells which keys to ask for, and what comes then is fresh. */
export function onRegisters(
  context: ExchangeContext,
  exchange: Exchange,
  { era, heardEra, entries }: Received<'registers'>,
): Change[] {
  noteEra(context, exchange, era);
  if (isFresh(context, exchange, heardEra)) return mergeEntries(context, exchange, entries);
  fetchAnew(context, exchange, entries);
  return [];
}

/**
 * Asks the sender for what it holds now of that which would be news here. One question for each push, and none for answers, so that old messages, however
 * many, make no more traffic than they are; what is missed thus, anti-entropy brings.
 */
function fetchAnew(context: ExchangeContext, exchange: Exchange, entries: readonly TravellingRegister[]): void {
  const { held } = exchange.replica;
  const keys = new Set<string>();
  for (const entry of entries.slice(0, entriesMax(exchange))) {
    if (!isAdmissible(context, exchange, entry) || isPast(exchange, entry)) continue;
    const { key } = entry.register;
    const mine = held.get(key)?.register;
    if (mergeRegisters(mine, ownForm(entry.register)) !== mine) keys.add(key);
  }
  if (keys.size === 0) return;
  // It says nothing of revisions, so nothing is followed by it.
  const nowhere = { sinceRevision: 0, uptoRevision: 0, more: false };
  const era = presentEra(context, exchange);
  say(context, context.sender, { type: 'sync-fetch', era, ...nowhere, keys: [...keys] });
}

/** Whether it is within all limits; says so where it is not. */
function isAdmissible(context: ExchangeContext, exchange: Exchange, entry: TravellingRegister): boolean {
  const refusal = findRefusal(exchange, entry.register) ?? findForeignFault(entry);
  if (refusal === undefined) return true;
  observe(context, { type: 'register-refused', key: entry.register.key.slice(0, 100), reason: refusal });
  return false;
}

/** Forgotten here, and to be forgotten there: were it taken in, it would go round for ever. */
function isPast({ options, replica }: Exchange, { register, deletedForMs: ageMs }: TravellingRegister): boolean {
  return !replica.held.has(register.key) && ageMs >= options.registerTombstoneMs && isCollectable(register);
}

/** Takes in registers from another replica; answers with what changed. */
function mergeEntries(context: ExchangeContext, exchange: Exchange, entries: readonly TravellingRegister[]): Change[] {
  const batch = beginBatch(exchange.replica, context.wallMs());
  const ageOf = new Map<string, number>();
  for (const entry of entries.slice(0, entriesMax(exchange))) {
    if (!isAdmissible(context, exchange, entry) || isPast(exchange, entry)) continue;
    const { key } = entry.register;
    if (entry.register.deleted) ageOf.set(key, Math.max(entry.deletedForMs, ageOf.get(key) ?? 0));
    takeIn(context, exchange, batch, ownForm(entry.register));
  }
  return commitBatch(context, exchange, batch, ageOf);
}

function takeIn(context: ExchangeContext, { replica }: Exchange, batch: Batch, theirs: Register): void {
  const mine = replica.held.get(theirs.key)?.register;
  const isTaken = mergeInBatch(replica, batch, theirs);
  if (mine !== undefined && isConflict(mine, theirs)) observeConflict(context, mine, theirs, isTaken);
  const { siblings } = replica.held.get(theirs.key)?.register ?? theirs;
  if (!isTaken) return;
  if (siblings === undefined) observeMerge(context, batch, mine, theirs);
  else observe(context, { type: 'siblings-merged', key: theirs.key, siblings: siblings.siblings.length });
}

/** What follows from siblings is found anew and not believed. */
function ownForm(register: Register): Register {
  return register.siblings === undefined ? register : registerOfSiblings(register.key, register.siblings);
}

function findForeignFault({ register, deletedForMs: ageMs }: TravellingRegister): string | undefined {
  if (ageMs < 0) return 'the time since it was deleted is negative';
  return register.siblings === undefined ? undefined : findSiblingFault(register.siblings);
}

/** Why a register may not be taken in or written, or undefined. */
export function findRefusal(
  exchange: Exchange,
  { key, counter, value }: Pick<Register, 'key' | 'counter' | 'value'>,
): string | undefined {
  const { keyLengthMax, valueBytesMax, registersMax } = exchange.options;
  if (key === '' || key.length > keyLengthMax) return `the key must have 1 to ${keyLengthMax} characters`;
  if (counter < 0 || counter > READING_MAX) return 'the version is out of range';
  if (plainSizeBytes(value) > valueBytesMax) return `the value is larger than ${valueBytesMax} bytes`;
  const isNew = !exchange.replica.held.has(key);
  return isNew && exchange.replica.held.size >= registersMax
    ? `there are ${registersMax} registers already`
    : undefined;
}

/**
 * Anti-entropy: a random peer is asked for what changed there. Also one believed dead: after a partition each side believes so of the other.
 */
export function onRegisterSyncDue(context: ExchangeContext, exchange: Exchange): void {
  const [peer] = choosePeers(exchange.peers.all, 1, context.random('register-sync'));
  if (peer !== undefined) requestSync(context, exchange, peer);
  context.setTimer('register-sync', exchange.options.registerSyncIntervalMs, { type: 'register-sync-due' });
}

function requestSync(context: ExchangeContext, exchange: Exchange, peer: NodeId): void {
  const sinceRevision = exchange.followed.get(peer) ?? 0;
  const era = presentEra(context, exchange);
  say(context, replicaAt(context, peer), { type: 'sync-request', era, sinceRevision });
}

export function onSyncRequest(
  context: ExchangeContext,
  exchange: Exchange,
  { era: theirEra, sinceRevision }: Received<'sync-request'>,
): void {
  noteEra(context, exchange, theirEra);
  const { changed, upto, more } = changedSince(exchange.replica, sinceRevision, exchange.options.registersPerMessage);
  const versions = changed.map(({ register: { key, counter, writer } }) => ({ key, counter, writer }));
  const era = presentEra(context, exchange);
  say(context, context.sender, { type: 'sync-digest', era, sinceRevision, uptoRevision: upto, more, versions });
}

export function onSyncDigest(context: ExchangeContext, exchange: Exchange, digest: Received<'sync-digest'>): void {
  noteEra(context, exchange, digest.era);
  const { held } = exchange.replica;
  const wanted: string[] = [];
  const newerHere: string[] = [];
  for (const theirs of digest.versions) {
    const mine = held.get(theirs.key)?.register;
    const order = mine === undefined ? -1 : compareVersions(mine, theirs);
    if (order < 0) wanted.push(theirs.key);
    if (order > 0) newerHere.push(theirs.key);
  }
  const { entries } = packed(context, exchange, newerHere.slice(0, exchange.options.registersPerMessage));
  if (entries.length > 0) push(context, exchange, nodeOf(context.sender), entries);
  const { sinceRevision, uptoRevision, more } = digest;
  if (wanted.length === 0) return follow(context, exchange, digest);
  const era = presentEra(context, exchange);
  say(context, context.sender, { type: 'sync-fetch', era, sinceRevision, uptoRevision, more, keys: wanted });
}

export function onSyncFetch(context: ExchangeContext, exchange: Exchange, fetch: Received<'sync-fetch'>): void {
  noteEra(context, exchange, fetch.era);
  const { sinceRevision, uptoRevision, more, era: heardEra } = fetch;
  const asked = fetch.keys.slice(0, entriesMax(exchange));
  const { entries, complete: fitted } = packed(context, exchange, asked);
  const complete = fitted && asked.length === fetch.keys.length;
  const eras = { era: presentEra(context, exchange), heardEra };
  say(context, context.sender, {
    type: 'sync-registers',
    ...eras,
    sinceRevision,
    uptoRevision,
    more,
    complete,
    entries,
  });
}

export function onSyncRegisters(
  context: ExchangeContext,
  exchange: Exchange,
  message: Received<'sync-registers'>,
): Change[] {
  noteEra(context, exchange, message.era);
  if (!isFresh(context, exchange, message.heardEra)) return [];
  const changes = mergeEntries(context, exchange, message.entries);
  if (message.complete && message.entries.length <= entriesMax(exchange)) follow(context, exchange, message);
  return changes;
}

/** Everything that the peer held up to this revision has been merged, so the next round begins there. */
function follow(
  context: ExchangeContext,
  exchange: Exchange,
  { sinceRevision, uptoRevision, more }: Pick<Received<'sync-digest'>, 'sinceRevision' | 'uptoRevision' | 'more'>,
): void {
  const peer = nodeOf(context.sender);
  const followed = exchange.followed.get(peer) ?? 0;
  // An answer to an earlier question must not skip what it did not cover.
  if (sinceRevision > followed || !exchange.peers.all.includes(peer)) return;
  // A peer with fewer revisions than it had before has lost its disk: it is followed from the beginning.
  const isBehind = uptoRevision < sinceRevision;
  exchange.followed.set(peer, isBehind ? 0 : Math.max(followed, uptoRevision));
  if (more && uptoRevision > followed) requestSync(context, exchange, peer);
}

function replicaAt(context: ExchangeContext, peer: NodeId): AnyAddress {
  return addressOf(peer, actorPathOf(context.self));
}

/** The registers under these keys, as many as fit into one message, and always one. */
function packed(
  context: ExchangeContext,
  exchange: Exchange,
  keys: readonly string[],
): { readonly entries: TravellingRegister[]; readonly complete: boolean } {
  const entries: TravellingRegister[] = [];
  let size = 0;
  for (const key of keys) {
    const register = exchange.replica.held.get(key)?.register;
    if (register === undefined) continue;
    size += key.length + plainSizeBytes(register.value);
    if (register.siblings !== undefined) size += plainSizeBytes(register.siblings);
    if (size > MESSAGE_BYTES_MAX && entries.length > 0) return { entries, complete: false };
    entries.push({ register, deletedForMs: deletedForMs(context, exchange, key) });
  }
  return { entries, complete: true };
}

function observeMerge(context: ExchangeContext, batch: Batch, mine: Register | undefined, theirs: Register): void {
  const { key, counter, writer, deleted } = theirs;
  observe(context, {
    type: 'register-merged',
    key,
    counter,
    writer,
    deleted,
    replacedCounter: mine?.counter ?? 0,
    replacedWriter: mine?.writer ?? '',
    revision: batch.revision,
  });
}

function observeConflict(context: ExchangeContext, mine: Register, theirs: Register, isTaken: boolean): void {
  const [kept, dropped] = isTaken ? [theirs, mine] : [mine, theirs];
  observe(context, {
    type: 'conflict-resolved',
    key: mine.key,
    counter: mine.counter,
    kept: kept.writer,
    dropped: dropped.writer,
  });
}
