import { describe, expect, test } from 'vitest';
import type { DiskDone } from '../../runtime/ports.js';
import { BAD_FILE_NAMES, DISK_CONFORMANCE, DISK_ORDER } from '../../runtime/storage/conformance.js';
import { requestOf, runDiskScript, type ScriptOutcome } from '../../runtime/storage/disk-script.js';
import { drawFate, hashText } from '../fate.js';
import { SimulatedDisk } from './simulated-disk.js';
import { VirtualLoop } from './virtual-loop.fixture.js';

function makeDisk(seed: number): { loop: VirtualLoop; disk: SimulatedDisk } {
  const loop = new VirtualLoop();
  const disk = new SimulatedDisk({
    node: 'n1',
    nowUs: () => loop.nowUs,
    schedule: (delayUs, callback) => loop.schedule(delayUs, callback),
    fate: (purpose, file, occurrence) => drawFate(seed, hashText(purpose), hashText(file), occurrence),
  });
  return { loop, disk };
}

describe('the simulated disk does what every disk must', () => {
  test.each(DISK_CONFORMANCE)('$name', ({ script }) => {
    const { loop, disk } = makeDisk(1);
    const outcomes: ScriptOutcome<void>[] = [];
    runDiskScript(disk, script(), (outcome) => outcomes.push(outcome));
    expect(outcomes).toEqual([]);
    loop.runUntilIdle();
    expect(outcomes).toEqual([{ ok: true, value: undefined }]);
  });

  test.each(DISK_ORDER)('in order: $name', ({ requests, reads }) => {
    for (let seed = 1; seed <= 20; seed++) {
      const { loop, disk } = makeDisk(seed);
      const found: Record<number, number[]> = {};
      const completed: number[] = [];
      requests.forEach((request, i) => {
        const done: DiskDone<unknown> = (error, value) => {
          expect(error).toBeUndefined();
          completed.push(i);
          if (value instanceof Uint8Array) found[i] = [...value];
        };
        requestOf(disk, request, done);
      });
      expect(completed).toEqual([]);
      loop.runUntilIdle();
      expect(found).toEqual(reads);
      for (const file of ['a', 'b']) expectRising(completed.filter((i) => namesOf(requests[i]!).includes(file)));
    }
  });

  test('refuses bad names of files at once', () => {
    const { disk } = makeDisk(1);
    for (const name of BAD_FILE_NAMES) {
      expect(() => disk.append(name, new Uint8Array(1), () => undefined), JSON.stringify(name)).toThrow(
        /no name of a file/,
      );
      expect(() => disk.rename(name, 'a', () => undefined), JSON.stringify(name)).toThrow(/no name of a file/);
    }
  });
});

function namesOf(request: object): readonly unknown[] {
  return Object.entries(request).flatMap(([key, value]) =>
    key === 'file' || key === 'from' || key === 'to' ? [value] : [],
  );
}

function expectRising(calls: readonly number[]): void {
  expect(calls).toEqual([...calls].sort((a, b) => a - b));
}
