import { NOBODY, type TraceEvent, type TraceMessage } from './event.js';
import {
  becomeFollower,
  demandShown,
  inForce,
  isQuorum,
  learnTerm,
  receive,
  send,
  speak,
  termAt,
  type ModelNode,
  type ModelState,
} from './model-state.js';
import { demand } from './refusal.js';

/** A new term, and a vote for itself (§5.2). */
export function takeBecomeCandidate(model: ModelState, node: ModelNode, event: TraceEvent): void {
  demand(node.role !== 'StateLeader', () => 'a leader does not stand for election (§5.2)');
  const isVoter = node.conf.some((half) => half.includes(node.id));
  const isRemoval = inForce(model, node.log).index > node.commit;
  demand(isVoter || isRemoval, () => 'who does not vote stands only until its removal is committed (thesis, §4.2.2)');
  speak(node);
  node.term++;
  node.vote = node.id;
  node.role = 'StateCandidate';
  node.votes = new Set([node.id]);
  model.highestTerm = Math.max(model.highestTerm, node.term);
  demandShown(node, event);
}

/** It steps down, or tells that it has heard of a later term: by a message of ours that the stream has no name for, perhaps. */
export function takeBecomeFollower(model: ModelState, node: ModelNode, event: TraceEvent): void {
  const { steppedDown } = node;
  if (steppedDown !== undefined) return demandShown(steppedDown, event);
  const { term } = event.state;
  demand(term <= model.highestTerm, () => `it hears of term ${term}, which nobody has come to (§5.1)`);
  learnTerm(model, node, term);
  becomeFollower(node);
  demandShown(node, event);
}

/** Votes of a majority (§5.2), of whom one has everything that is committed (Leader Completeness, §5.4). */
export function takeBecomeLeader(model: ModelState, node: ModelNode, event: TraceEvent): void {
  const { term, votes, log } = node;
  demand(node.role === 'StateCandidate', () => `a ${node.role} cannot win an election (§5.2)`);
  demand(
    isQuorum(node.conf, (member) => votes.has(member)),
    () => `it leads with the votes of ${[...votes].join(' ') || 'nobody'} only (§5.2)`,
  );
  const other = model.leaders.get(term);
  demand(other === undefined, () => `${other} was elected in term ${term} already (Election Safety, §5.2)`);
  model.committedIn.forEach((committedIn, position) => {
    if (committedIn >= term) return;
    const holds = log[position] === model.committed[position];
    demand(holds, () => `it leads without entry ${position + 1}, which is committed (Leader Completeness, §5.4)`);
  });
  model.leaders.set(term, node.id);
  node.role = 'StateLeader';
  node.match = new Map([[node.id, log.length]]);
  demandShown(node, event);
}

export function takeSendRequestVote(model: ModelState, node: ModelNode, event: TraceEvent, msg: TraceMessage): void {
  demandShown(node, event);
  demand(node.role === 'StateCandidate', () => `a ${node.role} asks for no votes (§5.2)`);
  const { length } = node.log;
  const isEnd = msg.index === length && msg.logTerm === termAt(node.log, length);
  demand(isEnd, () => `it gives (${msg.index}, ${msg.logTerm}) as the end of its log (§5.4.1)`);
  send(model, node, msg);
}

export function takeReceiveRequestVote(model: ModelState, node: ModelNode, event: TraceEvent, msg: TraceMessage): void {
  demandShown(node, event);
  receive(model, node, msg);
  learnTerm(model, node, msg.term);
  const { length } = node.log;
  const lastTerm = termAt(node.log, length);
  const isUpToDate = msg.logTerm > lastTerm || (msg.logTerm === lastTerm && msg.index >= length);
  const isFree = node.vote === NOBODY || node.vote === msg.from;
  const isGranted = msg.term === node.term && isUpToDate && isFree;
  if (isGranted) node.vote = msg.from;
  node.answer = { type: 'MsgVoteResp', to: msg.from, term: node.term, reject: !isGranted, index: 0 };
}

export function takeReceiveVote(model: ModelState, node: ModelNode, event: TraceEvent, msg: TraceMessage): void {
  demandShown(node, event);
  receive(model, node, msg);
  learnTerm(model, node, msg.term);
  if (msg.term === node.term && node.role === 'StateCandidate' && !msg.reject) node.votes.add(msg.from);
}
