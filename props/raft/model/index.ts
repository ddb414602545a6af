export { inSpecifiedTerms, linesOf } from './etcd-stream.js';
export { eventsOf, followsModel } from './event-stream.js';
export { RaftModel } from './raft-model.js';
