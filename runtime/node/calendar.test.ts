import { describe, expect, it } from 'vitest';
import { createCalendar } from './calendar.js';

const calendar = createCalendar();

function ticks(cron: string, zone: string, from: string, count: number): string[] {
  const found: string[] = [];
  let at = Date.parse(from);
  while (found.length < count) {
    const next = calendar.nextTick(cron, zone, at);
    if (next === undefined) break;
    expect(next).toBeGreaterThan(at);
    found.push(new Date(next).toISOString().replace('.000Z', 'Z'));
    at = next;
  }
  return found;
}

describe('the calendar', () => {
  it('names the version of its zone data', () => expect(calendar.zoneDataVersion).toBe(process.versions['tz']));

  it('counts seconds where there are six fields', () => {
    expect(ticks('*/20 * * * * *', 'UTC', '2026-01-01T00:00:05Z', 3)).toEqual([
      '2026-01-01T00:00:20Z',
      '2026-01-01T00:00:40Z',
      '2026-01-01T00:01:00Z',
    ]);
  });

  it('counts steps from where they begin', () => {
    expect(ticks('3/25 * * * * *', 'UTC', '2026-01-01T00:00:00Z', 4)).toEqual([
      '2026-01-01T00:00:03Z',
      '2026-01-01T00:00:28Z',
      '2026-01-01T00:00:53Z',
      '2026-01-01T00:01:03Z',
    ]);
  });

  it('fires at the end of the gap when clocks go forward, and once when they go back', () => {
    expect(ticks('30 2 * * *', 'America/New_York', '2025-03-08T12:00:00Z', 2)).toEqual([
      '2025-03-09T07:00:00Z',
      '2025-03-10T06:30:00Z',
    ]);
    expect(ticks('30 1 * * *', 'America/New_York', '2025-11-01T12:00:00Z', 2)).toEqual([
      '2025-11-02T05:30:00Z',
      '2025-11-03T06:30:00Z',
    ]);
  });

  it('comes to an end never, but a leap day may be eight years off', () => {
    expect(ticks('0 0 29 2 *', 'UTC', '2096-03-01T00:00:00Z', 1)).toEqual(['2104-02-29T00:00:00Z']);
  });

  it.each([
    ['0 0 31 2 *', 'UTC', 'never occurs'],
    ['61 * * * *', 'UTC', 'cannot be read'],
    ['* * * *', 'UTC', '5 fields'],
    ['* * * * * * 2030', 'UTC', '5 fields'],
    ['? * * * *', 'UTC', 'contains "?"'],
    [`${'1,'.repeat(200)}1 * * * *`, 'UTC', 'longer than'],
    ['* * * * *', 'Mars/Olympus', 'unknown time zone "Mars/Olympus"'],
  ])('says why %s in %s cannot be used', (cron, zone, reason) => {
    expect(calendar.findFault(cron, zone)).toContain(reason);
  });

  it('finds no fault with what can be used', () => {
    expect(calendar.findFault('0 30 9 * * MON-FRI', 'Europe/Berlin')).toBeUndefined();
  });
});
