import { describe, expect, it } from 'vitest';
import { storeMistakes } from '../disk/careless-cases.fixture.js';
import { networkMistakes } from '../network/chatter.fixture.js';
import { clockMistakes } from './clock-mistakes.fixture.js';
import { leaseMistakes } from './lease-mistakes.fixture.js';
import { kindsOf, trials, type OnlyThisFault } from './only-this-fault.fixture.js';
import { processMistakes } from './process-mistakes.fixture.js';
import { faultFamilies, faultRegistry } from './registry.js';

// Every kind of fault is worth its place: there is a mistake that it brings to light, and no other kind that was tried.

const mistakes: readonly OnlyThisFault[] = [
  ...processMistakes,
  ...leaseMistakes,
  ...clockMistakes,
  ...networkMistakes(),
  ...storeMistakes,
];
const families = faultFamilies.map(({ name, entries }) => ({ name, kinds: entries.map((entry) => entry.name) }));

it('tries each kind of fault in a cluster', () => {
  expect([...kindsOf(trials)].sort()).toEqual([...faultRegistry.keys()].sort());
});

describe.each(families)('$name', ({ kinds }) => {
  it.each(kinds)('%s alone brings a mistake to light', (kind) => {
    const own = mistakes.filter((mistake) => mistake.kind === kind);
    expect(own, 'add a mistake that only this kind of fault brings to light').not.toEqual([]);
    for (const { mistake, tried, isRightWithoutFaults, finders } of own) {
      expect(tried, mistake).toEqual(expect.arrayContaining(kinds));
      expect(isRightWithoutFaults(), `${mistake}, without faults`).toBe(true);
      expect(finders(), mistake).toEqual([kind]);
    }
  });
});
