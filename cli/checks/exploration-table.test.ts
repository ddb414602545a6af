import { expect, it } from 'vitest';
import { withExplorationTable } from './exploration-table.js';

const measured = {
  ...{ version: 1, node: 'v20.20.0', processor: 'a processor', budgetMs: 15_000, strategies: ['swarm', 'pct'] },
  bugs: [
    {
      ...{ bug: 'one', scenario: 'raft' },
      outcomes: { swarm: { found: true, runs: 7, wallMs: 1_500 }, pct: { found: false, runs: 90, wallMs: 15_000 } },
    },
  ],
};
const DOCUMENT = 'before\n<!-- exploration:begin -->\nold\n<!-- exploration:end -->\nafter\n';

it('writes what was measured into its place, and the same again from that', () => {
  const once = withExplorationTable(DOCUMENT, JSON.stringify(measured));
  expect(once).toContain('| one | raft | 7 runs, 1.5 s | - 90 runs, 15.0 s |');
  expect(once).toContain('| **found** |  | 1 of 1, 1.5 s | 0 of 1, 15.0 s |');
  expect(once.startsWith('before\n')).toBe(true);
  expect(once.endsWith('after\n')).toBe(true);
  expect(once).not.toContain('old');
  expect(withExplorationTable(once, JSON.stringify(measured))).toBe(once);
});

it('says what is wrong with the document or the measurements', () => {
  expect(() => withExplorationTable('no place', JSON.stringify(measured))).toThrow('put them back');
  expect(() => withExplorationTable(DOCUMENT, '{}')).toThrow();
});
