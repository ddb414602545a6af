import { describe, expect, it } from 'vitest';
import type { ObservedRecord } from '../../runtime/observation.js';
import { observed } from '../../scheduler/index.js';
import { judge } from './judge.js';

function record(node: string, lamport: number, observation: ObservedRecord['observation']): ObservedRecord {
  return { node, incarnation: 1, step: lamport, atUs: lamport * 1000, actor: 'a', lamport, observation };
}

/** A planner at work, so that only the effects are in question. */
const quiet = [record('n1', 1, observed.plannerActive(1))];

describe('the judge of the demonstration', () => {
  it('finds nothing in what is sound, and says what it judged', () => {
    const records = [
      ...quiet,
      record('sink', 5, observed.effectApplied('report=1', 1, 7)),
      record('sink', 6, observed.effectRefused('report=1', 2, 9, 'duplicate')),
    ];
    const { violations, judged, seen } = judge(records, [], 10_000);
    expect(violations).toEqual([]);
    expect(judged).toEqual(expect.arrayContaining(['effect-at-most-once', 'accepted-tasks-end', 'election-safety']));
    expect(seen).toEqual(['duplicate-effect-refused']);
  });

  it('finds an effect that took place twice', () => {
    const records = [
      ...quiet,
      record('sink', 5, observed.effectApplied('report=1', 1, 7)),
      record('sink', 6, observed.effectApplied('report=1', 2, 9)),
    ];
    expect(judge(records, [], 10_000).violations).toEqual([
      expect.stringMatching(/^effect-at-most-once: .*\(sink:6\)$/),
    ]);
  });

  it('finds two leaders of one term', () => {
    const records = [
      ...quiet,
      ...['n1', 'n2'].map((node) => record(node, 2, { type: 'raft-became-candidate', term: 4, from: 'follower' })),
      ...['n1', 'n2'].map((node) => record(node, 3, { type: 'raft-became-leader', term: 4, lastIndex: 0 })),
    ];
    expect(judge(records, [], 10_000).violations).toEqual([expect.stringMatching(/^election-safety: /)]);
  });

  it('judges progress only by what happened before the end', () => {
    const records = [...quiet, record('n2', 20, observed.plannerActive(2))];
    expect(judge(records, [], 10_000).violations).toEqual([]);
    expect(judge(records, [], 30_000).violations).toEqual([expect.stringMatching(/^one-planner-at-last: /)]);
  });
});
