import { assert } from '../../../runtime/assert.js';
import { dropNews } from '../dissemination.js';
import { observe } from '../observations.js';
import type { Exchange, ExchangeContext } from './exchange-state.js';
import { isCounted, type Register } from './register.js';
import { cellOf, collect, positionCell } from './replica.js';

/** Where leases are kept: each under an id that is never given again. */
export const LEASES = '!lease/';

const TIMER = 'register-tombstones';

/**
 * Tombstones that may be forgotten: those whose key is never written again under a version that whoever still has the tombstone would take for older. A
 * reading of the clock is newer than all that this replica has forgotten, a write among siblings counts on from there, and a lease's id is not
 * given again. What is left are offices, which are given back and never deleted.
 */
export function isCollectable({ key, deleted }: Register): boolean {
  return deleted && (!isCounted(key) || key.startsWith(LEASES));
}

/** A register has changed. `deletedForMs`: how long it had been deleted when it came here; it travels with tombstones, so that all replicas forget one at about the same time. */
export function noteTombstone(
  context: ExchangeContext,
  exchange: Exchange,
  register: Register,
  deletedForMs: number,
): void {
  const { deletedAtMs, options } = exchange;
  deletedAtMs.delete(register.key);
  if (!isCollectable(register)) return;
  deletedAtMs.set(register.key, context.nowMs() - deletedForMs);
  if (!context.hasTimer(TIMER))
    context.setTimer(TIMER, options.registerTombstoneMs, { type: 'register-tombstones-due' });
}

/** How long a register has been deleted, at least; 0 for one that is not. */
export function deletedForMs(context: ExchangeContext, { deletedAtMs }: Exchange, key: string): number {
  const atMs = deletedAtMs.get(key);
  return atMs === undefined ? 0 : Math.max(0, Math.floor(context.nowMs() - atMs));
}

/** After a restart the time of each tombstone begins anew: later than stated, never before. */
export function noteRecoveredTombstones(context: ExchangeContext, exchange: Exchange): void {
  for (const { register } of exchange.replica.held.values()) noteTombstone(context, exchange, register, 0);
}

const SWEEPS_PER_TIME = 8;

export function onRegisterTombstonesDue(context: ExchangeContext, exchange: Exchange): void {
  const { replica, deletedAtMs, options, news } = exchange;
  const tombstoneMs = options.registerTombstoneMs;
  let collected = 0;
  for (const [key, atMs] of deletedAtMs) {
    const heldMs = context.nowMs() - atMs;
    if (heldMs < tombstoneMs) continue;
    const register = replica.held.get(key)?.register;
    assert(register !== undefined && isCollectable(register), 'what waits to be collected is a tombstone');
    const { counter, writer } = register;
    collect(replica, key);
    deletedAtMs.delete(key);
    dropNews(news, key);
    context.storage.delete(cellOf(key));
    observe(context, { type: 'register-collected', key, counter, writer, heldMs, tombstoneMs });
    collected++;
  }
  if (collected > 0) context.storage.put(...positionCell(replica));
  if (deletedAtMs.size === 0) return;
  const nextMs = Math.max(1, Math.ceil(tombstoneMs / SWEEPS_PER_TIME));
  context.setTimer(TIMER, nextMs, { type: 'register-tombstones-due' });
}
