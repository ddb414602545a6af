export { applyCommand, type Applied } from './apply.js';
export { findCommandFault, findOperationsFault } from './command-faults.js';
export { findDuplicateKey } from './duplicate-keys.js';
export { outcomeType, storeCommandType, type Outcome, type StoreCommand, type Transaction } from './command.js';
export { repeatedOutcome } from './requests.js';
export { changeIndexFrom, compactChanges, recordChange } from './history.js';
export { imageOfStore, stateHash, storeOfImage, type StoreImage } from './image.js';
export { fingerprintOf, plainEqual, plainSizeBytes } from './plain-value.js';
export { checkpointLeases, type LeaseCheckpoint, type StoreEntry } from './leases.js';
export { defaultStoreLimits, type StoreLimits } from './limits.js';
export { emptyStore, type Change, type ChangeHistory, type Lease, type Store } from './store.js';
export { readStore } from './range.js';
export {
  addWatch,
  emptyHub,
  isCompacted,
  isOfInterest,
  removeWatch,
  takeBatch,
  watchesOf,
  type Watch,
  type WatchBatch,
  type WatchHub,
  type WatchInterest,
} from './watch-hub.js';
export { isWithin, type Span } from './sorted-keys.js';
export { versionBefore } from './versions.js';
export { boundsInto, compareOutOf, eventsOutOf, operationsInto, resultsOutOf, transactionInto } from './namespace.js';
