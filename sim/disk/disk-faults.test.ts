import { describe, expect, it } from 'vitest';
import type { PlannedFault } from '../faults/plan.js';
import { fault, observed, onB, run } from '../world/probe.fixture.js';
import type { DiskFaultStart } from '../faults/active-disk-faults.js';
import { ActiveDiskFaults } from '../faults/active-disk-faults.js';
import { drawFate, hashText } from '../fate.js';
import { SimulatedDisk } from './simulated-disk.js';
import { VirtualLoop } from './virtual-loop.fixture.js';

// What each fault does to a disk, measured by a probe, and that undoing it undoes it.

class Bench {
  readonly loop = new VirtualLoop();
  readonly disk: SimulatedDisk;
  readonly faults: ActiveDiskFaults;

  constructor(seed: number) {
    this.disk = new SimulatedDisk({
      node: 'n1',
      nowUs: () => this.loop.nowUs,
      schedule: (delayUs, callback) => this.loop.schedule(delayUs, callback),
      fate: (purpose, file, occurrence) => drawFate(seed, hashText(purpose), hashText(file), occurrence),
    });
    this.faults = new ActiveDiskFaults(this.disk);
  }

  /** Durable bytes of one value in two files. */
  static filled(seed: number, length = 1500): Bench {
    const bench = new Bench(seed);
    for (const name of ['a', 'b']) bench.append(name, length, 7).sync(name);
    bench.disk.syncDirectory(() => undefined);
    bench.loop.runUntilIdle();
    return bench;
  }

  append(file: string, length: number, value: number): this {
    this.disk.append(file, new Uint8Array(length).fill(value), () => undefined);
    this.loop.runUntilIdle();
    return this;
  }

  sync(file: string): string {
    let outcome = 'open';
    this.disk.sync(file, (error) => (outcome = error?.code ?? 'done'));
    this.loop.runUntilIdle();
    return outcome;
  }

  read(file: string): Uint8Array {
    let found = new Uint8Array(0);
    this.disk.read(file, (_error, bytes) => (found = new Uint8Array(bytes)));
    this.loop.runUntilIdle();
    return found;
  }

  /** Bytes that are not what they should be. */
  wrong(file: string, value = 7): number[] {
    return [...this.disk.snapshotBytes().get(file)!].flatMap((byte, at) => (byte === value ? [] : [at]));
  }
}

const seeds = Array.from({ length: 40 }, (_, seed) => seed);
const rotted = (seed: number, rot: DiskFaultStart['rot']): Bench => {
  const bench = Bench.filled(seed);
  bench.append('a', 300, 7);
  bench.faults.add('rot', { rot: rot! });
  return bench;
};

describe('bit-rot', () => {
  it('flips as many single bits of synced bytes, of any file, and never others', () => {
    const files = new Set<string>();
    for (const seed of seeds) {
      const bench = rotted(seed, { what: 'bit', count: 1, sectorBytes: 512 });
      const wrong = ['a', 'b'].flatMap((file) => bench.wrong(file).map((at) => ({ file, at })));
      expect(wrong).toHaveLength(1);
      expect(wrong[0]!.at).toBeLessThan(1500);
      files.add(wrong[0]!.file);
      const byte = bench.disk.snapshotBytes().get(wrong[0]!.file)![wrong[0]!.at]! ^ 7;
      expect(byte & (byte - 1)).toBe(0);
      bench.faults.remove('rot');
      expect(bench.wrong(wrong[0]!.file)).toHaveLength(1);
    }
    expect(files.size).toBe(2);
    const many = rotted(1, { what: 'bit', count: 30, sectorBytes: 512 });
    expect(many.wrong('a').length + many.wrong('b').length).toBeGreaterThan(24);
  });

  it('has nothing to rot on an empty disk', () => {
    const bench = new Bench(1);
    bench.faults.add('rot', { rot: { what: 'bit', count: 3, sectorBytes: 512 } });
    expect(bench.disk.snapshotBytes().size).toBe(0);
  });
});

describe('sector-rot', () => {
  it.each([512, 4096])('changes every byte of one sector of %i bytes that was synced, and no other', (sectorBytes) => {
    for (const seed of seeds) {
      const bench = rotted(seed, { what: 'sector', count: 1, sectorBytes });
      const wrong = bench.wrong('a').concat(bench.wrong('b'));
      const from = wrong[0]!;
      expect(from % sectorBytes).toBe(0);
      expect(wrong).toEqual(Array.from({ length: Math.min(sectorBytes, 1500 - from) }, (_, n) => from + n));
    }
  });
});

describe('misdirected-write', () => {
  it('puts the bytes over others at the begin of a sector, zeros where they should be, and says that all is well', () => {
    const places = new Set<string>();
    for (const seed of seeds) {
      const bench = Bench.filled(seed);
      bench.faults.add('astray', { misdirects: { ppm: 1_000_000, most: 1 } });
      bench.append('a', 100, 9).append('a', 50, 7);
      expect(bench.sync('a')).toBe('done');
      const zeros = Array.from({ length: 100 }, (_, n) => 1500 + n);
      expect(bench.wrong('a')).toEqual(expect.arrayContaining(zeros));
      const hit = ['a', 'b'].flatMap((file) =>
        bench
          .wrong(file)
          .filter((at) => at < 1500)
          .map((at) => ({ file, at })),
      );
      expect(hit.length).toBe(Math.min(100, 1500 - hit[0]!.at));
      expect(hit[0]!.at % 512).toBe(0);
      places.add(`${hit[0]!.file} ${hit[0]!.at}`);
      bench.faults.remove('astray');
      bench.append('b', 10, 7);
      expect(bench.wrong('b').every((at) => at < 1500)).toBe(true);
    }
    expect(places.size).toBe(6);
  });
});

describe('phantom-write', () => {
  it('acknowledges bytes, and their sync, that are nowhere', () => {
    const bench = Bench.filled(1);
    bench.faults.add('phantom', { phantoms: { ppm: 1_000_000 } });
    expect(bench.append('a', 100, 7).sync('a')).toBe('done');
    expect(bench.wrong('a')).toEqual(Array.from({ length: 100 }, (_, n) => 1500 + n));
    expect(bench.wrong('b')).toEqual([]);
    bench.faults.remove('phantom');
    expect(bench.append('a', 100, 7).wrong('a')).toHaveLength(100);
  });

  it('strikes a share, decided by file and occurrence', () => {
    const lost = (extra: boolean): number => {
      const bench = new Bench(5);
      bench.faults.add('phantom', { phantoms: { ppm: 250_000 } });
      for (let n = 0; n < 400; n++) {
        bench.append('a', 1, 7);
        if (extra) bench.append('c', 1, 7);
      }
      return bench.wrong('a').length;
    };
    expect(lost(false)).toBeGreaterThan(60);
    expect(lost(false)).toBeLessThan(140);
    expect(lost(true)).toBe(lost(false));
  });
});

describe('reads', () => {
  it('short-reads give a prefix, without an error, and the length is still told', () => {
    const lengths = new Set<number>();
    for (const seed of seeds) {
      const bench = Bench.filled(seed);
      bench.faults.add('short', { shortReads: { ppm: 1_000_000, most: 1 } });
      const found = bench.read('a');
      expect(found.length).toBeLessThan(1500);
      expect(found.every((byte) => byte === 7)).toBe(true);
      lengths.add(found.length);
      bench.disk.length('a', (_error, length) => expect(length).toBe(1500));
      expect(bench.read('a')).toHaveLength(1500);
    }
    expect(lengths.size).toBeGreaterThan(30);
  });

  it('corrupt-reads flip one bit of what is read once, and nothing on the disk', () => {
    const bench = Bench.filled(3);
    bench.faults.add('corrupt', { corruptReads: { ppm: 1_000_000, most: 1 } });
    expect(bench.read('a').filter((byte) => byte !== 7)).toHaveLength(1);
    expect(bench.wrong('a')).toEqual([]);
    expect(bench.read('a').every((byte) => byte === 7)).toBe(true);
    bench.faults.remove('corrupt');
    bench.faults.add('always', { corruptReads: { ppm: 1_000_000 } });
    for (let n = 0; n < 5; n++) expect(bench.read('a').filter((byte) => byte !== 7)).toHaveLength(1);
    bench.faults.remove('always');
    expect(bench.read('a').every((byte) => byte === 7)).toBe(true);
  });
});

describe('lying-sync', () => {
  const lengthsLeft = (bench: Bench): unknown => {
    bench.faults.add('lost', { crashBias: { bytes: 'none', names: 'none' } });
    bench.disk.crash();
    return Object.fromEntries([...bench.disk.snapshotBytes()].map(([name, { length }]) => [name, length]));
  };

  it.each(['later', 'never'] as const)(
    'says done and writes nothing; what is left for %s is durable then',
    (syncLies) => {
      const lie = (): Bench => {
        const bench = Bench.filled(1);
        bench.faults.add('lie', { syncLies });
        bench.append('a', 10, 7).append('c', 10, 7);
        expect(bench.sync('a')).toBe('done');
        bench.disk.syncDirectory((error) => expect(error).toBeUndefined());
        bench.loop.runUntilIdle();
        return bench;
      };
      expect(lengthsLeft(lie())).toEqual({ a: 1500, b: 1500 });
      const honest = lie();
      honest.faults.remove('lie');
      expect([honest.sync('a'), honest.sync('c')]).toEqual(['done', 'done']);
      honest.disk.syncDirectory(() => undefined);
      honest.loop.runUntilIdle();
      expect(lengthsLeft(honest)).toEqual(syncLies === 'never' ? { a: 1500, b: 1500 } : { a: 1510, b: 1500, c: 10 });
    },
  );
});

describe('stalled-disk', () => {
  it('completes nothing until it ends, then all in its order; a crash loses what waited', () => {
    const bench = Bench.filled(1);
    const told: string[] = [];
    bench.disk.append('a', new Uint8Array(1), () => told.push('on its way'));
    bench.faults.add('stall', { stalled: true });
    bench.disk.sync('a', () => told.push('sync'));
    bench.disk.read('b', () => told.push('read'));
    bench.loop.schedule(3_600_000_000, () => told.push('an hour'));
    bench.loop.runUntilIdle();
    expect(told).toEqual(['an hour']);
    bench.faults.remove('stall');
    bench.disk.append('a', new Uint8Array(1), () => told.push('later'));
    bench.loop.runUntilIdle();
    expect(told.filter((what) => what !== 'read')).toEqual(['an hour', 'on its way', 'sync', 'later']);
    expect(told).toContain('read');
    bench.faults.add('stall', { stalled: true });
    bench.disk.sync('a', () => told.push('lost'));
    bench.loop.runUntilIdle();
    bench.disk.crash();
    bench.disk.reboot();
    bench.faults.remove('stall');
    bench.loop.runUntilIdle();
    expect(told).not.toContain('lost');
  });

  it('has what was called first complete first, on one file and through a rename, whenever it ends', () => {
    for (let endsAfterUs = 1; endsAfterUs <= 2_500; endsAfterUs++) {
      const bench = Bench.filled(endsAfterUs % 40, 10);
      const told: string[] = [];
      const { disk, loop } = bench;
      bench.faults.add('stall', { stalled: true });
      // Before what is asked of the disk: at one time, a fault ends before anything else happens.
      loop.schedule(endsAfterUs, () => bench.faults.remove('stall'));
      disk.append('a', new Uint8Array(1), () => told.push('a1'));
      disk.sync('a', () => told.push('a2'));
      disk.append('b', new Uint8Array(1), () => told.push('b1'));
      disk.rename('b', 'c', () => told.push('b2'));
      disk.read('c', () => told.push('b3'));
      disk.read('a', () => told.push('a3'));
      loop.runUntilIdle();
      for (const name of ['a', 'b']) {
        const ofName = told.filter((what) => what.startsWith(name));
        expect(ofName, `ends after ${endsAfterUs} us`).toEqual([1, 2, 3].map((n) => `${name}${n}`));
      }
    }
  });

  it('keeps that order on a node that is too slow to handle completions at their times', () => {
    const due: { readonly atUs: number; readonly callback: () => void }[] = [];
    let nowUs = 0;
    const disk = new SimulatedDisk({
      ...{ node: 'n1', nowUs: () => nowUs, fate: () => 0 },
      schedule: (delayUs, callback) => void due.push({ atUs: nowUs + delayUs, callback }),
    });
    const handleNext = (): void => {
      const atUs = Math.min(...due.map((one) => one.atUs));
      const [next] = due.splice(
        due.findIndex((one) => one.atUs === atUs),
        1,
      );
      nowUs = Math.max(nowUs, atUs) + 500;
      next!.callback();
    };
    const told: number[] = [];
    disk.setFaults({ stalled: true });
    // Due after 5 us, 100 us, and 101 us.
    disk.append('f', new Uint8Array(4), () => told.push(1));
    disk.sync('f', () => told.push(2));
    handleNext();
    nowUs = 100;
    disk.setFaults({});
    disk.read('f', () => told.push(3));
    while (due.length > 0) handleNext();
    expect(told).toEqual([1, 2, 3]);
  });
});

describe('what a loss of power leaves', () => {
  const left = (seed: number, faults: DiskFaultStart, undone = false): Map<string, number[]> => {
    const bench = Bench.filled(seed, 100);
    bench.append('a', 3000, 7).append('c', 3000, 7);
    bench.disk.rename('b', 'd', () => undefined);
    bench.loop.runUntilIdle();
    bench.faults.add('bias', faults);
    if (undone) bench.faults.remove('bias');
    bench.disk.crash();
    return new Map([...bench.disk.snapshotBytes()].map(([name, bytes]) => [name, [...bytes]]));
  };
  const shapes = (faults: DiskFaultStart, undone = false): Set<string> =>
    new Set(
      seeds.map((seed) => [...left(seed, faults, undone)].map(([name, { length }]) => `${name}${length}`).join()),
    );

  it('is exactly what was synced with unsynced-lost', () => {
    expect([...shapes({ crashBias: { bytes: 'none', names: 'none' } })]).toEqual(['a100,b100']);
  });

  it('is all bytes under the old names with rename-lost', () => {
    expect([...shapes({ crashBias: { bytes: 'all', names: 'none' } })]).toEqual(['a3100,b100']);
  });

  it('is a part of the bytes, never none and never all, with torn-bytes', () => {
    for (const seed of seeds) {
      const { length } = left(seed, { crashBias: { bytes: 'part' } }).get('a')!;
      expect(length).toBeGreaterThan(100);
      expect(length).toBeLessThan(3100);
    }
  });

  it.each([512, 4096])(
    'is any set of sectors of %i bytes with torn-sectors, and never a changed synced byte',
    (sectorBytes) => {
      const sets = new Set<string>();
      for (const seed of seeds) {
        const bytes = left(seed, { crashBias: { sectorBytes, bytes: 'all' } }).get('a')!;
        expect(bytes.slice(0, 100).every((byte) => byte === 7)).toBe(true);
        const written = [];
        for (let from = 0; from < bytes.length; from += sectorBytes) {
          const values = new Set(bytes.slice(Math.max(from, 100), from + sectorBytes));
          expect(values.size).toBe(1);
          written.push(values.has(7) ? 1 : 0);
        }
        sets.add(written.join(''));
      }
      expect(sets.size).toBe(sectorBytes === 512 ? sets.size : 2);
      if (sectorBytes === 512) expect(sets.size).toBeGreaterThan(25);
      expect([...sets].some((set) => set.includes('01'))).toBe(sectorBytes === 512);
    },
  );

  it('is drawn as ever when they are undone', () => {
    for (const bias of [{ bytes: 'none', names: 'none' }, { sectorBytes: 512 }] as const) {
      expect(shapes({ crashBias: bias }, true)).toEqual(shapes({}));
    }
    expect(shapes({}).size).toBeGreaterThan(10);
  });
});

describe('in a cluster', () => {
  const crashes = (at: number): PlannedFault => ({ ...fault('crash', onB, {}, at, 20), name: `crash-${at}` });
  const halts = (planned: PlannedFault, seed: number): number =>
    observed(run([planned, crashes(300)], {}, seed), 'b', 'node-halted').length;

  it('a node whose disk has rotted refuses to start, for good, and nobody calls that a failure', () => {
    for (const [kind, params] of [
      ['bit-rot', { count: 30 }],
      ['sector-rot', { count: 3 }],
      ['misdirected-write', { ppm: 1_000_000, most: 2 }],
      ['phantom-write', { ppm: 1_000_000, most: 2 }],
    ] as const) {
      for (const seed of [1, 2, 3]) {
        const { violations } = run([fault(kind, onB, params, 200, 60), crashes(300)], {}, seed);
        expect(violations, kind).toEqual([]);
        // Once after the crash, and once more when it is healed.
        expect(halts(fault(kind, onB, params, 200, 60), seed), kind).toBe(2);
      }
    }
  });

  it('a stalled disk keeps everything back that waits to be durable, and nothing is lost', () => {
    const result = run([fault('stalled-disk', onB, {}, 200, 200)]);
    const saved = observed(result, 'b', 'saved').map(({ atUs }) => atUs);
    expect(saved.filter((atUs) => atUs > 201_000 && atUs < 400_000)).toEqual([]);
    expect(saved.filter((atUs) => atUs >= 400_000 && atUs < 410_000).length).toBeGreaterThan(80);
    expect(
      observed(result, 'a', 'saved').filter(({ atUs }) => atUs > 201_000 && atUs < 400_000).length,
    ).toBeGreaterThan(80);
  });

  it('torn sectors, bytes and lost renames make no node refuse', () => {
    for (const kind of ['torn-sectors', 'torn-bytes', 'rename-lost', 'unsynced-lost']) {
      for (let seed = 1; seed <= 10; seed++) {
        const result = run([fault(kind, onB, {}, 100, 400), crashes(200), crashes(300)], {}, seed);
        expect(result.violations, kind).toEqual([]);
        expect(observed(result, 'b', 'began'), kind).toHaveLength(3);
      }
    }
  });

  it('a lying sync takes back what the node has told others', () => {
    let takenBack = 0;
    for (let seed = 1; seed <= 10; seed++) {
      const lies = fault('lying-sync', onB, { durable: 'later' }, 200, 200);
      const result = run([lies, fault('unsynced-lost', onB, {}, 200, 200), crashes(300)], {}, seed);
      const told = observed(result, 'b', 'saved')
        .filter(({ atUs }) => atUs < 300_000)
        .at(-1)!.observation['saved'];
      const found = observed(result, 'b', 'began')[1]!.observation['saved'];
      if ((found as number) < (told as number)) takenBack++;
    }
    expect(takenBack).toBe(10);
  });

  it('is refused with a sector of another size', () => {
    expect(() => run([fault('torn-sectors', onB, { sectorBytes: 1000 })])).toThrow(
      /params: sectorBytes: 1000 is no size of a sector; give 512 or 4096/,
    );
  });
});
