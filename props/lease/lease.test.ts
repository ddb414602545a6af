import { simulate } from '../vitest.js';
import { leaseScenario } from '../scenarios/lease.js';

simulate('a lease store and its members keep their promises under faults', leaseScenario, { seeds: 60 });
