export { writeAheadLog } from './write-ahead-log.js';
export { RecordTooLarge } from './storage.js';
export type { WriteAheadLogOptions } from './options.js';
export type { NodeStorage, RecoveredStorage, StorageEvents, StorageFactory, StorageWrite } from './storage.js';
export { STORAGE_FAULT_POINTS } from './fault-points.js';
