import { NOBODY, type TraceEvent } from './event.js';
import {
  becomeFollower,
  inForce,
  demandConfiguration,
  keptOf,
  type Kept,
  type ModelNode,
  type ModelState,
} from './model-state.js';
import { demand } from './refusal.js';

/** The first start of a member: it knows nothing but its configuration. */
export function takeFirstStart(model: ModelState, event: TraceEvent): void {
  const { nid, state, role, log, conf } = event;
  const isNew = state.term === 0 && state.vote === NOBODY && state.commit === 0 && log === 0;
  demand(
    isNew && role === 'StateFollower',
    () => 'a member begins as a follower of term 0 without log, vote or commit',
  );
  if (model.configurations.length === 0) {
    model.configurations.push({ index: 0, term: 0, conf, members: new Set(conf[0]) });
  }
  demandConfiguration(inForce(model, []), conf);
  model.nodes.set(nid, {
    ...BLANK,
    id: nid,
    role: 'StateFollower',
    commit: 0,
    conf,
    votes: new Set(),
    match: new Map(),
    durable: BLANK,
    unsynced: [],
    lost: [],
    hasSpoken: false,
    isDisowned: false,
    answer: undefined,
    steppedDown: undefined,
    appended: undefined,
  });
}

/** An empty disk. */
const BLANK: Kept = Object.freeze({ term: 0, vote: NOBODY, log: [] });

/**
 * After a crash (§5.1): term, vote and log are those of one moment since they were last known durable, or of that one. The commit index
 * begins anew, or with what a snapshot stands for, or where it was, as in etcd, which stores it.
 */
export function takeRestart(model: ModelState, node: ModelNode, event: TraceEvent): void {
  const { state, role, log, conf } = event;
  demand(role === 'StateFollower', () => `it starts as ${role} (§5.2)`);
  if (isShown(BLANK, event)) noteEmptyDisk(node);
  const kept = [node.durable, ...node.unsynced].findLast((moment) => isShown(moment, event));
  demand(kept !== undefined, () => {
    const { term, vote, log: before } = node.durable;
    return (
      `it comes back with term ${state.term}, a vote for ${state.vote} and ${log} entries, as it never was since term ` +
      `${term}, a vote for ${vote} and ${before.length} entries were durable (§5.1)`
    );
  });
  const { commit } = state;
  const isRemembered = commit <= node.commit && commit <= kept.log.length;
  demand(isRemembered, () => `it comes back with commit ${commit}, and knew of ${node.commit} (Figure 2, §7)`);
  node.conf = inForce(model, kept.log).conf;
  demandConfiguration(node, conf);
  becomeFollower(node);
  Object.assign(node, kept, { commit, durable: kept, unsynced: [], answer: undefined });
  node.steppedDown = undefined;
  node.appended = undefined;
}

/** It comes back with nothing. Where its disk was not empty it lost that: what it promised, nobody knows any more (Figure 2). */
function noteEmptyDisk(node: ModelNode): void {
  if (isBlank(node.durable)) return;
  node.lost = [...node.lost, node.durable, ...node.unsynced];
  node.isDisowned ||= node.hasSpoken;
  node.durable = BLANK;
  node.unsynced = [];
}

function isBlank({ term, vote, log }: Kept): boolean {
  return term === BLANK.term && vote === BLANK.vote && log.length === 0;
}

/** What is durable now is what the member had at one moment since it last was. */
export function takeReady(node: ModelNode, event: TraceEvent): void {
  const { role, state, conf } = event;
  demand(role === node.role, () => `it shows ${role} where ${node.role} follows (§5.2)`);
  demand(state.commit === node.commit, () => `it shows commit ${state.commit} where ${node.commit} follows (§5.3)`);
  demandConfiguration(node, conf);
  const found = node.unsynced.findLastIndex((moment) => isShown(moment, event));
  if (found < 0) {
    demand(isShown(node.durable, event), () => {
      return `it makes term ${state.term}, a vote for ${state.vote} and ${event.log} entries durable, which it never had (§5.1)`;
    });
    return;
  }
  const durable = node.unsynced[found];
  node.unsynced = node.unsynced.slice(found + 1);
  if (durable !== undefined) node.durable = durable;
}

function isShown({ term, vote, log }: Kept, event: TraceEvent): boolean {
  return term === event.state.term && vote === event.state.vote && log.length === event.log;
}

/** Whatever the event changed that a crash would leave, or would not. */
export function noteChange(model: ModelState, node: ModelNode, before: Kept): void {
  if (node.log !== before.log) node.conf = inForce(model, node.log).conf;
  if (node.term === before.term && node.vote === before.vote && node.log === before.log) return;
  node.unsynced.push(keptOf(node));
}
