import type { TraceEvent, TraceMessage } from './event.js';
import {
  becomeFollower,
  demandShown,
  inForce,
  isQuorum,
  learnTerm,
  promisesOf,
  receive,
  send,
  settle,
  speak,
  termAt,
  type Kept,
  type Log,
  type ModelNode,
  type ModelState,
} from './model-state.js';
import { demand } from './refusal.js';

/** A leader appends an entry of its term (§5.3). */
export function takeReplicate(_model: ModelState, node: ModelNode, event: TraceEvent): void {
  demandShown(node, event);
  demand(node.role === 'StateLeader', () => `a ${node.role} takes no entries of clients (§5.3)`);
  node.log = [...node.log, node.term];
}

/** What a majority holds is committed, if it is of the leader's term (§5.3, §5.4.2). */
export function takeCommit(model: ModelState, node: ModelNode, event: TraceEvent): void {
  const { commit } = event.state;
  const { log, match, term } = node;
  demand(node.role === 'StateLeader', () => `a ${node.role} does not decide what is committed (§5.3)`);
  const isHeld = (index: number): boolean => isQuorum(node.conf, (member) => (match.get(member) ?? 0) >= index);
  let held = node.commit;
  while (held < log.length && isHeld(held + 1)) held++;
  demand(commit > node.commit, () => `it commits up to ${commit}, and had up to ${node.commit} (§5.3)`);
  demand(commit === held, () => `it commits up to ${commit}, and a majority holds up to ${held} (§5.3)`);
  demand(termAt(log, commit) === term, () => {
    return `it commits by counting an entry of term ${termAt(log, commit)} in term ${term} (§5.4.2)`;
  });
  settle(model, node, commit);
  demandShown(node, event);
}

export function takeSendAppend(model: ModelState, node: ModelNode, event: TraceEvent, msg: TraceMessage): void {
  demandShown(node, event);
  if (msg.type === 'MsgSnap') return sendSnapshot(model, node, msg);
  const { log } = node;
  const last = msg.index + msg.entries;
  demand(node.role === 'StateLeader', () => `a ${node.role} appends nothing to other logs (§5.3)`);
  demand(msg.to !== node.id, () => 'a leader sends itself no entries');
  demand(last <= log.length, () => `it sends entries up to ${last}, and has ${log.length} (§5.3)`);
  const logTerm = termAt(log, msg.index);
  demand(msg.logTerm === logTerm, () => `it gives entry ${msg.index} term ${msg.logTerm}, which has ${logTerm} (§5.3)`);
  const commit = Math.min(node.commit, last);
  demand(msg.commit === commit, () => `it tells of commit ${msg.commit} where ${commit} follows (§5.3)`);
  const known = event.prop?.match ?? node.match.get(msg.to) ?? 0;
  const match = node.match.get(msg.to) ?? 0;
  demand(known === match, () => `it takes ${msg.to} to hold up to ${known}; it has heard of ${match} (§5.3)`);
  send(model, node, msg, log.slice(msg.index, last));
}

/** A snapshot stands for the log up to an entry that is committed (§7); `entries` is its index. */
function sendSnapshot(model: ModelState, node: ModelNode, msg: TraceMessage): void {
  demand(node.role === 'StateLeader', () => `a ${node.role} sends no snapshots (§7)`);
  demand(
    msg.entries <= node.commit,
    () => `it sends a snapshot up to ${msg.entries}; ${node.commit} is committed (§7)`,
  );
  demand(msg.commit === 0, () => `a snapshot tells of commit ${msg.commit} beside what it stands for (§7)`);
  send(model, node, msg, node.log.slice(0, msg.entries));
}

export function takeReceiveAppend(model: ModelState, node: ModelNode, event: TraceEvent, msg: TraceMessage): void {
  demandShown(node, event);
  const entries = receive(model, node, msg);
  learnTerm(model, node, msg.term);
  const { type, to } = { type: 'MsgAppResp', to: msg.from };
  const { term } = node;
  const isStale = msg.term < term;
  if (!isStale) {
    demand(node.role !== 'StateLeader', () => `${msg.from} and ${node.id} both lead term ${term} (§5.2)`);
    if (node.role === 'StateCandidate') becomeFollower(node);
  }
  if (msg.type === 'MsgSnap') return takeSnapshot(model, node, msg, entries);
  if (isStale || termAt(node.log, msg.index) !== msg.logTerm) {
    node.answer = { type, to, term, reject: true, index: msg.index };
    return;
  }
  node.log = merged(node, msg.index, entries);
  node.appended = { ...node, conf: inForce(model, node.log).conf };
  const verified = msg.index + entries.length;
  const commit = Math.min(msg.commit, verified);
  if (commit > node.commit) settle(model, node, commit);
  node.answer = { type, to, term, reject: false, index: verified };
}

/** It takes the place of the log, unless that has its last entry (Figure 13, rules 6 to 8). */
function takeSnapshot(model: ModelState, node: ModelNode, msg: TraceMessage, log: Log): void {
  const { term } = node;
  const isStale = msg.term < term;
  const index = log.length;
  if (!isStale && index > node.commit) {
    if (termAt(node.log, index) !== termAt(log, index)) node.log = log;
    settle(model, node, index);
  }
  node.answer = { type: 'MsgAppResp', to: msg.from, term, reject: isStale, index: isStale ? index : node.commit };
}

/** Entries that are there stay; one of another term goes, with all that follow it (Figure 2, AppendEntries, rules 3 and 4). */
function merged({ log, commit }: ModelNode, index: number, entries: Log): Log {
  let known = 0;
  while (known < entries.length && log[index + known] === entries[known]) known++;
  if (known === entries.length) return log;
  demand(index + known >= commit, () => `entry ${index + known + 1} is committed and would be replaced (§5.4.3)`);
  return [...log.slice(0, index + known), ...entries.slice(known)];
}

export function takeReceiveAppended(model: ModelState, node: ModelNode, event: TraceEvent, msg: TraceMessage): void {
  demandShown(node, event);
  receive(model, node, msg);
  learnTerm(model, node, msg.term);
  if (node.role !== 'StateLeader' || msg.term !== node.term || msg.reject || msg.unknown === true) return;
  const { index, from } = msg;
  if (from !== node.id && !inForce(model, node.log).members.has(from)) return;
  const theirs = model.nodes.get(from);
  const isTrueOf = ({ term, log }: Kept): boolean =>
    term !== msg.term || termAt(log, index) === termAt(node.log, index);
  const holds = theirs === undefined || promisesOf(theirs).some(isTrueOf);
  demand(index <= node.log.length && holds, () => `${from} says that it holds up to ${index}, and does not (§5.3)`);
  node.match.set(from, Math.max(index, node.match.get(from) ?? 0));
}

/** An answer to a peer is the one that its request was owed; one to the member itself tells what it has just done. */
export function takeSendAnswer(model: ModelState, node: ModelNode, event: TraceEvent, msg: TraceMessage): void {
  demandShown(node, event);
  if (msg.to === node.id) demandWordToSelf(node, msg);
  else {
    const { answer } = node;
    demand(answer !== undefined && answer.to === msg.to, () => `${msg.to} is owed no answer`);
    // What is committed here is in the leader's log, too, and may be confirmed with what it asked for.
    const isIndex = msg.index === answer.index || (msg.index > answer.index && msg.index <= node.commit && !msg.reject);
    const isOwed = msg.type === answer.type && msg.term === answer.term && isIndex;
    demand(isOwed && msg.reject === answer.reject, () => {
      const { type, term, reject, index } = answer;
      return `it owes ${msg.to} ${type} of term ${term}, index ${index}, reject ${reject} (Figure 2)`;
    });
    node.answer = undefined;
    if (msg.unknown !== true) speak(node);
  }
  send(model, node, msg);
}

function demandWordToSelf(node: ModelNode, msg: TraceMessage): void {
  const isVote = msg.type === 'MsgVoteResp' && node.role === 'StateCandidate';
  const isAppend = msg.type === 'MsgAppResp' && node.role === 'StateLeader' && msg.index === node.log.length;
  demand((isVote || isAppend) && !msg.reject, () => `a ${node.role} has no such ${msg.type} for itself (§5.2, §5.3)`);
}
