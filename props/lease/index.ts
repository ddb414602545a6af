import type { Properties } from '../../sim/properties/property.js';
import {
  candidatesEndThemselves,
  leaderReadsTrue,
  leaseExclusivity,
  observersSeeLeaders,
  ownerAtTheStore,
  proclaimsUnderOwnKey,
  tokensGrow,
} from './elections.js';
import {
  acknowledgedSurvives,
  olderTokensRefused,
  readsLinearizable,
  revisionsMonotone,
  transactionsOnce,
} from './history.js';
import { deadLeasesEnd, keysEndWithLease, leaseTimeCountsOn, neverExpiresEarly } from './leases.js';
import {
  lockIsTaken,
  membersSeeEachOther,
  observersCatchUp,
  requestsEnd,
  transactionsSucceed,
  watchersGoForward,
} from './progress.js';
import {
  crashedWithUnsyncedWrites,
  guardedWriteRefused,
  holderChanged,
  lateWriteRefused,
  leaseExpired,
  leaseRevoked,
  leaseTimeRestored,
  previousTold,
  proclamationObserved,
  proclamationRefused,
  progressTold,
  putRefusedWithoutLease,
  requestGivenUp,
  requestRepeated,
  revisionFragmented,
  sessionLost,
  slowWriteRefused,
  snapshotTaken,
  tryLockGranted,
  tryLockRefused,
  watchCompacted,
  watchResumed,
} from './sightings.js';
import { registersLinearizable } from './registers.js';
import { pastRead, pastReadRefused, pastReadTruly, transactionsAtomic } from './trees.js';
import { rangesWatched, watchesBeginWhereAsked, watchesCatchUp, watchGuarantees } from './watches.js';

export { onAnotherNode } from './sightings.js';
export { simulateSlowWrite } from './slow-write.js';
export { storePrograms, type StoreNodeParams } from './store-programs.js';
export { bearableDriftPpm, drawLeaseWorkload, drawLooks, drawUse, marginOf, pick } from './workload.js';

/** What any cluster on a lease store promises, whatever it is used for. */
export const leaseSafety: Properties['always'] = Object.freeze({
  'lease-exclusivity': leaseExclusivity,
  'owner-at-the-store': ownerAtTheStore,
  'tokens-grow': tokensGrow,
  'candidates-end-themselves': candidatesEndThemselves,
  'observers-see-leaders': observersSeeLeaders,
  'lease-never-expires-early': neverExpiresEarly,
  'lease-time-counts-on': leaseTimeCountsOn,
  'keys-end-with-lease': keysEndWithLease,
  'revisions-monotone': revisionsMonotone,
  'transactions-once': transactionsOnce,
  'acknowledged-survives': acknowledgedSurvives,
  'watch-guarantees': watchGuarantees,
});

/** What is claimed of the lock workers, clients and watchers of the scenario `lease`. */
export const leaseProperties: Properties = Object.freeze({
  always: {
    ...leaseSafety,
    'proclaims-under-own-key': proclaimsUnderOwnKey,
    'leader-reads-true': leaderReadsTrue,
    'older-tokens-refused': olderTokensRefused,
    'reads-linearizable': readsLinearizable,
    'registers-linearizable': registersLinearizable,
    'watchers-go-forward': watchersGoForward,
    'watches-begin-where-asked': watchesBeginWhereAsked,
    'ranges-watched': rangesWatched,
    'past-read-truly': pastReadTruly,
    'transactions-atomic': transactionsAtomic,
  },
  eventually: {
    'dead-leases-end': deadLeasesEnd,
    'lock-is-taken': lockIsTaken,
    'transactions-succeed': transactionsSucceed,
    'members-see-each-other': membersSeeEachOther,
    'requests-end': requestsEnd,
    'watches-catch-up': watchesCatchUp,
    'observers-catch-up': observersCatchUp,
  },
  sometimes: {
    'lease-expired': leaseExpired,
    'lease-revoked': leaseRevoked,
    'lease-time-restored': leaseTimeRestored,
    'holder-changed': holderChanged,
    'proclamation-observed': proclamationObserved,
    'proclamation-refused': proclamationRefused,
    'try-lock-refused': tryLockRefused,
    'try-lock-granted': tryLockGranted,
    'late-write-refused': lateWriteRefused,
    'slow-write-refused': slowWriteRefused,
    'guarded-write-refused': guardedWriteRefused,
    'put-refused-without-lease': putRefusedWithoutLease,
    'session-lost': sessionLost,
    'store-crashed-with-unsynced-writes': crashedWithUnsyncedWrites,
    'store-took-snapshot': snapshotTaken,
    'request-deduplicated': requestRepeated,
    'request-given-up': requestGivenUp,
    'watch-resumed': watchResumed,
    'watch-compacted': watchCompacted,
    'watch-told-progress': progressTold,
    'past-read': pastRead,
    'past-read-refused': pastReadRefused,
    'watch-told-previous': previousTold,
    'revision-came-in-fragments': revisionFragmented,
  },
});
