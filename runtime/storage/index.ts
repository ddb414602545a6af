export { writeAheadLog, RecordTooLarge } from './write-ahead-log.js';
export type { WriteAheadLogOptions } from './options.js';
export type { NodeStorage, RecoveredStorage, StorageEvents, StorageFactory, StorageWrite } from './storage.js';
