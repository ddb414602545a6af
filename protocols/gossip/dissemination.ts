/** One piece of news on its way. */
interface Piece<T> {
  readonly subject: string;
  readonly piece: T;
  /** False once newer news about the subject has taken its place, or it is no news any more: it is skipped where it stands. */
  isCurrent: boolean;
}

/** First in, first out; what stands before `head` has been taken. */
interface Round<T> {
  pieces: Piece<T>[];
  head: number;
}

/**
 * News that waits to be sent on, each piece a limited number of times, those sent least often first (SWIM section 4.1). At most one
 * piece about each subject: the newest. A piece waits in the round that tells how often it has been sent.
 */
export interface Dissemination<T> {
  readonly rounds: Round<T>[];
  readonly current: Map<string, Piece<T>>;
}

export function newDissemination<T>(): Dissemination<T> {
  return { rounds: [], current: new Map() };
}

/** How many subjects there is news about. */
export function countNews(news: Dissemination<unknown>): number {
  return news.current.size;
}

/** Queues a piece of news, in place of older news about the same subject. */
export function queueNews<T>(news: Dissemination<T>, subject: string, piece: T): void {
  dropNews(news, subject);
  const queued = { subject, piece, isCurrent: true };
  news.current.set(subject, queued);
  place(news, queued, 0);
}

export function dropNews(news: Dissemination<unknown>, subject: string): void {
  const piece = news.current.get(subject);
  if (piece === undefined) return;
  piece.isCurrent = false;
  news.current.delete(subject);
}

/** Takes up to `max` pieces for one message; each is forgotten when it has been taken `limit` times. */
export function takeNews<T>(news: Dissemination<T>, max: number, limit: number): T[] {
  const taken: T[] = [];
  const moved: { readonly piece: Piece<T>; readonly round: number }[] = [];
  for (let index = 0; index < news.rounds.length && taken.length < max; index++) {
    const round = news.rounds[index] as Round<T>;
    while (taken.length < max && round.head < round.pieces.length) {
      const piece = round.pieces[round.head++] as Piece<T>;
      if (!piece.isCurrent) continue;
      taken.push(piece.piece);
      if (index + 1 < limit) moved.push({ piece, round: index + 1 });
      else dropNews(news, piece.subject);
    }
    trim(round, news.current.size);
  }
  // Only now, lest a piece be taken twice for one message.
  for (const { piece, round } of moved) place(news, piece, round);
  return taken;
}

function place<T>(news: Dissemination<T>, piece: Piece<T>, index: number): void {
  while (news.rounds.length <= index) news.rounds.push({ pieces: [], head: 0 });
  const round = news.rounds[index] as Round<T>;
  trim(round, news.current.size);
  round.pieces.push(piece);
}

const TRIM_MIN = 64;

/** A round keeps at most about twice as many places as there is news, taken and overridden pieces included. */
function trim<T>(round: Round<T>, newsCount: number): void {
  if (round.head === round.pieces.length) {
    if (round.head > 0) round.pieces = [];
    round.head = 0;
  } else if (round.pieces.length > TRIM_MIN + 2 * newsCount) {
    round.pieces = round.pieces.slice(round.head).filter(({ isCurrent }) => isCurrent);
    round.head = 0;
  } else if (round.head > TRIM_MIN && round.head * 2 > round.pieces.length) {
    round.pieces = round.pieces.slice(round.head);
    round.head = 0;
  }
}
