import { describe, expect, it } from 'vitest';
import { createCalendar } from '../../runtime/node/calendar.js';
import { runInline, type PlannedFault, type RunResult, type Scenario } from '../../sim/index.js';
import { raftReadsScenario } from '../scenarios/raft-reads.js';
import { simulate } from '../vitest.js';

simulate('reads by lease and by read index are linearizable under faults', raftReadsScenario, { seeds: 80 });

const calendar = createCalendar();

const MEMBERS = Object.freeze(['n1', 'n2', 'n3']);
const LEASE = Object.freeze({ min: 200, max: 400 });

/**
 * One member after the other is cut off from the other two while clients reach both sides, and all the time its clock goes at another rate
 * than theirs. All members read by lease.
 */
function runWithDrift(seed: number, ppm: number): RunResult {
  const drawn = raftReadsScenario;
  const scenario: Scenario = {
    ...drawn,
    setup(random, params) {
      const setup = drawn.setup(random, params);
      const member = {
        electionTimeoutMs: LEASE,
        heartbeatMs: 20,
        leaderStickiness: true,
        leaseReads: { maxDriftPpm: 20_000 },
      };
      const nodes = setup.nodes.map((node) =>
        node.role === 'server' ? { ...node, params: { ...(node.params as object), ...member } } : node,
      );
      return { ...setup, nodes };
    },
  };
  const faults = MEMBERS.flatMap((node, n): PlannedFault[] => {
    const others = MEMBERS.filter((member) => member !== node);
    const ms = 2500 + 4000 * n;
    return [
      {
        name: `drift-${node}`,
        fault: 'clock-drift',
        at: { ms },
        target: { kind: 'node', node },
        forMs: 3500,
        params: { ppm },
      },
      {
        name: `cut-${node}`,
        fault: 'partition',
        at: { ms: ms + 500 },
        target: { kind: 'links', from: [node], to: others },
        forMs: 2500,
        params: {},
      },
    ];
  });
  return runInline(scenario, { seed, plan: { faults } }, { calendar });
}

const stale = ({ violations }: RunResult): boolean => violations.some(({ property }) => property === 'linearizable');

describe('the clocks on which leases rest', () => {
  it('make no read stale within the stated bound, in either direction', () => {
    for (let seed = 1; seed <= 6; seed++) {
      expect(runWithDrift(seed, seed % 2 === 0 ? -20_000 : 20_000).violations).toEqual([]);
    }
  });

  it('do so far beyond it: hence lease reads are off unless somebody vouches for the clocks', () => {
    expect([1, 2, 3, 4, 5, 6].some((seed) => stale(runWithDrift(seed, -800_000)))).toBe(true);
  });
});
