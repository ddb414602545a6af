import { expect, test } from 'vitest';
import pc from 'picocolors';
import { exitCodeOf } from './exit-code.js';
import { formatDuration, formatNumber, renderTable, type Output } from './output.js';
import { describeRate, progressDisplay } from './progress.js';
import { formatPlacement, parsePlacement } from './placement.js';
import { orreryCommand, quoted } from './replay-command.js';
import { UsageError } from './usage-error.js';

test.each([
  [12, '12 ms'],
  [3400, '3.4 s'],
  [59_999, '1 min'],
  [320_000, '5 min 20 s'],
  [3 * 3_600_000 + 600_000, '3 h 10 min'],
  [52 * 3_600_000, '2 d 4 h'],
])('%d ms is told as %s', (ms, text) => expect(formatDuration(ms)).toBe(text));

test.each([
  [1234.5, '1,235'],
  [12.34, '12.3'],
  [0.456, '0.46'],
])('%d is told as %s', (value, text) => expect(formatNumber(value)).toBe(text));

test('a table is framed on a terminal and tab-separated elsewhere', () => {
  const output = (isTerminal: boolean): Output => ({
    isTerminal,
    colours: pc.createColors(isTerminal),
    print() {},
    note() {},
  });
  expect(renderTable(output(false), ['a', 'b'], [['1', '2']])).toBe('a\tb\n1\t2');
  expect(renderTable(output(true), ['a', 'b'], [['1', '2']])).toContain('│');
});

test('nondeterminism comes before a failure, and that before vacuity', () => {
  const none = { nondeterministic: false, failed: false, vacuous: false, interrupted: false };
  expect(exitCodeOf({ nondeterministic: true, failed: true, vacuous: true, interrupted: true })).toBe(3);
  expect(exitCodeOf({ ...none, failed: true, vacuous: true, interrupted: true })).toBe(1);
  expect(exitCodeOf({ ...none, vacuous: true, interrupted: true })).toBe(4);
  expect(exitCodeOf({ ...none, interrupted: true })).toBe(130);
  expect(exitCodeOf(none)).toBe(0);
});

test('placements are read as they are written', () => {
  for (const text of ['inline', 'threads', 'threads:3']) expect(formatPlacement(parsePlacement(text))).toBe(text);
  for (const text of ['realm', 'threads:0', 'threads:999', 'thread', ''])
    expect(() => parsePlacement(text)).toThrow(UsageError);
});

test('without a terminal, progress is a plain line from time to time', () => {
  const lines: string[] = [];
  let nowMs = 0;
  const stream = { isTTY: false, write: (text: string) => lines.push(text) > 0 } as unknown as NodeJS.WriteStream;
  const display = progressDisplay(stream, () => nowMs);
  const state = { label: 'raft', wanted: 100, failures: 1, simulatedMs: 50_000 };
  for (nowMs = 0; nowMs <= 25_000; nowMs += 1000) display.show({ ...state, done: nowMs / 1000 });
  expect(lines).toEqual([
    'raft: 10 of 100 seeds, 1 seeds/s, 5 simulated s/s, ETA 1 min 30 s, 1 failure\n',
    'raft: 20 of 100 seeds, 1 seeds/s, 2.5 simulated s/s, ETA 1 min 20 s, 1 failure\n',
  ]);
  expect(describeRate({ ...state, done: 100 }, 1000)).toBe('100 seeds/s, 50 simulated s/s, 1 failure');
});

test('the command that replays can be pasted into a shell', () => {
  expect(orreryCommand('/p/node_modules/.bin/orrery', '/p')).toBe('npx orrery');
  expect(orreryCommand('/usr/bin/orrery', '/p')).toBe('orrery');
  expect(orreryCommand('/p/my dir/dist/cli/main.js', '/p')).toBe("node 'my dir/dist/cli/main.js'");
  // Where npx finds it: in the project and below it, be it a clone or one that has it as a dependency.
  expect(orreryCommand('dist/cli/main.js', '/p')).toBe('npx orrery');
  expect(orreryCommand('/p/dist/cli/main.js', '/p/docs')).toBe('npx orrery');
  expect(orreryCommand('/p/dist/cli/main.js', '/q')).toBe('node /p/dist/cli/main.js');
  expect(orreryCommand('/p/node_modules/orrery/dist/cli/main.js', '/p/src')).toBe('npx orrery');
  expect(orreryCommand('/p/node_modules/orrery/dist/cli/main.js', '/')).toMatch(/^node /);
  expect(quoted(`it's`)).toBe(`'it'\\''s'`);
});
