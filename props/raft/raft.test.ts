import { simulate } from '../vitest.js';
import { raftScenario } from '../scenarios/raft.js';

simulate('three or five members keep the promises of Raft under faults', raftScenario, { seeds: 150 });
