export { loadScenario, ModuleNotUsable } from './load-scenario.js';
export { PlacementFailure, runInThreads, type ThreadsOptions } from './run-in-threads.js';
export { ThreadPool } from './thread-pool.js';
