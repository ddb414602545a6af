/** Properties of the protocols and the scheduler, to put into scenarios of one's own; checkers of histories; and how a failing case is made smaller. */
export * as gossip from './gossip/index.js';
export * as guarantees from './guarantees/index.js';
export * as histories from './histories/index.js';
export * as lease from './lease/index.js';
export * as linearizability from './linearizability/index.js';
export * as raft from './raft/index.js';
export * as scheduler from './scheduler/index.js';
export * from './arbitraries/index.js';
