import { describe, expect, it } from 'vitest';
import type { PlannedFault } from '../faults/plan.js';
import { networkFaults } from '../faults/kinds/network.js';
import { brokenBeliefs, type Belief } from './beliefs.fixture.js';

const ALL: PlannedFault['target'] = { kind: 'all' };
const A: PlannedFault['target'] = { kind: 'node', node: 'a' };
const fromA: PlannedFault['target'] = { kind: 'links', from: ['a'], to: ['b', 'c', 'd', 'e'] };

interface Trial {
  readonly fault: string;
  readonly params?: PlannedFault['params'];
  readonly target?: PlannedFault['target'];
  readonly breaks: readonly Belief[];
}

/** What each fault brings to light of the wrong beliefs of the fixture, and that it brings no other to light. */
const trials: readonly Trial[] = [
  { fault: 'drop', params: { ppm: 20_000 }, breaks: [] },
  { fault: 'drop', params: { ppm: 300_000, mostPerLink: 1 }, breaks: [] },
  { fault: 'duplicate', params: { ppm: 300_000 }, breaks: [] },
  { fault: 'reorder', params: { ppm: 300_000, extraMs: 8 }, breaks: ['order'] },
  { fault: 'slow-link', params: { extraMs: 15 }, breaks: ['order'] },
  { fault: 'partition', target: A, breaks: [] },
  { fault: 'partition-one-way', target: A, breaks: ['hearing-is-mutual', 'majority-means-leader'] },
  { fault: 'replay', params: { ppm: 100_000, minMs: 50, maxMs: 250 }, breaks: ['repeats-come-soon'] },
  { fault: 'latency-uniform', params: { maxMs: 6 }, breaks: ['order', 'steady-latency'] },
  {
    fault: 'latency-exponential',
    params: { meanMs: 3, maxMs: 60 },
    breaks: ['order', 'steady-latency', 'window-of-eight'],
  },
  {
    fault: 'latency-bimodal',
    params: { ppm: 30_000, minMs: 90, maxMs: 110 },
    breaks: ['average-tells-all', 'order', 'window-of-eight'],
  },
  { fault: 'latency-offset', params: { maxMs: 40 }, breaks: ['equal-distances', 'order', 'window-of-eight'] },
  { fault: 'bandwidth', params: { bytesPerS: 120_000, queueBytes: 20_000 }, breaks: ['size-does-not-matter'] },
  { fault: 'clog', breaks: ['no-floods', 'steady-latency'] },
  { fault: 'hold', params: { order: 'sent' }, breaks: ['no-floods', 'steady-latency'] },
  {
    fault: 'hold',
    params: { order: 'drawn' },
    breaks: ['floods-are-in-order', 'floods-lose-nothing', 'no-floods', 'order', 'steady-latency', 'window-of-eight'],
  },
  { fault: 'partition-partial', params: { ppm: 350_000 }, breaks: ['hearing-is-transitive', 'my-leader-leads'] },
  {
    fault: 'partition-bridge',
    target: { kind: 'node', node: 'c' },
    breaks: ['hearing-is-transitive', 'majority-means-leader'],
  },
  { fault: 'partition-ring', breaks: ['hearing-is-transitive', 'my-leader-leads'] },
  {
    fault: 'corrupt',
    params: { ppm: 10_000, mostPerLink: 1 },
    target: fromA,
    breaks: ['order', 'single-losses', 'window-of-eight'],
  },
  { fault: 'reset', breaks: ['losses-have-one-direction', 'single-losses'] },
  {
    fault: 'half-open',
    params: { timeoutMs: 130 },
    target: A,
    breaks: ['floods-lose-nothing', 'hearing-is-mutual', 'majority-means-leader'],
  },
];

function planned({ fault, params = {}, target = ALL }: Trial): PlannedFault {
  return { name: `${fault}-1`, fault, at: { ms: 200 }, target, forMs: 200, params };
}

describe('wrong beliefs about the network', () => {
  it('hold without faults', () => {
    expect(brokenBeliefs([])).toEqual([]);
  });

  it.each(trials.map((trial) => [`${trial.fault} ${JSON.stringify(trial.params ?? {})}`, trial] as const))(
    '%s breaks those that it should, and no other',
    (_what, trial) => {
      expect(brokenBeliefs([planned(trial)])).toEqual([...trial.breaks].sort());
    },
  );

  it('are each broken by a kind of fault that the basic ones do not replace, and every kind is tried', () => {
    const basic = ['drop', 'duplicate', 'reorder', 'slow-link', 'partition', 'partition-one-way'];
    expect(new Set(trials.map(({ fault }) => fault))).toEqual(new Set(networkFaults.map(({ name }) => name)));
    const brokenByBasic = new Set(
      trials.filter(({ fault }) => basic.includes(fault)).flatMap(({ breaks }) => [...breaks]),
    );
    for (const { name } of networkFaults.filter((entry) => !basic.includes(entry.name))) {
      const own = trials.filter(({ fault }) => fault === name).flatMap(({ breaks }) => [...breaks]);
      expect(
        own.some((belief) => !brokenByBasic.has(belief)),
        name,
      ).toBe(true);
    }
  });
});
