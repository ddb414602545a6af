import type { TraceChange, TraceEvent } from './event.js';
import { demandShown, inForce, isSame, termAt, type ModelNode, type ModelState } from './model-state.js';
import { demand } from './refusal.js';

/**
 * A leader appends another configuration (thesis, chapter 4): one at a time, after an entry of its own term (Ongaro, raft-dev, 2015), and
 * so that no majority before and no majority after go without a common voter.
 */
export function takeChange(model: ModelState, node: ModelNode, event: TraceEvent): void {
  demandShown(node, event);
  const change = event.prop?.cc;
  demand(change !== undefined, () => 'it comes without its change');
  demand(node.role === 'StateLeader', () => `a ${node.role} changes no configuration (thesis, §4.1)`);
  const { index } = inForce(model, node.log);
  demand(index <= node.commit, () => `the change of entry ${index} is not committed yet (thesis, §4.1)`);
  const hasOwn = termAt(node.log, node.commit) === node.term;
  demand(hasOwn, () => `it has committed no entry of its term ${node.term} before (raft-dev, 2015)`);
  const fault = findFault(node.conf, change);
  demand(fault === undefined, () => `${fault} (thesis, §4.1, §4.3)`);
  const { newconf, outgoing, learners } = change;
  node.log = [...node.log, node.term];
  const members = new Set([...newconf, ...outgoing, ...learners]);
  model.configurations.push({ index: node.log.length, term: node.term, conf: [newconf, outgoing], members });
  // Who goes is forgotten: should it come back, nothing is known of its log.
  for (const member of node.match.keys()) if (member !== node.id && !members.has(member)) node.match.delete(member);
}

function findFault([voters, outgoing]: TraceEvent['conf'], change: TraceChange): string | undefined {
  const { newconf, outgoing: joint } = change;
  if (newconf.length === 0) return 'nobody would vote';
  if (outgoing.length > 0) {
    if (joint.length > 0) return 'a joint configuration cannot become another joint one';
    return isSame(voters, newconf) ? undefined : 'a joint configuration ends with its new voters';
  }
  if (joint.length > 0)
    return isSame(voters, joint) ? undefined : 'a joint configuration begins with the voters in force';
  const staying = voters.filter((voter) => newconf.includes(voter)).length;
  const changed = voters.length + newconf.length - 2 * staying;
  return changed <= 1 ? undefined : `${changed} voters change at once`;
}

/** The last configuration in a member's log is in force, committed or not (thesis, §4.1). */
export function takeInForce(_model: ModelState, node: ModelNode, event: TraceEvent): void {
  demandShown(node.role === 'StateFollower' ? (node.appended ?? node) : node, event);
  const change = event.prop?.cc;
  const shown = [change?.newconf, change?.outgoing].map((half) => half?.join());
  const isShown = shown.every((half, i) => half === node.conf[i]?.join());
  demand(isShown, () => 'it is not the last configuration of its log (thesis, §4.1)');
}
