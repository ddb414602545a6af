import type { ClientSession } from '../../protocols/raft/index.js';

/** `register`: the client's own, for a session that appends can use. */
export interface Operation {
  readonly kind: 'append' | 'count' | 'register';
  attempts: number;
  /** Index of the member that was asked last. */
  member: number;
  /** An append of a session, once it has been asked. */
  proposal: { readonly session: number; readonly number: number } | undefined;
}

export interface ClientState {
  readonly members: readonly string[];
  readonly timeoutMs: number;
  /** Of the sessions that it registers; 0: it uses none. */
  readonly sessionIdleEntries: number;
  readonly open: Map<string, Operation>;
  /** Sessions with proposals that have no answer yet, and the one in use. */
  readonly sessions: Map<number, ClientSession>;
  /** The one in use; 0 where there is none. */
  session: number;
}
