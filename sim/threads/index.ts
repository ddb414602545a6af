export { loadExport, loadScenario, ModuleNotUsable, type ModuleReference } from './load-module.js';
export { PlacementFailure, runInThreads, type ThreadsOptions } from './run-in-threads.js';
export { ThreadPool } from './thread-pool.js';
