import { isNodeId } from '../../../runtime/address.js';
import { mostUpToDate } from '../election/transfer.js';
import { becomeFollower } from '../election/roles.js';
import { appendEntries } from '../log/durability.js';
import { lastIndex } from '../log/log.js';
import type { RaftMessageOf } from '../messages.js';
import { MEMBERS_MAX } from '../parameters.js';
import { admitProposal, failProposal } from '../proposals.js';
import { hasCommittedInTerm } from '../replication/commit.js';
import { replicateToAll } from '../replication/sending.js';
import { memberAddress, type RaftTurn } from '../state.js';
import { configurationIndex } from './active.js';
import { changeSimply, CONFIGURATION_FAULTS, enterJoint, leaveJoint, type ConfigurationFault } from './changer.js';
import { isJoint, isVoter, membersOf, type Configuration } from './configuration.js';

const CHANGES_MAX = 64;

/**
 * Changes who belongs to the group (thesis, chapter 4). The entry holds the whole new configuration, which is in force wherever it is in
 * the log. The leader begins a change only when the one before is committed, and when it has committed an entry of its own term:
 * without that, leaders of different terms could change the same configuration to two that share no quorum (Ongaro, raft-dev, 2015).
 */
export function onChangeConfiguration(turn: RaftTurn, message: RaftMessageOf<'change-configuration'>): void {
  const { context, state } = turn;
  const { requestId } = message;
  const replyTo = context.replyTo();
  const fault = findFault(message);
  if (fault !== undefined) return failProposal(turn, replyTo, requestId, { error: 'invalid', detail: fault });
  if (!admitProposal(turn, message, 0, replyTo)) return;
  const refusal = whyNotNow(turn);
  if (refusal !== undefined) return failProposal(turn, replyTo, requestId, { error: 'unavailable', detail: refusal });
  const outcome = changed(state.configuration, message);
  if ('fault' in outcome) {
    return failProposal(turn, replyTo, requestId, { error: 'invalid', detail: CONFIGURATION_FAULTS[outcome.fault] });
  }
  const count = membersOf(outcome).length;
  if (count > MEMBERS_MAX) {
    const detail = `the group would have ${count} members; ${MEMBERS_MAX} at most`;
    return failProposal(turn, replyTo, requestId, { error: 'invalid', detail });
  }
  const lagging = findLaggingLearner(turn, outcome);
  if (lagging !== undefined) {
    return failProposal(turn, replyTo, requestId, { error: 'unavailable', reason: 'learner-lags', detail: lagging });
  }
  state.proposals.set(requestId, [replyTo]);
  appendConfiguration(turn, requestId, outcome);
}

function findFault({ changes }: RaftMessageOf<'change-configuration'>): string | undefined {
  if (changes.length > CHANGES_MAX) return `changes: ${changes.length} given; ${CHANGES_MAX} at most`;
  const bad = changes.find(({ node }) => !isNodeId(node));
  return bad === undefined ? undefined : `changes: ${JSON.stringify(bad.node)} is no node id`;
}

/** Why no change may begin now; it may soon. */
function whyNotNow({ state }: RaftTurn): string | undefined {
  if (!hasCommittedInTerm(state)) return `${state.self} has not committed an entry of its term yet`;
  if (configurationIndex(state) > state.commit) return 'another change of the configuration is under way';
  return undefined;
}

/** Hundredths of the leader's log that a learner must have before it votes. */
const PROMOTION_MIN_PERCENT = 90;

/**
 * A new voter counts at once. One that lags cannot acknowledge anything until it has caught up, so the group would be nearer to losing its
 * majority by the very change that is to make it safer. etcd's rule: a learner must hold 90 % of the leader's log; and it must be heard, and
 * its disk be known, or it would never count.
 */
function findLaggingLearner({ context, state }: RaftTurn, { voters }: Configuration): string | undefined {
  const end = lastIndex(state.log);
  for (const learner of state.configuration.learners) {
    if (!voters.includes(learner)) continue;
    const { match = 0, lastContactMs = -Infinity, isKnown = true } = state.progress.get(learner) ?? {};
    if (context.nowMs() - lastContactMs > state.parameters.electionTimeoutMs.max)
      return `${learner} is not heard; promote it when it is up`;
    if (!isKnown) return `${learner} has a disk that the others do not know; promote it when they do`;
    if (match * 100 < end * PROMOTION_MIN_PERCENT) {
      return `${learner} has the log up to ${match} of ${end}, less than ${PROMOTION_MIN_PERCENT} %; promote it when it has caught up`;
    }
  }
  return undefined;
}

function changed(
  configuration: Configuration,
  { changes, transition }: RaftMessageOf<'change-configuration'>,
): Configuration | { readonly fault: ConfigurationFault } {
  switch (transition) {
    case 'simple':
      return changeSimply(configuration, changes);
    case 'joint':
      return enterJoint(configuration, changes, false);
    case 'joint-auto':
      return enterJoint(configuration, changes, true);
    case 'leave':
      return leaveJoint(configuration);
    case 'auto': {
      const simple = changeSimply(configuration, changes);
      const needsJoint = 'fault' in simple && simple.fault === 'more-than-one-voter-changed';
      return needsJoint ? enterJoint(configuration, changes, true) : simple;
    }
  }
}

function appendConfiguration(turn: RaftTurn, requestId: string, configuration: Configuration): void {
  appendEntries(turn, [{ term: turn.state.term, requestId, command: null, configuration }]);
  replicateToAll(turn);
}

/**
 * Leader, after it has committed something: once the configuration in force is committed, a joint one that ends by itself is left, and a
 * leader that no longer votes makes way (thesis, §4.2.2), at best for one who has the whole log.
 */
export function settleConfiguration(turn: RaftTurn): void {
  const { context, state } = turn;
  const { configuration } = state;
  if (configurationIndex(state) > state.commit || !hasCommittedInTerm(state)) return;
  if (isJoint(configuration)) {
    const outcome = configuration.autoLeave ? leaveJoint(configuration) : configuration;
    if (!('fault' in outcome) && outcome !== configuration) appendConfiguration(turn, '', outcome);
    return;
  }
  if (isVoter(configuration, state.self)) return;
  const heir = mostUpToDate(state);
  if (heir !== '' && state.progress.get(heir)?.match === lastIndex(state.log)) {
    context.send(memberAddress(state, heir), { type: 'timeout-now', term: state.term });
  }
  becomeFollower(turn);
}
