import { describe, expect, it } from 'vitest';
import { isOrderRight } from './brute-force.fixture.js';
import { ALGORITHMS, checkLinearizable, partition } from './index.js';
import { hasPublishedCases, publishedCases } from '../../bench/published-histories.js';
import { withStaleRead } from './stale-read.fixture.js';

if (!hasPublishedCases())
  console.warn('published histories are not beside the project: their verdicts are NOT checked here');

describe.skipIf(!hasPublishedCases())('published histories', () => {
  const cases = hasPublishedCases() ? [...publishedCases('porcupine'), ...publishedCases('knossos')] : [];

  it('are all there', () => {
    const count = (prefix: string): number => cases.filter(({ name }) => name.startsWith(prefix)).length;
    expect([count('porcupine/jepsen/'), count('porcupine/kv/'), count('knossos/')]).toEqual([52, 4, 62]);
  });

  it.each(ALGORITHMS)('get their verdicts from %s, each with an order that explains it', (algorithm) => {
    for (const { name, model, isLinearizable, read } of cases) {
      const { operations } = read();
      const result = checkLinearizable(model, operations, { algorithm });
      expect(`${name}: ${result.verdict}`).toBe(`${name}: ${isLinearizable ? 'legal' : 'illegal'}`);
      const parts = partition(model, operations);
      for (const { key, order } of isLinearizable ? result.parts : []) {
        expect(isOrderRight(model, parts.get(key) ?? [], order ?? [])).toBe(true);
      }
    }
  });

  it('are refused at the operation that Knossos names', () => {
    const named: Readonly<Record<string, { readonly process: number; readonly result: number }>> = {
      'bad-analysis': { process: 21, result: 2 },
      'immediate-failure': { process: 1, result: 3 },
      'rethink-fail-minimal': { process: 1, result: 3 },
      'rethink-fail': { process: 12, result: 3 },
    };
    let checked = 0;
    for (const { name, model, read } of cases) {
      const expected = named[/\/bad\/(.*)\.edn$/.exec(name)?.[1] ?? ''];
      if (expected === undefined) continue;
      const { counterexample } = checkLinearizable(model, read().operations);
      expect(counterexample?.culprit).toMatchObject({ f: 'read', ...expected });
      checked++;
    }
    expect(checked).toBe(4);
  });

  it.each(ALGORITHMS)('are refused by %s once a read of an overwritten value is put into them', (algorithm) => {
    let [refused, tried] = [0, 0];
    const without: string[] = [];
    for (const { name, model, isLinearizable, initial, read } of cases) {
      if (!isLinearizable) continue;
      const { operations } = read();
      const mutated = withStaleRead(operations, initial);
      if (mutated === undefined) without.push(name);
      else {
        tried++;
        const { verdict, counterexample } = checkLinearizable(model, mutated.operations, { algorithm });
        expect(`${name}: ${verdict}`).toBe(`${name}: illegal`);
        expect(counterexample).toBeDefined();
        refused++;
      }
    }
    expect(refused).toBe(tried);
    // In these two everything failed, so that nothing was ever overwritten.
    expect(without).toEqual(['mongodb-v0-ack-rollback-10', 'mongodb-v0-ack-rollback-9'].map(registerCase));
    expect(tried).toBe(69);
  });
});

function registerCase(name: string): string {
  return `knossos/cas-register/good/${name}.edn`;
}
