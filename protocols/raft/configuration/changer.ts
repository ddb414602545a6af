import type { NodeId } from '../../../runtime/address.js';
import { isJoint, type Configuration } from './configuration.js';

/** One step of a change. A voter that becomes a learner stops to vote; adding who is there, or removing who is not, changes nothing. */
export interface ConfigurationChange {
  readonly change: 'add-voter' | 'add-learner' | 'remove';
  readonly node: NodeId;
}

/** Why a change is refused. */
export type ConfigurationFault =
  | 'simple-change-while-joint'
  | 'more-than-one-voter-changed'
  | 'no-voter-left'
  | 'joint-already'
  | 'no-voter-to-begin-with'
  | 'not-joint';

/** In a sentence, with the remedy. */
export const CONFIGURATION_FAULTS: Readonly<Record<ConfigurationFault, string>> = Object.freeze({
  'simple-change-while-joint': 'the configuration is joint; leave it before the next change',
  'more-than-one-voter-changed': 'the change adds or removes more than one voter; make it a joint one',
  'no-voter-left': 'the change would leave no voter; keep one at least',
  'joint-already': 'the configuration is joint already; leave it before the next change',
  'no-voter-to-begin-with': 'a configuration without voters cannot become joint; add the first by a simple change',
  'not-joint': 'the configuration is not joint, so there is nothing to leave',
});

type Outcome = Configuration | { readonly fault: ConfigurationFault };

interface Draft {
  readonly voters: Set<NodeId>;
  readonly outgoing: ReadonlySet<NodeId>;
  readonly learners: Set<NodeId>;
  readonly learnersNext: Set<NodeId>;
}

/**
 * A change of at most one voter (thesis, §4.1): every majority before shares a voter with every majority after, so it needs no joint
 * configuration. Learners may change in any number.
 */
export function changeSimply(configuration: Configuration, changes: readonly ConfigurationChange[]): Outcome {
  if (isJoint(configuration)) return { fault: 'simple-change-while-joint' };
  const draft = draftOf(configuration);
  for (const change of changes) applyChange(draft, change);
  if (draft.voters.size === 0) return { fault: 'no-voter-left' };
  if (difference(configuration.voters, draft.voters) > 1) return { fault: 'more-than-one-voter-changed' };
  return finished(draft, false);
}

/** Any change, by way of a joint configuration (thesis, §4.3). */
export function enterJoint(
  configuration: Configuration,
  changes: readonly ConfigurationChange[],
  autoLeave: boolean,
): Outcome {
  if (isJoint(configuration)) return { fault: 'joint-already' };
  if (configuration.voters.length === 0) return { fault: 'no-voter-to-begin-with' };
  const draft = draftOf({ ...configuration, outgoing: configuration.voters });
  for (const change of changes) applyChange(draft, change);
  if (draft.voters.size === 0) return { fault: 'no-voter-left' };
  return finished(draft, autoLeave);
}

/** Ends a joint configuration: the old half has nothing to say any more, and who was to become a learner becomes one. */
export function leaveJoint(configuration: Configuration): Outcome {
  if (!isJoint(configuration)) return { fault: 'not-joint' };
  const { voters, learners, learnersNext } = configuration;
  return {
    voters,
    outgoing: [],
    learners: [...learners, ...learnersNext].sort(),
    learnersNext: [],
    autoLeave: false,
  };
}

function draftOf({ voters, outgoing, learners, learnersNext }: Configuration): Draft {
  return {
    voters: new Set(voters),
    outgoing: new Set(outgoing),
    learners: new Set(learners),
    learnersNext: new Set(learnersNext),
  };
}

function applyChange(draft: Draft, { change, node }: ConfigurationChange): void {
  const wasLearner = draft.learners.has(node);
  draft.voters.delete(node);
  draft.learners.delete(node);
  draft.learnersNext.delete(node);
  if (change === 'add-voter') draft.voters.add(node);
  else if (change === 'add-learner') {
    // As long as the old half counts its vote it is no learner yet.
    if (draft.outgoing.has(node) && !wasLearner) draft.learnersNext.add(node);
    else draft.learners.add(node);
  }
}

function difference(before: readonly NodeId[], after: ReadonlySet<NodeId>): number {
  const staying = before.filter((node) => after.has(node)).length;
  return before.length + after.size - 2 * staying;
}

function finished({ voters, outgoing, learners, learnersNext }: Draft, autoLeave: boolean): Configuration {
  return {
    voters: [...voters].sort(),
    outgoing: [...outgoing].sort(),
    learners: [...learners].sort(),
    learnersNext: [...learnersNext].sort(),
    autoLeave,
  };
}
