import { isDeepStrictEqual } from 'node:util';
import { describe, expect, test } from 'vitest';
import { drawFate, hashText } from '../fate.js';
import type { DiskImage } from './crash-choice.js';
import { imageKey, RecordedDisk } from './crash-states.js';
import { LOG_SCENARIOS, playScenario, type LogScenario } from './log-scenarios.fixture.js';
import { judgeRecoveries, judgeSimulator, type LogRecord } from './record-judge.fixture.js';
import { RecordingDisk, type DiskEvent } from './recording-disk.js';
import { SimulatedDisk } from './simulated-disk.js';
import { VirtualLoop } from './virtual-loop.fixture.js';

/** Asks vitest only for the difference: it takes longer than a recovery. */
const equal = (expected: unknown, found: unknown): void => {
  if (!isDeepStrictEqual(expected, found)) expect(found).toEqual(expected);
};

function recordSimulated(scenario: LogScenario, seed: number): LogRecord {
  const loop = new VirtualLoop();
  const disk = new RecordingDisk(
    new SimulatedDisk({
      node: 'n1',
      nowUs: () => loop.nowUs,
      schedule: (delayUs, callback) => loop.schedule(delayUs, callback),
      fate: (purpose, file, occurrence) => drawFate(seed, hashText(purpose), hashText(file), occurrence),
      image: scenario.before().image,
    }),
  );
  let written: LogRecord['model'] | undefined;
  playScenario(
    scenario,
    disk,
    (next) => next(),
    (model) => (written = model),
  );
  loop.runUntilIdle();
  if (written === undefined) throw new Error('the scenario did not end');
  return { scenario, events: disk.events, model: written };
}

describe.each(LOG_SCENARIOS)('crash states of "$name"', (scenario) => {
  test('the simulator can leave exactly what the record of calls allows', () => {
    expect(judgeSimulator(recordSimulated(scenario, 1)).differentImages).toBeGreaterThan(100);
  });

  // Whatever a journal may leave, names that survive in any order may leave too.
  test('the log recovers from each, also where names survive in any order', () => {
    for (let seed = 1; seed <= 2; seed++) {
      expect(judgeRecoveries(recordSimulated(scenario, seed), 'any-order', equal).differentImages).toBeGreaterThan(100);
    }
  });
});

const shown = (image: DiskImage): string =>
  [...image]
    .map(([name, bytes]) => `${name}:${bytes.join(' ')}`)
    .sort()
    .join('\n');

describe('what a crash leaves', () => {
  const append = (call: number, file: string, ...bytes: number[]): DiskEvent => ({
    kind: 'called',
    call,
    request: { op: 'append', file, bytes: Uint8Array.from(bytes) },
  });
  const completed = (call: number): DiskEvent => ({ kind: 'completed', call, failed: false });
  const imagesOf = (events: readonly DiskEvent[], survival: 'journal' | 'any-order' = 'journal'): string[] => {
    const disk = new RecordedDisk(new Map(), survival);
    events.forEach((event) => disk.take(event));
    return disk.images(100).map(shown).sort();
  };

  test('is counted by hand for small records', () => {
    const written = [append(0, 'a', 7, 8), completed(0)];
    expect(imagesOf(written)).toEqual(['', 'a:', 'a:7', 'a:7 8']);
    const synced: DiskEvent[] = [...written, { kind: 'called', call: 1, request: { op: 'sync', file: 'a' } }];
    expect(imagesOf(synced)).toEqual(['', 'a:', 'a:7', 'a:7 8']);
    expect(imagesOf([...synced, completed(1)])).toEqual(['', 'a:7 8']);
    const named: DiskEvent[] = [
      ...synced,
      completed(1),
      { kind: 'called', call: 2, request: { op: 'syncDirectory' } },
      completed(2),
    ];
    expect(imagesOf(named)).toEqual(['a:7 8']);
    const renamed: DiskEvent[] = [...named, { kind: 'called', call: 3, request: { op: 'rename', from: 'a', to: 'b' } }];
    expect(imagesOf(renamed)).toEqual(['a:7 8', 'b:7 8']);
    const both: DiskEvent[] = [append(0, 'a', 1), append(1, 'b', 2)];
    expect(imagesOf(both)).toEqual(['', 'a:', 'a:\nb:', 'a:\nb:2', 'a:1', 'a:1\nb:', 'a:1\nb:2']);
    expect(imagesOf(both, 'any-order')).toHaveLength(9);
  });

  test('is one of its crash states, and over many seeds each of them', () => {
    const found = new Set<string>();
    let expected: string[] = [];
    for (let seed = 0; seed < 3000; seed++) {
      const disk = new SimulatedDisk({
        node: 'n1',
        nowUs: () => 0,
        schedule: () => undefined,
        fate: (purpose, file, occurrence) => drawFate(seed, hashText(purpose), hashText(file), occurrence),
      });
      disk.append('a', Uint8Array.of(1, 2, 3), () => undefined);
      disk.append('b', Uint8Array.of(4, 5), () => undefined);
      disk.rename('b', 'a', () => undefined);
      expected = [...disk.crashStates()].map((choice) => imageKey(disk.imageAfter(choice)));
      disk.crash();
      found.add(imageKey(disk.snapshotBytes()));
    }
    expect([...found].sort()).toEqual([...new Set(expected)].sort());
  });
});
