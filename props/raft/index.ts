import type { Properties } from '../../sim/properties/property.js';
import { disksAreKnownByMajorities } from './disks.js';
import { exactlyOnce } from './exactly-once.js';
import { followsModel } from './model/index.js';
import { restartKeepsPromise } from './promises.js';
import {
  acknowledgedSurvives,
  changesComplete,
  coreConverges,
  linearizable,
  oneLeads,
  askedAfterHealing,
  operationsComplete,
} from './clients.js';
import {
  electionSafety,
  leaderAppendOnly,
  leaderCommitsOwnTerm,
  leaderCompleteness,
  logMatching,
  receivedVotesAreDurable,
  stateMachineSafety,
  termsBeginWithCandidates,
  votesAndTermsHold,
} from './safety.js';
import {
  committedIsOnMajority,
  configurationsChangeSafely,
  leaderWasElected,
  snapshotsKeepConfigurations,
} from './membership.js';
import {
  configurationTakenBack,
  configurationWasJoint,
  leaderRemoved,
  learnerPromoted,
  voterAdded,
  voterRemoved,
} from './membership-sightings.js';
import { promotedHadCaughtUp } from './promotions.js';
import {
  conflictTruncated,
  diskDisowned,
  earlierTermCommittedIndirectly,
  leaderChanged,
  leaderCrashedWithUncommitted,
  leadershipTransferred,
  leaderSteppedDown,
  logRecovered,
  messagesDuplicated,
  preVoteSparedTerm,
  requestRepeated,
  sessionExpired,
  snapshotInstalled,
  termWithoutLeader,
  voteSplit,
} from './sightings.js';

export { administrator, type Transition } from './administrator.js';
export { PROBE } from './clients.js';
export { journal, type Journal } from './journal.js';
export { journalPrograms } from './journal-programs.js';

/** What any cluster of raft members promises, whatever they replicate. */
export const raftSafety: Properties['always'] = Object.freeze({
  'election-safety': electionSafety,
  'leader-was-elected': leaderWasElected,
  'configurations-change-safely': configurationsChangeSafely,
  'snapshots-keep-configurations': snapshotsKeepConfigurations,
  'leader-append-only': leaderAppendOnly,
  'log-matching': logMatching,
  'leader-completeness': leaderCompleteness,
  'state-machine-safety': stateMachineSafety,
  'terms-begin-with-candidates': termsBeginWithCandidates,
  'votes-and-terms-hold': votesAndTermsHold,
  'received-votes-are-durable': receivedVotesAreDurable,
  'leader-commits-own-term': leaderCommitsOwnTerm,
  'committed-is-on-majority': committedIsOnMajority,
  'follows-model': followsModel,
});

/** What ought to happen where most operations read. */
const readSightings: NonNullable<Properties['sometimes']> = Object.freeze({
  'leader-changed': leaderChanged,
  'leadership-transferred': leadershipTransferred,
  'request-repeated': requestRepeated,
});

/** What is claimed besides where the group changes. */
export const membershipProperties: Properties = Object.freeze({
  always: { 'promoted-had-caught-up': promotedHadCaughtUp },
  eventually: { 'changes-complete': changesComplete },
  sometimes: {
    'voter-added': voterAdded,
    'voter-removed': voterRemoved,
    'learner-promoted': learnerPromoted,
    'configuration-was-joint': configurationWasJoint,
    'leader-removed': leaderRemoved,
    'configuration-taken-back': configurationTakenBack,
    'snapshot-installed': snapshotInstalled,
  },
});

/**
 * What is claimed where members lose their disks: all that others may rely on. What a member promises of its own state, such as that its term never
 * falls, is gone with its disk; and it takes part no more, so nothing is claimed of its end.
 */
export const lostDiskProperties: Properties = Object.freeze({
  always: {
    'election-safety': electionSafety,
    'leader-was-elected': leaderWasElected,
    'disks-are-known-by-majorities': disksAreKnownByMajorities,
    'log-matching': logMatching,
    'leader-completeness': leaderCompleteness,
    'state-machine-safety': stateMachineSafety,
    'follows-model': followsModel,
    'acknowledged-survives': acknowledgedSurvives,
    'exactly-once': exactlyOnce,
    linearizable,
  },
  eventually: {
    'one-leads': oneLeads,
    'operations-complete': operationsComplete,
    'asked-after-healing': askedAfterHealing,
  },
  sometimes: { 'disk-disowned': diskDisowned, 'leader-changed': leaderChanged, 'request-repeated': requestRepeated },
});

/** What is claimed besides where leaders read by their lease. */
export const leaseReadProperties: Properties = Object.freeze({
  always: { 'restart-keeps-promise': restartKeepsPromise },
  sometimes: readSightings,
});

/** What is claimed of members that replicate the journal for clients. */
export const journalProperties: Properties = Object.freeze({
  always: {
    ...raftSafety,
    'acknowledged-survives': acknowledgedSurvives,
    'exactly-once': exactlyOnce,
    linearizable,
  },
  eventually: {
    'one-leads': oneLeads,
    'operations-complete': operationsComplete,
    'asked-after-healing': askedAfterHealing,
    'core-converges': coreConverges,
  },
  sometimes: {
    'leader-changed': leaderChanged,
    'leader-stepped-down': leaderSteppedDown,
    'conflict-truncated': conflictTruncated,
    'leadership-transferred': leadershipTransferred,
    'pre-vote-spared-term': preVoteSparedTerm,
    'snapshot-installed': snapshotInstalled,
    'vote-split': voteSplit,
    'term-without-leader': termWithoutLeader,
    'leader-crashed-with-uncommitted': leaderCrashedWithUncommitted,
    'earlier-term-committed-indirectly': earlierTermCommittedIndirectly,
    'log-recovered': logRecovered,
    'request-repeated': requestRepeated,
    'session-expired': sessionExpired,
    'messages-duplicated': messagesDuplicated,
  },
});
