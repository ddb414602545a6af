import { it, expect } from 'vitest';
import { leaseMistakes } from './lease-mistakes.fixture.js';
import { processMistakes } from './process-mistakes.fixture.js';
import { clockMistakes } from './clock-mistakes.fixture.js';
it.each([...leaseMistakes, ...processMistakes, ...clockMistakes].map((c) => [c.kind, c] as const))('%s', (_k, c) => {
  expect(c.isRightWithoutFaults()).toBe(true);
  expect(c.finders()).toEqual([c.kind]);
});
