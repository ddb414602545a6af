import { t } from '../../../runtime/schema.js';
import type { Plain } from '../../../runtime/data.js';

/**
 * What an entry does in a session (thesis, §6.3). `register`: a session begins, named by the index of the entry. `propose`: its command is the
 * client's proposal `number`, and the client has the answers of all numbers up to `acknowledged`.
 */
export const sessionOperationType = t.variants({
  register: { idleEntries: t.int },
  propose: { id: t.int, number: t.int, acknowledged: t.int },
});

export type SessionOperation =
  | { readonly kind: 'register'; readonly idleEntries: number }
  | { readonly kind: 'propose'; readonly id: number; readonly number: number; readonly acknowledged: number };

type Proposal = Extract<SessionOperation, { kind: 'propose' }>;

/** First outcome of a request that took effect, and the index at which it did. */
export interface Applied {
  readonly index: number;
  readonly result: Plain;
}

/** Why a proposal of a session takes no effect. `invalid`: it never did and never will. `unknown`: it may have, before. */
export interface Refusal {
  readonly error: 'invalid' | 'unknown';
  readonly reason: 'session-expired' | 'answer-dropped';
  readonly detail: string;
}

export interface Session {
  /** It ends when so many entries were applied without one of its own. */
  readonly idleEntries: number;
  /** The last entry of this session. */
  lastIndex: number;
  /** The client has the answers up to here; they are kept no more. */
  acknowledged: number;
  /** The highest number that took effect. */
  highest: number;
  /** By number. */
  readonly answers: Map<number, Applied>;
}

/** The sessions as of an index of the log. A part of the replicated state: nothing in it rests on a clock or a node. */
export interface SessionTable {
  /** By id, the one that was used longest ago first. */
  readonly open: Map<number, Session>;
  /** Sessions that ended, the one that ended longest ago first, with the highest number that took effect in each. */
  readonly ended: Map<number, number>;
}

/** Part of the meaning of the replicated state, hence no parameters: all members must forget at the same entry. */
export const SESSIONS_MAX = 10_000;
export const ENDED_SESSIONS_MAX = 10_000;
/** A session whose client leaves more answers than these unacknowledged ends. */
export const UNACKNOWLEDGED_MAX = 1000;
export const IDLE_ENTRIES_DEFAULT = 10_000;
export const IDLE_ENTRIES_MAX = 1_000_000;

export function noSessions(): SessionTable {
  return { open: new Map(), ended: new Map() };
}

/** Applies a registration at `index`; where there are too many, the session that was used longest ago ends. */
export function registerSession(table: SessionTable, index: number, idleEntries: number): void {
  for (const [id, session] of table.open) {
    const isIdle = hasExpired(session, index);
    if (!isIdle && table.open.size < SESSIONS_MAX) break;
    endSession(table, id, session);
  }
  table.open.set(index, { idleEntries, lastIndex: index, acknowledged: 0, highest: 0, answers: new Map() });
}

/**
 * The entry at `index` holds a proposal: answers the session in which it takes effect now, or what became of it. A session is in use whenever
 * an entry of it is applied, whatever comes of that entry.
 */
export function admitToSession(
  table: SessionTable,
  proposal: Proposal,
  index: number,
): { readonly session: Session } | { readonly first: Applied } | { readonly refusal: Refusal } {
  const { id, number } = proposal;
  const session = table.open.get(id);
  if (session === undefined) return { refusal: refusalOfEnded(table, proposal) };
  if (hasExpired(session, index)) {
    endSession(table, id, session);
    return { refusal: refusalOfEnded(table, proposal) };
  }
  touch(table, id, session, index);
  acknowledge(session, proposal.acknowledged);
  const known = findOutcome(table, proposal, index);
  if (known !== undefined) return known;
  if (session.answers.size < UNACKNOWLEDGED_MAX) return { session };
  // Were the proposal only refused, a repetition of it that is in the log already could take effect after all.
  endSession(table, id, session);
  return { refusal: expired(id, number, session.highest) };
}

/**
 * What is certain about a proposal without an entry for it; undefined where only an entry can tell. `applied`: the index that the table is of. No
 * entry is spent on a session that will have ended by the next: hundreds of them would keep back whoever registers anew until that session
 * ends as well, and so for ever.
 */
export function findOutcome(
  table: SessionTable,
  { id, number }: Proposal,
  applied: number,
): { readonly first: Applied } | { readonly refusal: Refusal } | undefined {
  const session = table.open.get(id);
  if (session === undefined) {
    const highest = table.ended.get(id);
    return highest === undefined ? undefined : { refusal: expired(id, number, highest) };
  }
  if (number <= session.acknowledged) return { refusal: dropped(id, number) };
  const first = session.answers.get(number);
  if (first !== undefined) return { first };
  return hasExpired(session, applied + 1) ? { refusal: expired(id, number, session.highest) } : undefined;
}

/** The proposal took effect in the session. */
export function noteInSession(session: Session, number: number, outcome: Applied): void {
  session.answers.set(number, outcome);
  session.highest = Math.max(session.highest, number);
}

/** By positions in the log, which every replica agrees on. */
/** Whether a session that was in use up to `lastIndex` ends by the time when the entry at `index` is applied. */
export function hasExpired(
  { idleEntries, lastIndex }: Pick<Session, 'idleEntries' | 'lastIndex'>,
  index: number,
): boolean {
  return index - lastIndex > idleEntries;
}

function touch({ open }: SessionTable, id: number, session: Session, index: number): void {
  session.lastIndex = index;
  open.delete(id);
  open.set(id, session);
}

function acknowledge(session: Session, acknowledged: number): void {
  if (acknowledged <= session.acknowledged) return;
  session.acknowledged = acknowledged;
  for (const number of session.answers.keys()) if (number <= acknowledged) session.answers.delete(number);
}

function endSession({ open, ended }: SessionTable, id: number, { highest }: Session): void {
  open.delete(id);
  ended.set(id, highest);
  if (ended.size <= ENDED_SESSIONS_MAX) return;
  for (const oldest of ended.keys()) {
    ended.delete(oldest);
    return;
  }
}

function refusalOfEnded({ ended }: SessionTable, { id, number }: Proposal): Refusal {
  return expired(id, number, ended.get(id) ?? Infinity);
}

/** A session that has ended never begins again, so what took no effect in it never will. */
function expired(id: number, number: number, highest: number): Refusal {
  const error = number > highest ? 'invalid' : 'unknown';
  const fate = error === 'invalid' ? 'did not happen and will not' : 'may have happened before';
  const detail = `session ${id} has ended; its proposal ${number} ${fate}; register a new session`;
  return { error, reason: 'session-expired', detail };
}

function dropped(id: number, number: number): Refusal {
  const detail = `the client of session ${id} has acknowledged the answer of proposal ${number}; it is kept no more`;
  return { error: 'unknown', reason: 'answer-dropped', detail };
}
