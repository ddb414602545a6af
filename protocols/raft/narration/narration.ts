import { nodeOf, type NodeId } from '../../../runtime/address.js';
import type { Context } from '../../../runtime/context.js';
import type { Configuration } from '../configuration/configuration.js';
import { entryAt, lastIndex, termAt } from '../log/log.js';
import type { RaftMessage, RaftMessageOf } from '../messages.js';
import type { RaftObservation } from '../observations.js';
import type { RaftState, RaftTurn } from '../state.js';
import { stepMessageOf } from './step-message.js';
import type { Narration, RaftStep, RaftStepName } from './steps.js';

/** The parts of a step that do not follow from the state. */
type Told = Partial<Omit<RaftStep, 'type' | 'step'>>;

function tell(context: Context<RaftMessage>, state: RaftState, name: RaftStepName, told?: Told): void {
  const { term, votedFor, commit, log, configuration } = state;
  const { voters, outgoing } = configuration;
  const role = state.role === 'leader' || state.role === 'candidate' ? state.role : 'follower';
  const ofLog = { lastIndex: lastIndex(log), voters, outgoing };
  const step = { type: 'raft-step', step: name, term, votedFor, commit, role, ...ofLog } satisfies RaftStep;
  context.narrate(told === undefined ? step : Object.assign(step, told));
}

/** At the start of a member: what it begins with is durable. */
export function narrateStart(context: Context<RaftMessage>, state: RaftState): void {
  if (!context.isNarrated) return;
  state.narration = { term: state.term, writtenLsn: undefined, unsynced: [], hasAppended: false, toSelf: [] };
  tell(context, state, 'InitState');
}

/** At the beginning of a turn, which is told from here on. */
export function narrateTurn(context: Context<RaftMessage>, state: RaftState): void {
  const { narration } = state;
  if (narration === undefined) return;
  beginTurn(context, state, narration);
  context.narrateBy({
    sends: (to, message) => narrateSend(context, state, nodeOf(to), message as RaftMessage),
    observes: (observation) => narrateObservation(context, state, narration, observation as RaftObservation),
    writes(lsn) {
      narration.writtenLsn = lsn;
    },
  });
}

/** What the last turn changed without a word: its term, by a message that the stream has no name for; and what it wrote. */
function beginTurn(context: Context<RaftMessage>, state: RaftState, narration: Narration): void {
  const { term, votedFor } = state;
  narration.hasAppended = false;
  if (term !== narration.term) {
    narration.term = term;
    tell(context, state, 'BecomeFollower');
  }
  if (narration.writtenLsn === undefined) return;
  narration.unsynced.push({ lsn: narration.writtenLsn, term, votedFor, index: lastIndex(state.log) });
  narration.writtenLsn = undefined;
}

/** A message of a peer that the member takes up. */
export function narrateReceipt({ context, state }: RaftTurn, message: RaftMessage): void {
  const { narration } = state;
  const from = nodeOf(context.sender);
  const shown = narration === undefined ? undefined : stepMessageOf(from, state.self, message);
  if (narration === undefined || shown === undefined) return;
  if (message.type === 'install-snapshot' && !isAnswered(state, message)) return;
  tell(context, state, `Receive${NAMES[shown.type]}`, { message: shown });
  narration.term = Math.max(narration.term, shown.term);
}

/**
 * A snapshot comes in pieces. The stream shows the one by which it is had as a whole, or not needed, or refused: that is answered as an
 * append is. The others tell no more than that somebody leads.
 */
function isAnswered(state: RaftState, { term, head, offset, data }: RaftMessageOf<'install-snapshot'>): boolean {
  const isHeld = head.index <= state.commit || termAt(state.log, head.index) === head.term;
  if (term < state.term || isHeld) return true;
  const received = state.incoming?.session === head.session ? state.incoming.received : 0;
  return received === head.size || (offset === received && offset + data.length === head.size);
}

function narrateSend(context: Context<RaftMessage>, state: RaftState, to: NodeId, message: RaftMessage): void {
  const shown = stepMessageOf(state.self, to, message);
  if (shown === undefined) return;
  const progress = message.type === 'append-entries' ? state.progress.get(to) : undefined;
  const known = progress === undefined ? {} : { match: progress.counted, next: progress.next };
  tell(context, state, `Send${NAMES[shown.type]}`, { message: shown, ...known });
}

const NAMES = Object.freeze({
  MsgVote: 'RequestVoteRequest',
  MsgVoteResp: 'RequestVoteResponse',
  MsgApp: 'AppendEntriesRequest',
  MsgSnap: 'AppendEntriesRequest',
  MsgAppResp: 'AppendEntriesResponse',
} as const);

function narrateObservation(
  context: Context<RaftMessage>,
  state: RaftState,
  narration: Narration,
  observation: RaftObservation,
): void {
  switch (observation.type) {
    case 'raft-became-candidate':
      narration.term = state.term;
      tell(context, state, 'BecomeCandidate');
      return sayToSelf(context, state, narration, { type: 'vote', term: state.term, granted: true });
    case 'raft-became-pre-candidate':
      if (observation.from === 'candidate') tell(context, state, 'BecomeFollower');
      return;
    case 'raft-became-follower':
      narration.toSelf.length = 0;
      if (observation.from !== 'pre-candidate' || narration.term !== state.term) tell(context, state, 'BecomeFollower');
      narration.term = state.term;
      return;
    case 'raft-became-leader':
      return tell(context, state, 'BecomeLeader');
    case 'raft-appended': {
      narration.hasAppended = true;
      if (state.role !== 'leader') return;
      for (let index = observation.fromIndex; index <= lastIndex(state.log); index++)
        narrateEntry(context, state, index);
      const isChange = entryAt(state.log, lastIndex(state.log)).configuration !== undefined;
      return isChange ? undefined : sayHeld(context, state, narration);
    }
    case 'raft-truncated':
    case 'raft-snapshot-installed':
      narration.hasAppended = false;
      return;
    case 'raft-configured':
      if (!narration.hasAppended) return;
      narration.hasAppended = false;
      tell(context, state, 'ApplyConfChange', { configuration: partsOf(state.configuration) });
      return state.role === 'leader' ? sayHeld(context, state, narration) : undefined;
    case 'raft-committed':
      if (state.role === 'leader') tell(context, state, 'Commit');
      return;
    default:
      return;
  }
}

/** A leader appends an entry. The configuration in force is still the one before. */
function narrateEntry(context: Context<RaftMessage>, state: RaftState, index: number): void {
  const { configuration } = entryAt(state.log, index);
  const before = { lastIndex: index - 1 };
  if (configuration === undefined) return tell(context, state, 'Replicate', before);
  tell(context, state, 'ChangeConf', { ...before, configuration: partsOf(configuration) });
}

function partsOf({ voters, outgoing, learners, learnersNext }: Configuration): NonNullable<RaftStep['configuration']> {
  return { voters, outgoing, learners: [...learners, ...learnersNext] };
}

function sayHeld(context: Context<RaftMessage>, state: RaftState, narration: Narration): void {
  const index = lastIndex(state.log);
  sayToSelf(context, state, narration, { type: 'append-accepted', term: state.term, index, round: 0 });
}

/** A candidate's vote for itself, and a leader's word that it holds what it appended, count once they are durable. */
function sayToSelf(context: Context<RaftMessage>, state: RaftState, narration: Narration, message: RaftMessage): void {
  const shown = stepMessageOf(state.self, state.self, message);
  if (shown === undefined) return;
  if (shown.type === 'MsgVoteResp') narration.toSelf.length = 0;
  narration.toSelf.push(shown);
  tell(context, state, `Send${NAMES[shown.type]}`, { message: shown });
}

/** Everything written up to `lsn` is durable. */
export function narrateDurable(context: Context<RaftMessage>, state: RaftState, lsn: number): void {
  const { narration } = state;
  if (narration === undefined) return;
  const { unsynced, toSelf } = narration;
  let durable: Narration['unsynced'][number] | undefined;
  while (unsynced[0] !== undefined && unsynced[0].lsn <= lsn) durable = unsynced.shift();
  if (durable === undefined) return;
  const { term, votedFor, index } = durable;
  tell(context, state, 'Ready', { term, votedFor, lastIndex: index });
  while (toSelf[0] !== undefined && toSelf[0].term <= term && toSelf[0].index <= index) {
    const message = toSelf.shift();
    if (message?.term === state.term) tell(context, state, `Receive${NAMES[message.type]}`, { message });
  }
}
