import type { Properties } from '../../sim/properties/property.js';
import { leaseProperties } from '../lease/index.js';
import { raftSafety } from '../raft/index.js';
import {
  deadLeasesEnd,
  goneWhenItHasEnded,
  keptWhileItLives,
  neverEndsEarly,
  notesAreTrue,
  snapshotsKeepTimeLeft,
  timeLeftIsHandedOver,
  unansweredTakeNothing,
  wholeTimeIsNoted,
} from './leases.js';
import { replicasAreEqual, replicasCatchUp } from './replicas.js';
import {
  checkpointUsed,
  leaseSurvivedChange,
  primaryChanged,
  snapshotInstalled,
  watchResumedElsewhere,
} from './sightings.js';

export { LEASE_KEEPER, leaseKeeper, type LeaseKeeperParams } from './lease-keeper.js';

// What is about the clock and the disk of a single store.
const {
  'lease-never-expires-early': _early,
  'lease-time-counts-on': _countsOn,
  ...always
} = leaseProperties.always ?? {};
const { 'dead-leases-end': _dead, ...eventually } = leaseProperties.eventually ?? {};
const {
  'lease-time-restored': _restored,
  'store-crashed-with-unsynced-writes': _unsynced,
  'store-took-snapshot': _snapshot,
  ...sometimes
} = leaseProperties.sometimes ?? {};

/** What is claimed of a replicated store: all that is claimed of a single one, and that its replicas are one. */
export const replicatedLeaseProperties: Properties = Object.freeze({
  always: {
    ...always,
    'election-safety': raftSafety?.['election-safety'] as NonNullable<typeof raftSafety>[string],
    'state-machine-safety': raftSafety?.['state-machine-safety'] as NonNullable<typeof raftSafety>[string],
    'replicas-are-equal': replicasAreEqual,
    'lease-never-ends-early': neverEndsEarly,
    'time-left-is-handed-over': timeLeftIsHandedOver,
    'notes-are-true': notesAreTrue,
    'unanswered-take-nothing': unansweredTakeNothing,
    'whole-time-is-noted': wholeTimeIsNoted,
    'snapshots-keep-time-left': snapshotsKeepTimeLeft,
    'kept-while-it-lives': keptWhileItLives,
    'gone-when-it-has-ended': goneWhenItHasEnded,
  },
  eventually: {
    ...eventually,
    'dead-leases-end': deadLeasesEnd,
    'replicas-catch-up': replicasCatchUp,
  },
  sometimes: {
    ...sometimes,
    'primary-changed': primaryChanged,
    'lease-survived-change': leaseSurvivedChange,
    'checkpoint-used': checkpointUsed,
    'watch-resumed-elsewhere': watchResumedElsewhere,
    'snapshot-installed': snapshotInstalled,
  },
});
