import { assert } from '../../runtime/assert.js';

/**
 * News that waits to be sent on, each piece a limited number of times, those sent least often first (SWIM section 4.1). At most one
 * piece about each subject: the newest. A piece lives in the round that tells how often it has been sent.
 */
export interface Dissemination<T> {
  readonly rounds: Map<string, T>[];
  readonly roundOf: Map<string, number>;
}

export function newDissemination<T>(): Dissemination<T> {
  return { rounds: [], roundOf: new Map() };
}

export function hasNews(news: Dissemination<unknown>): boolean {
  return news.roundOf.size > 0;
}

/** Queues a piece of news, in place of older news about the same subject. */
export function queueNews<T>(news: Dissemination<T>, subject: string, piece: T): void {
  dropNews(news, subject);
  place(news, subject, piece, 0);
}

export function dropNews(news: Dissemination<unknown>, subject: string): void {
  const round = news.roundOf.get(subject);
  if (round === undefined) return;
  news.rounds[round]?.delete(subject);
  news.roundOf.delete(subject);
}

/** Takes up to `max` pieces for one message; each is forgotten when it has been taken `limit` times. */
export function takeNews<T>(news: Dissemination<T>, max: number, limit: number): T[] {
  const taken: { subject: string; piece: T; round: number }[] = [];
  for (let round = 0; round < news.rounds.length && taken.length < max; round++) {
    for (const [subject, piece] of news.rounds[round] ?? []) {
      if (taken.length === max) break;
      taken.push({ subject, piece, round });
    }
  }
  for (const { subject, piece, round } of taken) {
    dropNews(news, subject);
    if (round + 1 < limit) place(news, subject, piece, round + 1);
  }
  return taken.map(({ piece }) => piece);
}

function place<T>(news: Dissemination<T>, subject: string, piece: T, round: number): void {
  while (news.rounds.length <= round) news.rounds.push(new Map());
  const pieces = news.rounds[round];
  assert(pieces !== undefined && !news.roundOf.has(subject), 'news about a subject waits in one round only');
  pieces.set(subject, piece);
  news.roundOf.set(subject, round);
}
