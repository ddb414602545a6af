export {
  COORDINATOR_ACTOR,
  type Coordinator,
  type CoordinatorCluster,
  type Farewell,
  type Guarantees,
} from './coordinator.js';
export {
  coordinatorAnswers,
  coordinatorRequests,
  watchEventType,
  type CoordinatorAnswer,
  type CoordinatorRequest,
  type WatchEvent,
} from './messages.js';
export {
  compareType,
  coordinatorErrorType,
  findMultiVersionField,
  keyValueType,
  operationResultType,
  operationType,
  type Compare,
  type CoordinatorError,
  type KeyValue,
  type NestedTransaction,
  type Operation,
  type OperationResult,
  type Sort,
} from './operations.js';
