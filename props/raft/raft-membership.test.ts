import { raftMembershipScenario } from '../scenarios/raft-membership.js';
import { simulate } from '../vitest.js';

simulate('a group that changes its members keeps the promises of Raft under faults', raftMembershipScenario, {
  seeds: 120,
});
