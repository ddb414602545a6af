import { existsSync, readFileSync } from 'node:fs';
import { Command } from 'commander';
import { expect, it } from 'vitest';
import { registerHuntCommand } from '../hunt.js';
import { comparisonType, favouredStrategy, withExplorationTable, type Outcome } from './exploration-table.js';

const MEASURED = 'bench/exploration.json';
const DOCUMENT = 'before\n<!-- exploration:begin -->\nold\n<!-- exploration:end -->\nafter\n';

const found = (runs: number, cpuMs: number): Outcome => ({ found: true, runs, cpuMs, statesSeen: 1, budgetMs: 20_000 });
const missed = (runs: number, cpuMs: number): Outcome => ({ ...found(runs, cpuMs), found: false });
const measured = comparisonType.parse({
  ...{ version: 2, node: 'v20.20.0', processor: 'a processor', strategies: ['swarm', 'pct'] },
  bugs: [
    {
      ...{ bug: 'one', scenario: 'raft', expects: 'safety' },
      outcomes: { swarm: found(7, 1_500), pct: missed(90, 20_000) },
    },
    {
      ...{ bug: 'two', scenario: 'raft', expects: 'safety' },
      outcomes: { swarm: missed(80, 20_000), pct: missed(85, 20_000) },
    },
  ],
});

it('writes what was measured into its place, and the same again from that', () => {
  const once = withExplorationTable(DOCUMENT, JSON.stringify(measured));
  expect(once).toContain('| one | raft | 7 runs, 1.5 s | - 90 runs, 20.0 s |');
  expect(once).toContain('| swarm | 1 of 2 | 1.5 s | not found | 21.5 s | 20.0 s |');
  expect(once).toContain('| pct | 0 of 2 | not found | not found | 40.0 s | 20.0 s |');
  expect(once).toContain('Found by none: two.');
  expect(once).toContain('favours `swarm`');
  expect(once.startsWith('before\n')).toBe(true);
  expect(once.endsWith('after\n')).toBe(true);
  expect(once).not.toContain('old');
  expect(withExplorationTable(once, JSON.stringify(measured))).toBe(once);
});

it('favours who finds most, and of two who find as many the quicker', () => {
  const withOutcomes = (...all: readonly Readonly<Record<string, Outcome>>[]): typeof measured => ({
    ...measured,
    bugs: all.map((outcomes, n) => ({ bug: `bug ${n}`, scenario: 'raft', expects: 'safety', outcomes })),
  });
  expect(favouredStrategy(withOutcomes({ swarm: found(1, 900), pct: found(1, 100) }))).toBe('pct');
  const second = { swarm: found(5, 19_000), pct: missed(5, 20_000) };
  expect(favouredStrategy(withOutcomes({ swarm: found(1, 900), pct: found(1, 100) }, second))).toBe('swarm');
});

it('favours none before all were tried on all', () => {
  const [one, two] = measured.bugs;
  const partly = { ...measured, bugs: [one!, { ...two!, outcomes: { swarm: found(1, 1) } }] };
  expect(favouredStrategy(partly)).toBeUndefined();
  expect(favouredStrategy({ ...measured, strategies: ['swarm'] })).toBeUndefined();
  expect(withExplorationTable(DOCUMENT, JSON.stringify(partly))).toContain('the table favours none');
});

it('says what is wrong with the document or the measurements', () => {
  expect(() => withExplorationTable('no place', JSON.stringify(measured))).toThrow('put them back');
  expect(() => withExplorationTable(DOCUMENT, '{}')).toThrow();
});

it('the default strategy of a hunt is the one that the measurements favour, where they are complete', ({ skip }) => {
  const measurements = existsSync(MEASURED) ? readFileSync(MEASURED, 'utf8') : undefined;
  const favoured =
    measurements === undefined ? undefined : favouredStrategy(comparisonType.parse(JSON.parse(measurements)));
  if (favoured === undefined) return skip(`${MEASURED} does not compare all strategies yet`);
  const program = new Command();
  registerHuntCommand(program);
  const option = program.commands[0]?.options.find(({ long }) => long === '--explore');
  expect(option?.defaultValue).toBe(favoured);
});
