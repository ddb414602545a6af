import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { plant, readSimulatorCorpus, simulatorCorpusUnder, type SimulatorBug } from './corpus.js';
import { ScratchSources } from './scratch-sources.js';
import { SimulatorTrials, type SimulatorReport } from './simulator-trial.js';

const root = fileURLToPath(new URL('../..', import.meta.url));
const corpus = readSimulatorCorpus([simulatorCorpusUnder(root)]);
const read = (path: string): string => readFileSync(join(root, path), 'utf8');
const named = (name: string): SimulatorBug => {
  const bug = corpus.find((other) => other.name === name);
  if (bug === undefined) throw new Error(`props/planted/simulator.json has no ${name}`);
  return bug;
};

describe('the broken simulators', () => {
  it.each(corpus.map((bug) => [bug.name, bug] as const))(
    '%s fits the sources, once, and names a test',
    (_name, bug) => {
      const source = read(bug.file);
      expect(plant(bug, source)).not.toBe(source);
      expect(read(bug.test)).toContain('describe(');
    },
  );
});

describe('the trial of a broken simulator', () => {
  // All of the corpus takes minutes: `npm run mutants:simulator`.
  it('catches two of them, and tells a change that breaks nothing, another test and one that does not load', async () => {
    const drift = named('drift-ignored-by-timers');
    const harmless = { ...drift, find: 'One node of the world:', replace: 'A node of the world:' };
    const trials: readonly (readonly [SimulatorBug, SimulatorReport['verdict']])[] = [
      [named('work-results-are-shared'), 'caught'],
      [drift, 'caught'],
      [harmless, 'survived'],
      [{ ...drift, expects: 'is not slow while it is paused' }, 'another test failed'],
      [{ ...drift, replace: 'this.((' }, 'broken'],
    ];
    const scratch = new ScratchSources(root);
    try {
      const trial = new SimulatorTrials(scratch);
      for (const [bug, verdict] of trials) {
        const report = await trial.try(bug);
        expect([bug.name, report.verdict, report.failed.length > 0]).toEqual([
          bug.name,
          verdict,
          verdict === 'caught' || verdict === 'another test failed',
        ]);
      }
    } finally {
      scratch.remove();
    }
  });
});
