export { replicatedLeaseCoordinator } from './coordinator.js';
export { replicatedLeaseStore } from './machine.js';
export type { ReplicaObservation } from './observations.js';
export { replicatedLeaseServer } from './server.js';
export { replicaDefaults, type ReplicaOptions, type ReplicaServer } from './state.js';
