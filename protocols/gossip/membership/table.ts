import type { Rumour } from './messages.js';

/**
 * The rules by which rumours about one member override each other (SWIM section 4.2): a higher incarnation wins; at the same incarnation
 * alive < suspect < dead < left. That is a total order, so merging is commutative, associative and idempotent, and all members that heard the same
 * rumours, in any order and any number of times, believe the same.
 *
 * It differs from the paper in one point, as memberlist does: a member declared dead may come back with a higher incarnation, since members
 * restart under their names and partitions heal. And `left` is above `dead`: only a member itself says so, so whoever took it for dead was late.
 */
export type Status = Rumour['status'];

export interface Standing {
  readonly incarnation: number;
  readonly status: Status;
}

const RANK: Readonly<Record<Status, number>> = Object.freeze({ alive: 0, suspect: 1, dead: 2, left: 3 });

/** Negative, zero or positive as `a` is overridden by, the same as, or overrides `b`. */
export function compareStandings(a: Standing, b: Standing): number {
  return a.incarnation - b.incarnation || RANK[a.status] - RANK[b.status];
}

/** Whether somebody takes part: answers, is probed and told news. */
export function isThere(status: Status): boolean {
  return status === 'alive' || status === 'suspect';
}

/**
 * What a rumour is to someone who knows `known`: something new, nothing new, or older than what is known. That somebody unknown is gone is no
 * news: whoever has forgotten a tombstone would be given it back by whoever has not yet, and neither would ever be rid of it.
 */
export function judgeRumour(known: Standing | undefined, rumour: Standing): 'news' | 'known' | 'stale' {
  if (known === undefined) return isThere(rumour.status) ? 'news' : 'known';
  const order = compareStandings(rumour, known);
  return order > 0 ? 'news' : order === 0 ? 'known' : 'stale';
}

/**
 * What a member whose standing is `own` (alive, or left) does about a rumour of itself: `refute` an accusation, or a life that it knows nothing of, with a higher
 * incarnation; `correct` one about an earlier incarnation; ignore what is true.
 */
export function judgeRumourOfSelf(own: Standing, rumour: Standing): 'refute' | 'correct' | 'true' {
  if (rumour.incarnation > own.incarnation) return 'refute';
  const order = compareStandings(rumour, own);
  if (order === 0) return 'true';
  return order < 0 ? 'correct' : 'refute';
}

/** The incarnation that refutes: higher than one's own and than the one accused, so that it overrides both. */
export function refutingIncarnation(own: number, accused: number): number {
  return Math.max(own, accused) + 1;
}

/**
 * Each life of a node has a block of incarnations of its own, above those of all its earlier lives; refutations count up inside the block.
 * So a restarted node overrides whatever was said of its earlier life, without writing anything of its own.
 */
export const INCARNATIONS_PER_LIFE = 1_048_576;

export function firstIncarnationOf(life: number): number {
  return life * INCARNATIONS_PER_LIFE;
}

/** A claim beyond this is nonsense from outside: taking it in would leave no room to refute it. */
export const INCARNATION_MAX = 4_503_599_627_370_496;
