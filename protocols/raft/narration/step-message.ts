import type { NodeId } from '../../../runtime/address.js';
import type { RaftMessage } from '../messages.js';
import type { RaftStepMessage } from './steps.js';

/** A message as the stream of steps shows it, or undefined where the stream has no name for it. */
export function stepMessageOf(from: NodeId, to: NodeId, message: RaftMessage): RaftStepMessage | undefined {
  switch (message.type) {
    case 'request-vote':
      return shown('MsgVote', message.term, from, to, 0, message.lastTerm, message.lastIndex);
    case 'vote':
      return shown('MsgVoteResp', message.term, from, to, 0, 0, 0, 0, !message.granted);
    case 'append-entries': {
      const { term, prevIndex, prevTerm, entries, commit } = message;
      const last = prevIndex + entries.length;
      return shown('MsgApp', term, from, to, entries.length, prevTerm, prevIndex, Math.min(commit, last));
    }
    case 'install-snapshot':
      return shown('MsgSnap', message.term, from, to, message.head.index);
    case 'append-accepted':
      return shown('MsgAppResp', message.term, from, to, 0, 0, message.index, 0, false, 0, message.unknown);
    case 'append-rejected': {
      const { term, prevIndex, hintIndex, hintTerm, unknown } = message;
      return shown('MsgAppResp', term, from, to, 0, hintTerm, prevIndex, 0, true, hintIndex, unknown);
    }
    default:
      return undefined;
  }
}

/** One shape for all: what goes through many copies is several times faster so than put together by spreading. */
function shown(
  type: RaftStepMessage['type'],
  term: number,
  from: NodeId,
  to: NodeId,
  entries = 0,
  logTerm = 0,
  index = 0,
  commit = 0,
  reject = false,
  rejectHint = 0,
  unknown = false,
): RaftStepMessage {
  return { type, term, from, to, entries, logTerm, index, commit, reject, rejectHint, unknown };
}
