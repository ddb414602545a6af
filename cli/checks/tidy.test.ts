import { expect, test } from 'vitest';
import { codeLineCount, placeFaults, textFaults } from './tidy.js';

test('blank lines and comments are no lines of code', () => {
  expect(codeLineCount('// one\n\nconst a = 1; // two\n/* three\n four */\n/** five */\nconst b = 2;\n')).toBe(2);
});

test.each(['lib/clock.ts', 'runtime/utils/clock.ts', 'sim/helpers.ts', 'cli/taskManager.ts', 'props/common-words.ts'])(
  '%s is in the wrong place or badly named',
  (path) => {
    expect(placeFaults(path)).toHaveLength(1);
  },
);

test.each(['runtime/clock.ts', 'protocols/raft/commonality.ts', 'package.json', '.ci/run'])('%s is fine', (path) => {
  expect(placeFaults(path)).toEqual([]);
});

test('a file with too many lines needs an exception, and a short one may not keep it', () => {
  const long = 'f();\n'.repeat(401);
  expect(textFaults('sim/long.ts', long, false)).toHaveLength(1);
  expect(textFaults('sim/long.ts', long, true)).toEqual([]);
  expect(textFaults('sim/short.ts', 'f();\n', true)).toHaveLength(1);
});

test('left-over notes and paths of one machine are reported with their line', () => {
  const note = ['// ', 'TO', 'DO: later'].join('');
  const path = ['open("', 'work/main")'].join('/');
  expect(textFaults('docs/page.md', `fine\n${note}\n${path}\n`, false).map((fault) => fault.split(':')[0])).toEqual([
    'line 2',
    'line 3',
  ]);
  expect(textFaults('docs/page.md', 'https://example.org/work/item and ./root/cause\n', false)).toEqual([]);
});
