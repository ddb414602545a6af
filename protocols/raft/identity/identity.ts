import type { NodeId } from '../../../runtime/address.js';
import { assert } from '../../../runtime/assert.js';
import type { Plain } from '../../../runtime/data.js';
import { noteWrite } from '../log/durability.js';
import type { RaftMessageOf } from '../messages.js';
import { observeRaft } from '../observations.js';
import type { Identity } from './identity-state.js';
import { memberAddress, sendingMember, type RaftState, type RaftTurn } from '../state.js';

/** The cell with the name of this disk, and whether others know it by now. */
export const DISK_CELL = 'disk';
/** The cell with the disks of others, by node. */
export const ACQUAINTANCES_CELL = 'acquaintances';
export const INTRODUCTIONS_TIMER = 'introductions';

const ACQUAINTANCES_MAX = 1000;
/** A longer name was made by no member. */
const DISK_NAME_LENGTH_MAX = 64;
/** Parts of a disk's name that are drawn. */
const DRAWN_MAX = 0x7fff_ffff;

/** The identity that was found on the disk. `hasVoice`: there is a member's state as well; without an identity it is of before there were any, and is trusted. */
export function recoverIdentity(identity: Identity, cells: ReadonlyMap<string, Plain>, hasVoice: boolean): void {
  const disk = cells.get(DISK_CELL) as { readonly disk: string; readonly isKnown: boolean } | undefined;
  const acquaintances = cells.get(ACQUAINTANCES_CELL) as Readonly<Record<NodeId, string>> | undefined;
  identity.disk = disk?.disk ?? '';
  identity.isKnown = disk?.isKnown ?? hasVoice;
  for (const [node, known] of Object.entries(acquaintances ?? {})) identity.acquaintances.set(node, known);
}

/**
 * At every start. An empty disk gets a name, which the others are told until a majority of them knows it: whoever voted or counted has a disk
 * that a majority of the others knows, and keeps knowing, since they note it durably before they say so. Of two disks under one name only one
 * gets so far, as any two majorities share somebody.
 */
export function introduce(turn: RaftTurn): void {
  const { context, state } = turn;
  const { identity } = state;
  if (identity.disk === '') {
    const drawn = context.random('disk').between(0, DRAWN_MAX);
    // Wherever the draws are the same again, as in a simulator, the time is not.
    identity.disk = `${Math.floor(context.wallMs())}-${drawn}`;
    if (!identity.isKnown && introducesTo(state).length === 0) identity.isKnown = true;
    saveIdentity(turn);
  }
  // Once more in each life: what was noted may have become durable just before a crash, and then nobody was told.
  for (const [member, disk] of identity.acquaintances) observeRaft(context, { type: 'raft-disk-noted', member, disk });
  if (!identity.isKnown) askForRecognition(turn);
}

/** Those whose knowledge counts: the others of the founders for a founder, and else of the voters. */
function introducesTo({ parameters, configuration, self }: RaftState): readonly NodeId[] {
  const { members } = parameters;
  const voters = members.includes(self) ? members : [...new Set([...configuration.voters, ...configuration.outgoing])];
  return voters.filter((node) => node !== self);
}

/** Tells those who have not answered yet; again after a heartbeat's time, since messages get lost. */
export function askForRecognition({ context, state }: RaftTurn): void {
  const { disk, isKnown, isDisowned, knownBy } = state.identity;
  if (isKnown || isDisowned) return;
  for (const node of introducesTo(state)) {
    if (!knownBy.has(node)) context.send(memberAddress(state, node), { type: 'introduce', disk });
  }
  context.setTimer(INTRODUCTIONS_TIMER, state.parameters.heartbeatMs, { type: 'introductions-due' });
}

export function onIntroductionsDue(turn: RaftTurn): void {
  const { context } = turn;
  if (context.sender === context.self) askForRecognition(turn);
}

/** Somebody names its disk: the first that a name has here is noted, and named to whoever comes under that name from then on. */
export function onIntroduce(turn: RaftTurn, { disk }: RaftMessageOf<'introduce'>): void {
  const { context, state } = turn;
  const node = sendingMember(context, state);
  if (node === '' || disk.length > DISK_NAME_LENGTH_MAX) return;
  const { acquaintances } = state.identity;
  if (!acquaintances.has(node)) {
    if (acquaintances.size >= ACQUAINTANCES_MAX) return;
    acquaintances.set(node, disk);
    context.storage.put(ACQUAINTANCES_CELL, Object.fromEntries(acquaintances));
    noteWrite(turn);
    observeRaft(context, { type: 'raft-disk-noted', member: node, disk });
  }
  context.send(memberAddress(state, node), { type: 'introduced', disk: acquaintances.get(node) ?? disk });
}

/** Under which disk the sender knows us. */
export function onIntroduced(turn: RaftTurn, { disk }: RaftMessageOf<'introduced'>): void {
  const { context, state } = turn;
  const { identity } = state;
  const node = sendingMember(context, state);
  if (node === '' || identity.isKnown || identity.isDisowned) return;
  if (disk !== identity.disk) {
    identity.isDisowned = true;
    observeRaft(context, { type: 'raft-disk-disowned', disk: identity.disk, knownDisk: disk, by: node });
    return;
  }
  identity.knownBy.add(node);
  const others = introducesTo(state);
  const known = others.filter((other) => identity.knownBy.has(other)).length;
  if (2 * known <= others.length) return;
  identity.isKnown = true;
  context.cancelTimer(INTRODUCTIONS_TIMER);
  saveIdentity(turn);
  observeRaft(context, { type: 'raft-disk-known', disk: identity.disk });
}

function saveIdentity({ context, state }: RaftTurn): void {
  const { disk, isKnown } = state.identity;
  assert(disk !== '', 'the disk has a name');
  context.storage.put(DISK_CELL, { disk, isKnown });
}

/**
 * Whether we may ask others in the name of clients. A disk that was lost took the count of lives with it: what others still owe to the life before
 * would come as the answer to a question of this one. The disk that others know is the only one under this name that ever asked.
 */
export function mayAsk({ isKnown }: Identity): boolean {
  return isKnown;
}

/** To a client: loyal ones would come back to who answers, and here that is in vain for good where the disk is disowned. */
export function refusalOfUnknown(self: NodeId): { readonly reason: 'disk-unknown'; readonly detail: string } {
  return { reason: 'disk-unknown', detail: `${self} has a disk that the others do not know; ask another member` };
}

/** What answers to a leader say besides, where the member that answers must not count. */
export function countingMark({ identity }: RaftState): { readonly unknown?: true } {
  return identity.isKnown ? KNOWN : UNKNOWN;
}

const KNOWN = Object.freeze({});
const UNKNOWN = Object.freeze({ unknown: true as const });
