import { assert } from '../../../runtime/assert.js';
import type { Plain } from '../../../runtime/data.js';
import type { RaftMessageOf } from '../messages.js';

/** A client's side of its session (thesis, §6.3): plain data for the state of an actor. */
export interface ClientSession {
  /** The result of `register-session`. */
  readonly id: number;
  next: number;
  /** Proposals without an answer yet, by rising number. */
  readonly unanswered: Set<number>;
}

export function beginSession(id: number): ClientSession {
  return { id, next: 1, unanswered: new Set() };
}

/** The number of the next proposal; all its repetitions carry the same. */
export function takeNumber(session: ClientSession): number {
  const number = session.next++;
  session.unanswered.add(number);
  return number;
}

/** The answer of the proposal is here, or nobody waits for it any more: it will not be repeated. */
export function noteAnswered(session: ClientSession, number: number): void {
  session.unanswered.delete(number);
}

/** How proposals in a session are named, in questions and in answers. */
export function sessionRequestId(id: number, number: number): string {
  return `${SESSION_REQUEST_PREFIX}${id}/${number}`;
}
/** No other requests are named so. */
export const SESSION_REQUEST_PREFIX = 'session/';

/** The proposal `number`, which has no answer yet. */
export function proposalIn(session: ClientSession, number: number, command: Plain): RaftMessageOf<'propose'> {
  const [lowest] = session.unanswered;
  assert(session.unanswered.has(number) && lowest !== undefined, `proposal ${number} of ${session.id} was answered`);
  return {
    type: 'propose',
    requestId: sessionRequestId(session.id, number),
    command,
    session: { id: session.id, number, acknowledged: lowest - 1 },
  };
}
