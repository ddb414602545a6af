import {
  beginSession,
  noteAnswered,
  proposalIn,
  sessionRequestId,
  takeNumber,
  type RaftMessageOf,
} from '../../protocols/raft/index.js';
import type { ClientState, Operation } from './journal-operations.js';

/** What to ask for the operation; undefined where it needs a session and there is none. */
export function questionFor(
  state: ClientState,
  id: string,
  operation: Operation,
): RaftMessageOf<'propose' | 'read' | 'register-session'> | undefined {
  const { sessionIdleEntries } = state;
  if (operation.kind === 'count') return { type: 'read', query: null };
  if (operation.kind === 'register') {
    return { type: 'register-session', requestId: id, idleEntries: sessionIdleEntries };
  }
  if (sessionIdleEntries === 0) return { type: 'propose', requestId: id, command: id };
  return proposalFor(state, id, operation);
}

/** An append stays in the session in which it was asked first: only there a repetition is recognised. */
function proposalFor(state: ClientState, id: string, operation: Operation): RaftMessageOf<'propose'> | undefined {
  const session = state.sessions.get(operation.proposal?.session ?? state.session);
  if (session === undefined) return undefined;
  operation.proposal ??= { session: session.id, number: takeNumber(session) };
  return proposalIn(session, operation.proposal.number, id);
}

export function useSession(state: ClientState, id: number): void {
  state.session = id;
  state.sessions.set(id, beginSession(id));
}

/** The session of the append has ended. Answers false where that is old news: the append has moved on to another. */
export function loseSession(state: ClientState, operation: Operation, requestId: string): boolean {
  const { proposal } = operation;
  if (proposal === undefined || sessionRequestId(proposal.session, proposal.number) !== requestId) return false;
  if (state.session === proposal.session) state.session = 0;
  concludeInSession(state, operation);
  return true;
}

/** The append will not be repeated in its session. */
export function concludeInSession(state: ClientState, operation: Operation): void {
  const { proposal } = operation;
  operation.proposal = undefined;
  const session = proposal === undefined ? undefined : state.sessions.get(proposal.session);
  if (proposal === undefined || session === undefined) return;
  noteAnswered(session, proposal.number);
  if (session.id !== state.session && session.unanswered.size === 0) state.sessions.delete(session.id);
}
