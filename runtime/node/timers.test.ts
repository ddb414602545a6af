import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { SystemTimers } from './timers.js';

describe('timers', () => {
  let nowUs = 0;
  const fired: number[] = [];
  const clock = { monotonicUs: () => nowUs, wallUs: () => 0 };

  beforeEach(() => {
    nowUs = 0;
    fired.length = 0;
    vi.useFakeTimers();
  });
  afterEach(() => vi.useRealTimers());

  /** Advances both clocks; `lagUs` is how far the monotonic clock stays behind the event loop's. */
  function pass(ms: number, lagUs = 0): void {
    nowUs += ms * 1000 - lagUs;
    vi.advanceTimersByTime(ms);
  }

  it('fire once, each by its token, and not when cancelled or replaced', () => {
    const timers = new SystemTimers(clock, (token) => fired.push(token));
    timers.set(1, 10_000);
    timers.set(2, 20_000);
    timers.set(3, 30_000);
    timers.cancel(2);
    timers.set(1, 15_000);
    pass(10);
    expect(fired).toEqual([]);
    pass(5);
    expect(fired).toEqual([1]);
    pass(100);
    expect(fired).toEqual([1, 3]);
    expect(timers.size).toBe(0);
  });

  it('wait for more than setTimeout can count', () => {
    const timers = new SystemTimers(clock, (token) => fired.push(token));
    const days = 40;
    timers.set(1, days * 86_400_000_000);
    for (let day = 1; day < days; day++) pass(86_400_000);
    expect(fired).toEqual([]);
    pass(86_400_000);
    expect(fired).toEqual([1]);
  });

  it('are never early by the monotonic clock', () => {
    const timers = new SystemTimers(clock, (token) => fired.push(token));
    timers.set(1, 10_000);
    pass(10, 300);
    expect(fired).toEqual([]);
    pass(1);
    expect(fired).toEqual([1]);
  });

  it('can all be cancelled', () => {
    const timers = new SystemTimers(clock, (token) => fired.push(token));
    for (let token = 0; token < 10; token++) timers.set(token, 1000);
    timers.cancelAll();
    pass(100);
    expect(fired).toEqual([]);
    expect(vi.getTimerCount()).toBe(0);
  });
});
