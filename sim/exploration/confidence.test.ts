import { describe, expect, it } from 'vitest';
import { randomStream } from '../../runtime/random.js';
import { StateCounts } from './confidence.js';
import { bucketOfNumber } from './state-census.js';

describe('the statement of confidence', () => {
  it('counts states, singletons and their share of all sightings', () => {
    const counts = new StateCounts();
    expect([counts.add([1, 2, 3]), counts.add([2, 3]), counts.add([3, 4])]).toEqual([3, 0, 1]);
    // 1 and 4 once, 2 twice, 3 three times.
    expect(counts.confidence({})).toEqual({
      ...{ runs: 3, statesSeen: 4, statesSeenOnce: 2, unseenPpm: 285_714, newStatesPerHundredRuns: 67, rare: {} },
    });
  });

  it('says nothing of the unseen where nothing was seen', () => {
    expect(new StateCounts().confidence({}).unseenPpm).toBeUndefined();
  });

  it('names what less than 2 % of the runs reached, and not what none did', () => {
    const counts = new StateCounts();
    for (let run = 0; run < 200; run++) counts.add([1]);
    expect(counts.confidence({ never: 0, rare: 3, just: 4, often: 150 }).rare).toEqual({ rare: 3 });
  });

  it('estimates the share of unseen states well where states are drawn alike', () => {
    // The chance that the next state is new, known exactly here, against the estimate; both averaged over many draws.
    let [estimated, actual] = [0, 0];
    for (let n = 0; n < 300; n++) {
      const random = randomStream(`confidence/${n}`);
      const draws = Array.from({ length: 100 }, () => random.between(0, 99));
      const counts = new StateCounts();
      for (const state of draws) counts.add([state]);
      estimated += counts.confidence({}).unseenPpm ?? 0;
      actual += (100 - new Set(draws).size) * 10_000;
    }
    expect(Math.abs(estimated / actual - 1)).toBeLessThan(0.05);
  });
});

it('buckets numbers by sign and magnitude', () => {
  expect([0, 1, 2, 3, 4, 7, 8, 65_535, 65_536, 2e15, -1, -9].map(bucketOfNumber)).toEqual([
    0, 1, 2, 2, 3, 3, 4, 16, 17, 17, 33, 36,
  ]);
});
