import type { Properties } from '../../sim/index.js';
import {
  accurateAfter,
  coreSeesCoreAlive,
  coreSeesDownDead,
  leasesEnd,
  oneLeads,
  registersConverge,
  writesSurvive,
} from './convergence.js';
import { incarnationsGrow, noResurrection, precedenceHolds, suspicionsEnd, tombstonesKept } from './membership.js';
import { checkedWritesHold, tokensGrow, versionsAreWrittenOnce, versionsGrow } from './registers.js';
import {
  deadCameBack,
  leaseOfDeadEnded,
  leftDown,
  sawAny,
  suspicionConfirmed,
  tombstoneMerged,
  twoLed,
} from './sightings.js';
import { siblingsStood, siblingsSurvive } from './siblings.js';

import { registerTombstonesKept } from './register-tombstones.js';

export { replicaUser } from './replica-user.js';

/** What any group of gossiping members promises at every moment, whatever it is used for. */
export const gossipSafety: Properties['always'] = Object.freeze({
  'incarnations-grow': incarnationsGrow,
  'precedence-holds': precedenceHolds,
  'no-resurrection': noResurrection,
  'suspicions-end': suspicionsEnd,
  'tombstones-kept': tombstonesKept,
  'register-tombstones-kept': registerTombstonesKept,
  'versions-grow': versionsGrow,
  'versions-are-written-once': versionsAreWrittenOnce,
  'tokens-grow-at-each-node': tokensGrow,
});

/**
 * What is claimed of members whose replicas are used by `replicaUser`. `accurateFromMs` is when whatever was suspected before healing must have
 * been refuted or have run out.
 */
export function gossipProperties(accurateFromMs: number): Properties {
  return {
    always: { ...gossipSafety, 'checked-writes-hold': checkedWritesHold },
    eventually: {
      'core-sees-core-alive': coreSeesCoreAlive,
      'core-sees-down-dead': coreSeesDownDead,
      'accurate-after-healing': accurateAfter(accurateFromMs),
      'registers-converge': registersConverge,
      'writes-survive': writesSurvive,
      'siblings-survive': siblingsSurvive,
      'one-leads': oneLeads,
      'leases-end': leasesEnd,
    },
    sometimes: {
      'somebody-suspected': sawAny('member-suspect'),
      'suspicion-confirmed': suspicionConfirmed,
      'suspicion-refuted': sawAny('refuted'),
      'dead-came-back': deadCameBack,
      'saved-by-ping-req': sawAny('probe-relayed'),
      'felt-unwell': sawAny('health-changed'),
      'two-led': twoLed,
      'conflict-resolved': sawAny('conflict-resolved'),
      'checked-write-refused': sawAny('checked-write-refused'),
      'tombstone-merged': tombstoneMerged,
      'siblings-stood-together': siblingsStood,
      'lease-of-dead-ended': leaseOfDeadEnded,
      'node-left-down': leftDown,
      'member-left': sawAny('member-left'),
      'member-rejoined': sawAny('group-rejoined'),
      'tombstone-collected': sawAny('member-forgotten'),
      'register-tombstone-collected': sawAny('register-collected'),
    },
  };
}
