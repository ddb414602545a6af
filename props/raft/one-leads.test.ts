import { describe, expect, it } from 'vitest';
import { configurationOf, type RaftState } from '../../protocols/raft/index.js';
import type { EndOfRun } from '../../sim/properties/property.js';
import { oneLeads } from './clients.js';

const MEMBERS = ['n1', 'n2', 'n3'];
const END_MS = 25_000;

type Shown = Partial<Pick<RaftState, 'role' | 'term' | 'isTransferElection'>>;

function endOf(shown: Readonly<Record<string, Shown>>): EndOfRun {
  const state = (node: string): unknown => ({
    ...{ role: 'follower', term: 4, isTransferElection: false, commit: 9 },
    ...{ configuration: configurationOf(MEMBERS), parameters: { electionTimeoutMs: { min: 100, max: 300 } } },
    ...shown[node],
  });
  return {
    ...{ setup: { nodes: [], workload: [] }, nodes: MEMBERS, core: MEMBERS, simulatedMs: END_MS, faults: {} },
    ...{ state, states: () => MEMBERS.map(state) },
  };
}

/** Judges a run in which configurations with these indices came into force at these times. */
function judged(
  shown: Readonly<Record<string, Shown>>,
  configured: readonly (readonly [number, number])[] = [],
): unknown {
  const monitor = oneLeads();
  for (const [index, ms] of configured) {
    const record = { node: 'n1', incarnation: 1, step: 1, lamport: 1, actor: 'raft', atUs: ms * 1000 };
    monitor.observe?.({ ...record, observation: { type: 'raft-configured', index } });
  }
  return monitor.end?.(endOf(shown));
}

const NOBODY = '0 members lead term 4 at the end';

describe('one leads at the end', () => {
  it('and its term is the highest', () => {
    expect(judged({ n2: { role: 'leader' } })).toBeUndefined();
    expect(judged({})).toBe(NOBODY);
    expect(judged({ n1: { role: 'leader' }, n2: { role: 'leader' } })).toBe('2 members lead term 4 at the end');
    expect(judged({ n1: { role: 'leader' }, n2: { term: 5 } })).toBe('0 members lead term 5 at the end');
  });

  it('unless the group was changed so late that an election may still be under way', () => {
    expect(judged({}, [[7, END_MS - 599]])).toBeUndefined();
    expect(judged({}, [[7, END_MS - 601]])).toBe(NOBODY);
    // That one had been in force before: it was told of once more at a restart.
    expect(
      judged({}, [
        [7, 9000],
        [7, END_MS - 10],
      ]),
    ).toBe(NOBODY);
  });

  it('unless the leader has just handed over', () => {
    expect(judged({ n3: { role: 'candidate', term: 5, isTransferElection: true } })).toBeUndefined();
    expect(judged({ n3: { role: 'candidate', term: 5 } })).toBe('0 members lead term 5 at the end');
  });
});
