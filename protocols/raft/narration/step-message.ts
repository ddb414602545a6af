import type { NodeId } from '../../../runtime/address.js';
import type { RaftMessage } from '../messages.js';
import type { RaftStepMessage } from './steps.js';

/** A message as the stream of steps shows it, or undefined where the stream has no name for it. */
export function stepMessageOf(from: NodeId, to: NodeId, message: RaftMessage): RaftStepMessage | undefined {
  const nothing = { from, to, entries: 0, logTerm: 0, index: 0, commit: 0, reject: false, rejectHint: 0 };
  switch (message.type) {
    case 'request-vote':
      return { ...nothing, type: 'MsgVote', term: message.term, logTerm: message.lastTerm, index: message.lastIndex };
    case 'vote':
      return { ...nothing, type: 'MsgVoteResp', term: message.term, reject: !message.granted };
    case 'append-entries': {
      const { term, prevIndex: index, prevTerm: logTerm } = message;
      const entries = message.entries.length;
      const commit = Math.min(message.commit, index + entries);
      return { ...nothing, type: 'MsgApp', term, entries, logTerm, index, commit };
    }
    case 'install-snapshot':
      return { ...nothing, type: 'MsgSnap', term: message.term, entries: message.head.index };
    case 'append-accepted':
      return { ...nothing, type: 'MsgAppResp', term: message.term, index: message.index };
    case 'append-rejected': {
      const { term, prevIndex: index, hintIndex: rejectHint, hintTerm: logTerm } = message;
      return { ...nothing, type: 'MsgAppResp', term, index, logTerm, reject: true, rejectHint };
    }
    default:
      return undefined;
  }
}
