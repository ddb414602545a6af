import { casRegister, checkLinearizable, type Algorithm } from '../props/linearizability/index.js';
import { generatedHistory } from './generated-history.js';
import { hasPublishedCases, publishedCases, type PublishedCase } from './published-histories.js';
import type { Figure } from './simulation.js';

/** The checkers on one core. The published histories come first, in a process that has not judged anything before. */
export function measureCheckers(tell: (what: string) => void): readonly Figure[] {
  const figures: Figure[] = [];
  const measure = (name: string, run: () => void): void => {
    tell(name);
    const startedMs = performance.now();
    run();
    figures.push({ name, value: performance.now() - startedMs, unit: 'ms' });
  };
  if (hasPublishedCases()) {
    const logs = publishedCases('porcupine').filter(({ name }) => name.startsWith('porcupine/jepsen/'));
    const keyed = publishedCases('porcupine').filter(({ name }) => name.startsWith('porcupine/kv/'));
    const knossos = publishedCases('knossos');
    measure(`${logs.length} Jepsen logs of etcd, read and judged`, () => judgeAll(logs, 'wgl'));
    measure('the same, just in time', () => judgeAll(logs, 'jit'));
    measure(`${keyed.length} key-value logs of Porcupine`, () => judgeAll(keyed, 'wgl'));
    measure(`${knossos.length} histories of Knossos`, () => judgeAll(knossos, 'wgl'));
    measure('the same, just in time', () => judgeAll(knossos, 'jit'));
  } else {
    tell('the published histories are not beside the project; they are left out');
  }
  const register = generatedHistory(10_000, 10, 1, 2_000);
  measure('10,000 operations of 10 clients on one register', () => judge(register, 'wgl'));
  const store = generatedHistory(100_000, 50, 100, 2_000);
  measure('100,000 operations of 50 clients on 100 registers', () => judge(store, 'wgl'));
  measure('the same, just in time', () => judge(store, 'jit'));
  return figures;
}

function judgeAll(cases: readonly PublishedCase[], algorithm: Algorithm): void {
  for (const { name, model, isLinearizable, read } of cases) {
    const { verdict } = checkLinearizable(model, read().operations, { algorithm });
    if (verdict !== (isLinearizable ? 'legal' : 'illegal'))
      throw new Error(`${name} was judged ${verdict}: a figure of it would mean nothing`);
  }
}

function judge(operations: ReturnType<typeof generatedHistory>, algorithm: Algorithm): void {
  const { verdict } = checkLinearizable(casRegister(0), operations, { algorithm, stepsMax: 100_000_000 });
  if (verdict !== 'legal')
    throw new Error(`a generated history was judged ${verdict}: a figure of it would mean nothing`);
}
