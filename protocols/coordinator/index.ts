export { COORDINATOR_ACTOR, type Coordinator, type CoordinatorCluster, type Guarantees } from './coordinator.js';
export {
  compareType,
  coordinatorAnswers,
  coordinatorErrorType,
  coordinatorRequests,
  keyValueType,
  operationResultType,
  operationType,
  watchEventType,
  type Compare,
  type CoordinatorAnswer,
  type CoordinatorError,
  type CoordinatorRequest,
  type KeyValue,
  type Operation,
  type OperationResult,
  type WatchEvent,
} from './messages.js';
