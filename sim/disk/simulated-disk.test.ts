import { describe, expect, test } from 'vitest';
import type { DiskError } from '../../runtime/ports.js';
import { drawFate, hashText } from '../fate.js';
import { SimulatedDisk, type SimulatedDiskOptions } from './simulated-disk.js';
import { VirtualLoop } from './virtual-loop.fixture.js';

const bytes = (...values: number[]): Uint8Array => Uint8Array.from(values);

class Bench {
  readonly loop = new VirtualLoop();
  readonly disk: SimulatedDisk;
  readonly errors: string[] = [];
  completions = 0;

  constructor(options: Partial<SimulatedDiskOptions> = {}) {
    this.disk = new SimulatedDisk({
      node: 'n1',
      nowUs: () => this.loop.nowUs,
      schedule: (delayUs, callback) => this.loop.schedule(delayUs, callback),
      fate: (purpose, file, occurrence) => drawFate(1, hashText(purpose), hashText(file), occurrence),
      ...options,
    });
  }

  readonly done = (error: DiskError | undefined): void => {
    this.completions++;
    if (error !== undefined) this.errors.push(error.code);
  };

  /** Calls, and waits until all is done. */
  do(call: (disk: SimulatedDisk) => void): void {
    call(this.disk);
    this.loop.runUntilIdle();
  }

  contents(): Record<string, number[]> {
    return Object.fromEntries([...this.disk.snapshotBytes()].map(([name, found]) => [name, [...found]]));
  }

  /** How many outcomes a loss of power has now. */
  crashStateCount(): number {
    return [...this.disk.crashStates()].length;
  }
}

describe('the simulated disk', () => {
  test('keeps what was synced, and no callback of the dead life comes', () => {
    const bench = new Bench();
    bench.do((disk) => disk.append('a', bytes(1, 2), bench.done));
    bench.do((disk) => disk.sync('a', bench.done));
    bench.do((disk) => disk.syncDirectory(bench.done));
    bench.disk.append('a', bytes(3), bench.done);
    bench.disk.append('b', bytes(4), bench.done);
    const [nothingMore] = bench.disk.crashStates();
    bench.disk.crashTo(nothingMore!);
    expect(bench.contents()).toEqual({ a: [1, 2] });
    expect(() => bench.disk.list(() => undefined)).toThrow(/after a crash/);
    bench.disk.reboot();
    bench.loop.runUntilIdle();
    expect(bench.completions).toBe(3);
    expect(bench.errors).toEqual([]);
    expect(bench.crashStateCount()).toBe(1);
  });

  test('a sync covers what was appended before it was called, not what came while it ran', () => {
    const bench = new Bench();
    bench.do((disk) => disk.append('a', bytes(1), bench.done));
    bench.do((disk) => disk.syncDirectory(bench.done));
    bench.do((disk) => {
      disk.sync('a', bench.done);
      disk.append('a', bytes(2, 3), bench.done);
    });
    expect([...bench.disk.crashStates()].map(({ lengths }) => lengths.get('a'))).toEqual([1, 2, 3]);
  });

  test('a sync of the directory covers what was told done when it was called', () => {
    const bench = new Bench();
    bench.do((disk) => disk.append('a', bytes(), bench.done));
    bench.do((disk) => {
      disk.syncDirectory(bench.done);
      disk.append('b', bytes(), bench.done);
    });
    expect([...bench.disk.crashStates()].map((choice) => [...bench.disk.imageAfter(choice).keys()])).toEqual([
      ['a'],
      ['a', 'b'],
    ]);
  });

  test('the death of the process keeps what was told done, as unsynced as before', () => {
    const bench = new Bench();
    bench.do((disk) => disk.append('a', bytes(1, 2), bench.done));
    bench.disk.crash('process');
    bench.disk.reboot();
    expect(bench.contents()).toEqual({ a: [1, 2] });
    expect(bench.crashStateCount()).toBe(4);
    const [nothing] = bench.disk.crashStates();
    bench.disk.crashTo(nothing!);
    expect(bench.contents()).toEqual({});
  });

  test('a failed sync fails once, and no later one brings the bytes back', () => {
    const bench = new Bench();
    bench.do((disk) => disk.append('a', bytes(1), bench.done));
    bench.do((disk) => disk.syncDirectory(bench.done));
    bench.disk.setFaults({ syncFails: true });
    bench.do((disk) => disk.sync('a', bench.done));
    expect(bench.errors).toEqual(['io']);
    bench.disk.setFaults({});
    bench.do((disk) => disk.sync('a', bench.done));
    expect(bench.errors).toEqual(['io']);
    expect(bench.crashStateCount()).toBe(2);
  });

  test('after a failed sync of the directory later ones are lies, until a process reads it as it is on the disk', () => {
    const bench = new Bench();
    bench.do((disk) => disk.append('a', bytes(1), bench.done));
    bench.do((disk) => disk.append('b', bytes(2), bench.done));
    bench.disk.setFaults({ syncFails: true });
    bench.do((disk) => disk.syncDirectory(bench.done));
    bench.disk.setFaults({});
    bench.do((disk) => disk.syncDirectory(bench.done));
    expect(bench.errors).toEqual(['io']);
    const names = (): string[][] =>
      [...bench.disk.crashStates()].map((choice) => [...bench.disk.imageAfter(choice).keys()]);
    expect(names().slice(0, 2)).toEqual([[], ['a']]);
    bench.disk.crashTo({ directoryOperations: 1, lengths: new Map([['a', 1]]) }, 'process');
    bench.disk.reboot();
    expect(bench.contents()).toEqual({ a: [1] });
    bench.do((disk) => disk.append('c', bytes(3), bench.done));
    bench.do((disk) => disk.syncDirectory(bench.done));
    for (const found of names()) expect(found).toEqual(['a', 'c']);
  });

  test('the process that comes after a failed sync of the directory may find any prefix of what was done', () => {
    const found = new Set<string>();
    for (let seed = 0; seed < 60; seed++) {
      const bench = new Bench({
        fate: (purpose, file, occurrence) => drawFate(seed, hashText(purpose), hashText(file), occurrence),
      });
      for (const name of ['a', 'b']) bench.do((disk) => disk.append(name, bytes(1), bench.done));
      bench.disk.setFaults({ directorySyncFails: true });
      bench.do((disk) => disk.sync('a', bench.done));
      bench.do((disk) => disk.syncDirectory(bench.done));
      expect(bench.errors).toEqual(['io']);
      bench.disk.crash('process');
      found.add(Object.keys(bench.contents()).join());
    }
    expect([...found].sort()).toEqual(['', 'a', 'a,b']);
  });

  test('a sync that succeeds tells the truth, though one that began later fails', () => {
    const bench = new Bench();
    bench.do((disk) => disk.append('a', bytes(1), bench.done));
    bench.disk.syncDirectory(bench.done);
    bench.disk.sync('a', bench.done);
    bench.disk.setFaults({ syncFails: true });
    bench.disk.syncDirectory(bench.done);
    bench.disk.sync('a', bench.done);
    bench.loop.runUntilIdle();
    expect(bench.errors).toEqual(['io', 'io']);
    expect(bench.completions).toBe(5);
    expect([...bench.disk.crashStates()].map((choice) => bench.disk.imageAfter(choice))).toEqual([
      new Map([['a', bytes(1)]]),
    ]);
  });

  test('a full disk takes a part of what it is given, and names go on being durable', () => {
    const bench = new Bench();
    bench.disk.setFaults({ full: true });
    bench.do((disk) => disk.append('a', bytes(1, 2, 3, 4), bench.done));
    expect(bench.errors).toEqual(['full']);
    expect([1, 2, 3, 4]).toEqual(expect.arrayContaining(bench.contents()['a']!));
    bench.disk.setFaults({});
    bench.do((disk) => disk.syncDirectory(bench.done));
    for (const choice of bench.disk.crashStates()) expect(bench.disk.imageAfter(choice).has('a')).toBe(true);
  });

  test('reads can fail, bytes can rot, and everything can be slow', () => {
    const bench = new Bench();
    bench.do((disk) => disk.append('a', bytes(1, 2), bench.done));
    expect(bench.disk.flipByte('a', 1, 0x80)).toBe(true);
    expect(bench.disk.flipByte('a', 2, 0x80)).toBe(false);
    expect(bench.disk.flipByte('b', 0, 0x80)).toBe(false);
    expect(bench.contents()).toEqual({ a: [1, 0x82] });
    bench.disk.setFaults({ readFails: true, extraLatencyUs: 1_000_000 });
    const beforeUs = bench.loop.nowUs;
    bench.do((disk) => disk.read('a', bench.done));
    expect(bench.errors).toEqual(['io']);
    expect(bench.loop.nowUs - beforeUs).toBeGreaterThan(1_000_000);
  });

  test('reports every byte that is written and read', () => {
    const seen: unknown[] = [];
    const bench = new Bench({ onBytes: (kind, file, found) => seen.push([kind, file, ...found]) });
    bench.do((disk) => disk.append('a', bytes(1), bench.done));
    bench.do((disk) => disk.append('a', bytes(2), bench.done));
    bench.do((disk) => disk.read('a', () => undefined));
    expect(seen).toEqual([
      ['append', 'a', 1],
      ['append', 'a', 2],
      ['read', 'a', 1, 2],
    ]);
  });

  test('latencies lie in their ranges and are decided by name and occurrence', () => {
    const timesOf = (extraFile: boolean): number[] => {
      const bench = new Bench({ latenciesUs: { append: { min: 10, max: 19 } } });
      const times: number[] = [];
      for (let i = 0; i < 50; i++) {
        const startUs = bench.loop.nowUs;
        if (extraFile) bench.disk.append('other', bytes(0), () => undefined);
        bench.do((disk) => disk.append('a', bytes(i), () => times.push(bench.loop.nowUs - startUs)));
      }
      return times;
    };
    const times = timesOf(false);
    expect(Math.min(...times)).toBe(10);
    expect(Math.max(...times)).toBe(19);
    expect(timesOf(true)).toEqual(times);
  });
});
