import fc from 'fast-check';
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

  it('ring in the order of deadline and setting, though the event loop is late and both wait for less than a millisecond', () => {
    const timers = new SystemTimers(clock, (token) => fired.push(token));
    timers.set(1, 10_000);
    nowUs += 3;
    timers.set(2, 10_000);
    timers.set(3, 9_400);
    timers.set(4, 9_997);
    // Of the first the time has not come yet when the loop wakes for it, of the others neither.
    pass(10, 4);
    pass(1);
    expect(fired).toEqual([3, 1, 4, 2]);
  });

  it('are rung in any order of settings, cancellations and replacements as a list of them would be', () => {
    const step = fc.record({
      token: fc.nat(8),
      delayUs: fc.oneof(fc.nat(3_000), fc.constant(2_000)),
      what: fc.constantFrom('set', 'set', 'set', 'cancel', 'pass'),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 300 }), (steps) => {
        const rung: number[] = [];
        const timers = new SystemTimers(clock, (token) => rung.push(token));
        let model: { token: number; dueUs: number }[] = [];
        const expected: number[] = [];
        const ring = (): void => {
          const due = model.filter(({ dueUs }) => dueUs <= nowUs).sort((a, b) => a.dueUs - b.dueUs);
          expected.push(...due.map(({ token }) => token));
          model = model.filter(({ dueUs }) => dueUs > nowUs);
        };
        for (const { token, delayUs, what } of steps) {
          if (what === 'pass') {
            pass(1);
            ring();
            continue;
          }
          model = model.filter((other) => other.token !== token);
          if (what === 'cancel') timers.cancel(token);
          else {
            timers.set(token, delayUs);
            model.push({ token, dueUs: nowUs + delayUs });
          }
        }
        for (let ms = 0; ms < 5; ms++) {
          pass(1);
          ring();
        }
        expect(rung).toEqual(expected);
        expect(timers.size).toBe(0);
        expect(vi.getTimerCount()).toBe(0);
      }),
    );
  });

  it('that one of them cancels at the same moment do not ring, and those it sets without delay ring in another turn', () => {
    const timers = new SystemTimers(clock, (token) => {
      fired.push(token);
      if (token === 1) timers.cancel(2);
      if (token === 3 && fired.length < 5) timers.set(3, 0);
    });
    for (const token of [1, 2, 3]) timers.set(token, 5_000);
    pass(5);
    expect(fired).toEqual([1, 3]);
    pass(1);
    expect(fired.slice(0, 3)).toEqual([1, 3, 3]);
  });

  it('that ring go on after one whose handling threw', () => {
    const timers = new SystemTimers(clock, (token) => {
      fired.push(token);
      if (token === 1) throw new Error('of the first');
    });
    timers.set(1, 5_000);
    timers.set(2, 5_000);
    expect(() => pass(5)).toThrow('of the first');
    pass(1);
    expect(fired).toEqual([1, 2]);
  });
});
