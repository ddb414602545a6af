import { describe, expect, it } from 'vitest';
import { runReal } from './real-arm.js';
import { runSimulated } from './simulated-arm.js';
import { timerCases } from './timer-cases.js';
import { transportCases } from './transport-cases.js';

const cases = [...transportCases, ...timerCases];

describe('a simulated world', () => {
  it.each(cases)('$name', (testCase) => {
    for (let seed = 1; seed <= 5; seed++) {
      const records = runSimulated(testCase, seed);
      expect(testCase.judge(records)).toBeUndefined();
      expect(testCase.isDone(records)).toBe(true);
    }
  });
});

describe('TCP, and the clocks and timers of this process', () => {
  it.each(cases)('$name', async (testCase) => {
    const records = await runReal(testCase);
    expect(testCase.judge(records)).toBeUndefined();
    expect(testCase.isDone(records)).toBe(true);
  });
});
