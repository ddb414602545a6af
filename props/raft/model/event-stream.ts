import type { ObservedRecord } from '../../../runtime/observation.js';
import type { RaftStep, RaftStepMessage } from '../../../protocols/raft/index.js';
import type { Monitor } from '../../../sim/properties/property.js';
import { NOBODY, type TraceChange, type TraceEvent, type TraceMessage } from './event.js';
import { RaftModel } from './raft-model.js';

const ROLES = Object.freeze({ follower: 'StateFollower', candidate: 'StateCandidate', leader: 'StateLeader' });

/** The event stream of a run, from what its members narrated. */
export function eventsOf(narration: readonly ObservedRecord[]): readonly TraceEvent[] {
  return narration.flatMap((record) => eventOf(record) ?? []);
}

/** The event that a narrated step of a raft member is, or undefined where something else was narrated. */
function eventOf({ node, observation }: ObservedRecord): TraceEvent | undefined {
  if (observation.type !== 'raft-step') return undefined;
  const { step, term, votedFor, commit, role, lastIndex, voters, outgoing, message, match, next, configuration } =
    observation as unknown as RaftStep;
  const state = { term, vote: votedFor === '' ? NOBODY : votedFor, commit };
  const shown = { name: step, nid: node, state, role: ROLES[role], log: lastIndex, conf: [voters, outgoing] } as const;
  const msg = message === undefined ? undefined : messageOf(message);
  if (configuration !== undefined) return { ...shown, prop: { cc: changeOf(voters, configuration) } };
  if (msg === undefined) return shown;
  return match === undefined || next === undefined ? { ...shown, msg } : { ...shown, msg, prop: { match, next } };
}

function changeOf(
  before: readonly string[],
  { voters, outgoing, learners }: NonNullable<RaftStep['configuration']>,
): TraceChange {
  const added = voters.filter((nid) => !before.includes(nid)).map((nid) => ({ nid, action: 'AddNewServer' }));
  const taught = learners.map((nid) => ({ nid, action: 'AddLearner' }));
  const removed = before
    .filter((nid) => !voters.includes(nid) && !learners.includes(nid))
    .map((nid) => ({ nid, action: 'RemoveServer' }));
  return { changes: [...added, ...taught, ...removed], newconf: voters, outgoing, learners };
}

function messageOf({
  type,
  term,
  from,
  to,
  entries,
  logTerm,
  index,
  commit,
  reject,
  rejectHint,
  unknown,
}: RaftStepMessage): TraceMessage {
  const shown = { type, term, from, to, entries, logTerm, index, commit, vote: NOBODY, reject, rejectHint };
  return unknown ? { ...shown, unknown } : shown;
}

/** The run is one of the executable model's: every step of every member follows from those before it. */
export function followsModel(): Monitor {
  const model = new RaftModel();
  return {
    follow(record) {
      const event = eventOf(record);
      return event === undefined ? undefined : model.accept(event);
    },
  };
}
