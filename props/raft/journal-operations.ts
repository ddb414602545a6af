import type { ClientSession } from '../../protocols/raft/index.js';

/** `register`: the client's own, for a session that appends can use. */
export interface Operation {
  readonly kind: 'append' | 'count' | 'register';
  /** Once it is done, every member is asked for its count. */
  readonly confirm: boolean;
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
  readonly isLoyal: boolean;
  readonly isHasty: boolean;
  /** Index of the member that completed something last, or of the next one where it does so no more. */
  favourite: number;
  readonly open: Map<string, Operation>;
  /** The appends outside of sessions that were completed last. */
  readonly done: string[];
  /** Sessions with proposals that have no answer yet, and the one in use. */
  readonly sessions: Map<number, ClientSession>;
  /** The one in use; 0 where there is none. */
  session: number;
}
