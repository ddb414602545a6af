import type { Program } from '../../runtime/actor.js';
import { raftMember } from '../../protocols/raft/index.js';
import { journal } from './journal.js';
import { journalClient, type JournalClientParameters } from './journal-client.js';

/** A member of a group that replicates the journal, and a client of it. */
export const journalPrograms: Readonly<Record<'member' | 'client', Program>> = Object.freeze({
  member: (_node, params) => [raftMember(journal, params as unknown as Parameters<typeof raftMember>[1])],
  client: (_node, params) => [{ name: 'client', definition: journalClient, params: params as JournalClientParameters }],
});
