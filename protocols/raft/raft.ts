import { actor, type Actor, type ActorSpec } from '../../runtime/actor.js';
import type { Address } from '../../runtime/address.js';
import type { Context } from '../../runtime/context.js';
import { onElectionDue, onVotesDue } from './election/election.js';
import { hasTopPriority } from './election/priorities.js';
import { onTimeoutNow, onTransferLeadership } from './election/transfer.js';
import { isLed, onPreVote, onRequestPreVote, onRequestVote, onVote } from './election/votes.js';
import { observeConfiguration } from './configuration/active.js';
import { onChangeConfiguration } from './configuration/membership.js';
import { introduce, onIntroduce, onIntroduced, onIntroductionsDue } from './identity/identity.js';
import { noteDurable } from './log/durability.js';
import type { AnyStateMachine } from './machine.js';
import { raftMessages, type RaftAnswer, type RaftMessage } from './messages.js';
import { narrateDurable, narrateReceipt, narrateStart, narrateTurn } from './narration/narration.js';
import { raftParameters, type RaftParameters } from './parameters.js';
import { onForwardAnswered, onForwardTimedOut, onPropose, onRegisterSession } from './proposals.js';
import { keepPromiseOfLastLife } from './reads/lease.js';
import { onRead, onReadIndex, onReadIndexConfirmed } from './reads/reads.js';
import { observeRecovery, recoverState } from './log/recovery.js';
import {
  onAppendAccepted,
  onAppendEntries,
  onAppendRejected,
  onHeartbeatDue,
  onSnapshotReceived,
} from './replication/replication.js';
import { armElectionTimer, postponeElection } from './election/election-timer.js';
import { afterProgress } from './replication/after-progress.js';
import { identify, initialState, sendingMember, type RaftState, type RaftTurn } from './state.js';
import { onInstallSnapshot } from './snapshots/installing.js';
import { statusOf } from './status.js';

/**
 * The Raft consensus algorithm (Ongaro & Ousterhout, "In Search of an Understandable Consensus Algorithm", 2014, extended
 * version), replicating a state machine over `params.members`. Ask it `propose` and `read`; see `messages.ts` and README.md.
 */
export function raft(machine: AnyStateMachine): Actor<RaftState, RaftMessage, RaftParameters> {
  const turnOf = (context: Context<RaftMessage>, state: RaftState): RaftTurn => {
    narrateTurn(context, state);
    return { context, state, machine };
  };
  /** The turn of a message that a peer may have sent. */
  const turnFor = (context: Context<RaftMessage>, state: RaftState, message: RaftMessage): RaftTurn => {
    const turn = turnOf(context, state);
    if (state.narration !== undefined && isTakenUp(turn, message)) narrateReceipt(turn, message);
    return turn;
  };
  return actor(raftMessages, {
    init: (params: RaftParameters) => initialState(params, machine),
    recover: (durable, params) => recoverState(durable, params, machine),
    start: (context, state) => start(turnOf(context, state)),
    on: {
      'request-vote': (context, state, message) => onRequestVote(turnFor(context, state, message), message),
      vote: (context, state, message) => onVote(turnFor(context, state, message), message),
      'request-pre-vote': (context, state, message) => onRequestPreVote(turnOf(context, state), message),
      'pre-vote': (context, state, message) => onPreVote(turnOf(context, state), message),
      'append-entries': (context, state, message) => onAppendEntries(turnFor(context, state, message), message),
      'append-accepted': (context, state, message) => onAppendAccepted(turnFor(context, state, message), message),
      'install-snapshot': (context, state, message) => onInstallSnapshot(turnFor(context, state, message), message),
      'snapshot-received': (context, state, message) => onSnapshotReceived(turnOf(context, state), message),
      'append-rejected': (context, state, message) => onAppendRejected(turnFor(context, state, message), message),
      introduce: (context, state, message) => onIntroduce(turnOf(context, state), message),
      introduced: (context, state, message) => onIntroduced(turnOf(context, state), message),
      'introductions-due': (context, state) => onIntroductionsDue(turnOf(context, state)),
      'election-due': (context, state) => onElectionDue(turnOf(context, state)),
      'timeout-now': (context, state, message) => onTimeoutNow(turnOf(context, state), message),
      'votes-due': (context, state) => onVotesDue(turnOf(context, state)),
      'heartbeat-due': (context, state) => onHeartbeatDue(turnOf(context, state)),
      propose: (context, state, message) => onPropose(turnOf(context, state), message),
      'register-session': (context, state, message) => onRegisterSession(turnOf(context, state), message),
      'change-configuration': (context, state, message) => onChangeConfiguration(turnOf(context, state), message),
      proposed: (context, state, message) => onForwardAnswered(turnOf(context, state), message),
      'propose-failed': (context, state, message) => onForwardAnswered(turnOf(context, state), message),
      read: (context, state, message) => onRead(turnOf(context, state), message),
      'read-index': (context, state) => onReadIndex(turnOf(context, state)),
      'read-index-confirmed': (context, state, message) => onReadIndexConfirmed(turnOf(context, state), message),
      'read-failed': (context, state, message) => onForwardAnswered(turnOf(context, state), message),
      'transfer-leadership': (context, state, message) => onTransferLeadership(turnOf(context, state), message),
      subscribe: (context, state) => subscribe(turnOf(context, state)),
    },
    signals: {
      durable(context, state, lsn) {
        const turn = turnOf(context, state);
        narrateDurable(context, state, lsn);
        if (noteDurable(turn, lsn)) afterProgress(turn);
      },
      askTimedOut: (context, state, question) => onForwardTimedOut(turnOf(context, state), question),
    },
  });
}

function start(turn: RaftTurn): void {
  identify(turn.context, turn.state);
  narrateStart(turn.context, turn.state);
  turn.state.hasTopPriority = hasTopPriority(turn.state);
  observeRecovery(turn);
  observeConfiguration(turn);
  keepPromiseOfLastLife(turn);
  introduce(turn);
  postponeElection(turn);
  armElectionTimer(turn);
}

/** Whether a message of a peer is heeded at all, as far as that shows before it is. */
function isTakenUp(turn: RaftTurn, message: RaftMessage): boolean {
  if (sendingMember(turn.context, turn.state) === '') return false;
  if (message.type !== 'request-vote') return true;
  return turn.state.identity.isKnown && (message.transfer || !isLed(turn));
}

function subscribe({ context, state, machine }: RaftTurn): void {
  if (!context.sender.startsWith(`${state.self}/`)) return;
  const subscriber: Address<RaftAnswer> = context.sender;
  state.subscribers.add(subscriber);
  context.send(subscriber, statusOf(state));
  const index = state.applied;
  if (index === 0) return context.send(subscriber, { type: 'raft-applied', index, notices: [] });
  const summary = machine.summary?.(state.replica.machine) ?? null;
  context.send(subscriber, { type: 'raft-restored', index, summary });
}

/** The actor path at which members run raft, unless the program says otherwise. */
export const RAFT_ACTOR = 'raft';

/**
 * The root actor of a member. If it fails, the node ends: a member that broke an invariant must not vote on.
 * Throws a RangeError on parameters that make no sense.
 */
export function raftMember(
  machine: AnyStateMachine,
  parameters: Parameters<typeof raftParameters>[0],
  name: string = RAFT_ACTOR,
): ActorSpec {
  return {
    name,
    definition: raft(machine),
    params: raftParameters(parameters),
    supervision: { strategy: 'escalate', maxRestarts: 0, withinMs: 0 },
  };
}
