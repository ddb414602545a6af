import { nodeOf, type AnyAddress, type NodeId } from '../../../runtime/address.js';
import { assert } from '../../../runtime/assert.js';
import type { Member, MemberContext } from './state.js';

/*
 * Which server of the store to deal with, where there are several. Requests go to the leader: a server that does not lead says who does, and
 * where nobody answers the next one is tried. Watches are served by any server, best each member's by another, as long as it is there and
 * knows a leader. All servers number revisions alike, so both may change at any time.
 */

/** A server that takes our rounds says so at once; after so many without that, another serves our watches. */
const ROUNDS_UNHEARD_MAX = 3;

export function leadingServer({ servers }: Member): AnyAddress {
  return addressAt(servers.addresses, servers.leading);
}

export function watchingServer({ servers }: Member): AnyAddress {
  return addressAt(servers.addresses, servers.watching);
}

function addressAt(addresses: readonly AnyAddress[], index: number): AnyAddress {
  const address = addresses[index];
  assert(address !== undefined, 'a member knows the servers that it deals with');
  return address;
}

/** Each member begins with another server for its watches. */
export function spreadWatches(context: MemberContext, { servers, members }: Member): void {
  servers.watching = Math.max(0, members.indexOf(context.node)) % servers.addresses.length;
  servers.watchHeardMs = context.nowMs();
}

/** A request was answered. */
export function noteAnswer(context: MemberContext, member: Member): void {
  if (context.sender !== leadingServer(member)) return;
  member.servers.heardMs = context.nowMs();
  member.servers.hops = 0;
}

/** What was sent at `sentMs` has no answer yet: where nothing else came since either, the next server is tried. */
export function noteUnanswered(context: MemberContext, member: Member, sentMs: number): void {
  if (member.servers.addresses.length > 1 && member.servers.heardMs < sentMs) tryNext(context, member);
}

function tryNext(context: MemberContext, { servers }: Member): void {
  servers.leading = (servers.leading + 1) % servers.addresses.length;
  servers.heardMs = context.nowMs();
}

/**
 * The server that requests go to does not lead. Answers whether what is under way is to be sent at once to whom it named: not if two send us to
 * each other, or nobody is named; then the next retry goes to the next server.
 */
export function followRedirection(context: MemberContext, member: Member, leader: NodeId): boolean {
  const { servers } = member;
  if (context.sender !== leadingServer(member)) return false;
  const named = servers.addresses.findIndex((address) => nodeOf(address) === leader);
  servers.hops += 1;
  if (named < 0 || named === servers.leading || servers.hops > servers.addresses.length) {
    tryNext(context, member);
    return false;
  }
  servers.leading = named;
  servers.heardMs = context.nowMs();
  return true;
}

/** The server of our watches has taken a round, and hears of what happens. */
export function noteWatching(context: MemberContext, member: Member, leader: NodeId): void {
  if (leader !== '' && context.sender === watchingServer(member)) member.servers.watchHeardMs = context.nowMs();
}

/** Whether another server serves our watches from now on, as the present one has not said for long that it does. */
export function changesWatching(context: MemberContext, { servers, options }: Member): boolean {
  const silentMs = context.nowMs() - servers.watchHeardMs;
  if (servers.addresses.length === 1 || silentMs <= ROUNDS_UNHEARD_MAX * options.roundEveryMs) return false;
  servers.watching = (servers.watching + 1) % servers.addresses.length;
  servers.watchHeardMs = context.nowMs();
  return true;
}
