/** Histories: what was asked of an object and what it answered, and how they are read from files. */
export { EdnReader } from './edn-reader.js';
export { HistoryError } from './history-error.js';
export { readJepsenEdn } from './jepsen-edn.js';
export { readJepsenLog } from './jepsen-log.js';
export { readJsonLines } from './json-lines.js';
export { OPERATIONS_MAX, pairEvents } from './pair-events.js';
export { readHistory, recogniseFormat } from './read-history.js';
export {
  isOpen,
  type History,
  type HistoryEvent,
  type HistoryFormat,
  type Operation,
  type ProcessName,
  type ReadOptions,
} from './operation.js';
