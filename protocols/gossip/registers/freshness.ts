import { nodeOf, type NodeId } from '../../../runtime/address.js';
import type { Context } from '../../../runtime/context.js';
import { t, type Infer } from '../../../runtime/schema.js';

/**
 * How old registers may be that are taken in. A network may bring a message late, or a second time, and by then the tombstone that refused what it
 * brings may be forgotten. No clocks are compared: every replica is in an era, a name that nobody else can know before the replica has told it; whoever
 * sends it registers says which of its eras it heard last, so what comes with the present era, or the one before, was sent after that era began.
 */
const ERAS_PER_TOMBSTONE = 8;

/** `life` is another one in each life of the replica. `number` grows by one with each era of that life. */
export const eraType = t.object({ life: t.int, number: t.int });
export type Era = Infer<typeof eraType>;

export interface Freshness {
  /** Names this life of the replica. 0 before it has begun. */
  life: number;
  /** By peer, the era of it that was heard last. */
  readonly heard: Map<NodeId, Era>;
}

interface Eras {
  readonly options: { readonly registerTombstoneMs: number };
  readonly freshness: Freshness;
  readonly peers: { readonly all: readonly NodeId[] };
}

type Clock = Pick<Context, 'nowMs'>;

export function newFreshness(): Freshness {
  return { life: 0, heard: new Map() };
}

/** Beside 32 drawn bits so many fit into a safe integer. */
const START_TICKS = 1_048_576;

/**
 * The name of a life is drawn. When it began is in the name too, so that even one who draws the same (a simulated node that lost its disk counts its lives
 * from 1 again, and with them its streams) has another name; nothing is read from it.
 */
export function beginLife(context: Pick<Context, 'random' | 'wallMs' | 'incarnation'>, freshness: Freshness): void {
  const start = Math.abs(Math.floor(context.wallMs()) + context.incarnation) % START_TICKS;
  freshness.life = context.random('register-era').uint32() * START_TICKS + start;
}

/** The era that this replica is in. Eras go by the clock that the time of tombstones goes by. */
export function presentEra(context: Clock, { options, freshness }: Eras): Era {
  const eraMs = Math.max(1, Math.floor(options.registerTombstoneMs / ERAS_PER_TOMBSTONE));
  return { life: freshness.life, number: Math.floor(context.nowMs() / eraMs) };
}

/** Whether what was sent by one who had last heard this era of us was sent within the last two eras: a quarter of the time of a tombstone. */
export function isFresh(context: Clock, eras: Eras, heardEra: Era | null): boolean {
  if (heardEra === null) return false;
  const { life, number } = presentEra(context, eras);
  return heardEra.life === life && (heardEra.number === number || heardEra.number === number - 1);
}

/** The sender of the message being handled is in this era. Of two eras of one life the later counts, whichever comes first. */
export function noteEra(context: Pick<Context, 'sender'>, { freshness, peers }: Eras, era: Era): void {
  const peer = nodeOf(context.sender);
  if (!peers.all.includes(peer)) return;
  const before = freshness.heard.get(peer);
  if (before?.life === era.life && before.number >= era.number) return;
  freshness.heard.set(peer, era);
}

/** The era to name in what is sent to a peer; null: none was heard of it. */
export function heardEraOf({ freshness }: Eras, peer: NodeId): Era | null {
  return freshness.heard.get(peer) ?? null;
}

/** Of whom membership has forgotten, the era is forgotten too. */
export function forgetStrangers({ freshness, peers }: Eras): void {
  if (freshness.heard.size <= peers.all.length) return;
  const known = new Set(peers.all);
  for (const peer of freshness.heard.keys()) if (!known.has(peer)) freshness.heard.delete(peer);
}

/** What an option may be: within an era a replica asks and is answered. */
export function findEraFault({
  registerTombstoneMs,
  registerSyncIntervalMs,
}: {
  readonly registerTombstoneMs: number;
  readonly registerSyncIntervalMs: number;
}): string | undefined {
  return registerTombstoneMs >= ERAS_PER_TOMBSTONE * registerSyncIntervalMs
    ? undefined
    : `must be at least ${ERAS_PER_TOMBSTONE} times registerSyncIntervalMs, or what peers send is too old when it comes`;
}
