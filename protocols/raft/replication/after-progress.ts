import { settleConfiguration } from '../configuration/membership.js';
import { beginRound } from '../reads/reads.js';
import type { RaftTurn } from '../state.js';
import { advanceCommit } from './commit.js';

/** Leader: our log's durable end or a follower's match has moved. May end this leadership. */
export function afterProgress(turn: RaftTurn): void {
  const { state } = turn;
  if (state.role !== 'leader' || !advanceCommit(turn)) return;
  beginRound(turn);
  settleConfiguration(turn);
}
