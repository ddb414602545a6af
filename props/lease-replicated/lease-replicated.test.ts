import { simulate } from '../vitest.js';
import { leaseReplicatedScenario } from '../scenarios/lease-replicated.js';

simulate('a replicated lease store keeps the promises of the single one under faults', leaseReplicatedScenario, {
  seeds: 60,
});
