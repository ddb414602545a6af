import { expect, test } from 'vitest';
import type { Violation } from '../properties/property.js';
import { failureGroup } from './failure-group.js';

const setupOf = (...ids: readonly string[]): Parameters<typeof failureGroup>[1] => ({
  nodes: ids.map((id) => ({ id, program: id.startsWith('c') ? 'client' : 'member', params: null, role: 'server' })),
  workload: [],
});
const violation = (message: string, step: string, kind: Violation['kind'] = 'always'): Violation => ({
  ...{ property: 'one-leader', kind, step, atMs: 1, message },
});

test('runs that fail alike are alike, whatever the names, the size and the step', () => {
  const one = failureGroup(violation('n1 and n3 lead term 5', 'n3:17'), setupOf('n1', 'n2', 'n3'), [
    'led',
    'voted',
    'led',
  ]);
  const other = failureGroup(violation('n4 and n2 lead term 9', 'n2:99'), setupOf('n1', 'n2', 'n3', 'n4', 'n5', 'c1'), [
    'voted',
    'led',
    'x',
    'led',
    'y',
    'z',
  ]);
  expect(one).toBe('one-leader (member led, member led)');
  expect(other).toBe(one);
});

test('what was observed last, and whom the message names, tells them apart', () => {
  const setup = setupOf('n1', 'n2', 'c1');
  const group = (message: string, last: readonly (string | undefined)[], kind?: Violation['kind']): string =>
    failureGroup(violation(message, 'n1:3', kind), setup, last);
  const groups = [
    group('wrong', ['led', 'voted']),
    group('wrong', ['voted', 'voted']),
    group('n2 is wrong', ['led', 'voted']),
    group('c1/7 is wrong.', ['led', 'voted']),
    // The last step of a run is anybody's.
    group('n2 never came', ['led', 'voted'], 'eventually'),
  ];
  expect(groups).toEqual([
    'one-leader (member led)',
    'one-leader (member voted)',
    'one-leader (member led, member voted)',
    'one-leader (member led, client -)',
    'one-leader (member voted)',
  ]);
});
