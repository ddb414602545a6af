import { describe, expect, test } from 'vitest';
import { LogBench } from '../../sim/disk/log-bench.fixture.js';
import type { DiskFaults } from '../../sim/disk/index.js';
import type { Plain } from '../data.js';
import type { Disk } from '../ports.js';
import { RecordTooLarge, writeAheadLog } from './index.js';
import type { StorageWrite } from './storage.js';

type Image = Map<string, Uint8Array>;

const put = (cell: string, value: Plain, actor = 'a'): StorageWrite => ({ kind: 'put', actor, cell, value });
const snapshot = (value: Plain, actor = 'a'): StorageWrite => ({ kind: 'snapshot', actor, value });
const append = (index: number): StorageWrite => ({ kind: 'append', actor: 'a', index, entry: index });

describe('group commit', () => {
  test('the writes of one event share a sync, and so do those that come while it runs', () => {
    const bench = new LogBench();
    bench.write(put('c', 0));
    const since = bench.recording.events.length;
    for (let i = 1; i <= 50; i++) expect(bench.storage.append([put('c', i)])).toBe(i + 1);
    expect(bench.storage.lastLsn).toBe(51);
    expect(bench.storage.durableLsn).toBe(1);
    while (bench.asked('sync', since) === 0) bench.loop.runNext();
    for (let i = 51; i <= 90; i++) bench.storage.append([put('c', i)]);
    bench.loop.runUntilIdle();
    expect(bench.durable).toEqual([1, 51, 91]);
    expect(bench.asked('sync', since)).toBe(2);
    expect(bench.asked('append', since)).toBe(3);
  });

  test('a batch is bounded', () => {
    const bench = new LogBench({ log: { batchBytes: 100 } });
    for (let i = 1; i <= 20; i++) bench.storage.append([put('c', new Uint8Array(60))]);
    bench.loop.runUntilIdle();
    expect(bench.durable.at(-1)).toBe(20);
    expect(bench.durable.length).toBeGreaterThan(4);
  });

  test('records before a snapshot do not wait for its file', () => {
    const bench = new LogBench();
    bench.write(put('c', 0));
    bench.storage.append([put('c', 1)]);
    bench.storage.append([snapshot('s')]);
    bench.storage.append([put('c', 2)]);
    bench.loop.runUntilIdle();
    expect(bench.durable).toEqual([1, 2, 4]);
  });
});

describe('what comes back', () => {
  test('is what was written, as plain values of its own', () => {
    const bytes = Uint8Array.of(1, 2, 3);
    const first = new LogBench();
    first.storage.appendIncarnation(4);
    first.write(put('bytes', { deep: [bytes] }), put('gone', 1), append(1), append(2), snapshot({ big: bytes }));
    first.write({ kind: 'delete', actor: 'a', cell: 'gone' }, { kind: 'compact', actor: 'a', uptoIndex: 1 });
    const { found } = new LogBench({ image: first.image() });
    expect(found).toMatchObject({ lastLsn: 3, incarnation: 4, tornBytes: 0 });
    expect(found!.actors.get('a')).toEqual({
      cells: new Map([['bytes', { deep: [bytes] }]]),
      log: { firstIndex: 2, entries: [2] },
      snapshot: { big: bytes },
    });
  });

  test('holds no Buffer and keeps no file in memory, whatever the disk reads into', () => {
    const first = new LogBench();
    first.write(put('bytes', Uint8Array.of(1, 2, 3)), snapshot([Uint8Array.of(4)]));
    const bench = new LogBench({ image: first.image() });
    const second = new LogBench();
    const { disk } = bench;
    const buffers: Disk = {
      list: (done) => disk.list(done),
      read: (file, done) =>
        disk.read(file, (error, value) => done(error, error === undefined ? Buffer.from(value) : value)),
      length: (file, done) => disk.length(file, done),
      append: (file, bytes, done) => disk.append(file, bytes, done),
      sync: (file, done) => disk.sync(file, done),
      rename: (from, to, done) => disk.rename(from, to, done),
      remove: (file, done) => disk.remove(file, done),
      syncDirectory: (done) => disk.syncDirectory(done),
    };
    second.open(buffers, {});
    bench.loop.runUntilIdle();
    const found = second.found!.actors.get('a')!;
    for (const bytes of [found.cells.get('bytes'), (found.snapshot as Plain[])[0]] as Uint8Array[]) {
      expect(bytes.constructor).toBe(Uint8Array);
      expect(bytes.buffer.byteLength).toBe(bytes.length);
    }
  });

  test('is shown before it is durable, and cannot be changed by who sees it', () => {
    const bench = new LogBench();
    bench.storage.append([
      put('c', { list: [1] }),
      { kind: 'append', actor: 'a', index: 1, entry: { list: [1] } },
      snapshot([1]),
    ]);
    expect(bench.storage.durableLsn).toBe(0);
    const seen = bench.storage.imageOf('a')!;
    (seen.cells.get('c') as { list: number[] }).list.push(2);
    (seen.snapshot as number[]).push(2);
    (seen.log.entries as { list: number[] }[])[0]!.list.push(2);
    expect(bench.storage.imageOf('a')).toEqual({
      cells: new Map([['c', { list: [1] }]]),
      log: { firstIndex: 1, entries: [{ list: [1] }] },
      snapshot: [1],
    });
    expect(bench.storage.imageOf('b')).toBeUndefined();
  });

  test('leaves files of other names alone', () => {
    const image: Image = new Map([['notes.txt', Uint8Array.of(1)]]);
    const bench = new LogBench({ image });
    bench.write(put('c', 1));
    expect([...new LogBench({ image: bench.image() }).image().keys()].sort()).toEqual(['notes.txt', 'wal-1.log']);
  });

  test('counts the bytes of a torn tail that it cuts off', () => {
    const first = new LogBench();
    first.write(put('c', 1));
    const whole = first.image().get('wal-1.log')!;
    first.write(put('c', 2));
    const longer = first.image().get('wal-1.log')!;
    for (let length = whole.length; length < longer.length; length++) {
      const bench = new LogBench({ image: new Map([['wal-1.log', longer.slice(0, length)]]) });
      expect(bench.found).toMatchObject({ lastLsn: 1, tornBytes: length - whole.length });
      expect(bench.cell('a', 'c')).toBe(1);
      bench.write(put('c', 3));
      const again = new LogBench({ image: bench.image() });
      expect(again.found).toMatchObject({ lastLsn: 2, tornBytes: 0 });
      expect(again.cell('a', 'c')).toBe(3);
    }
  });
});

describe('limits', () => {
  test('too large a turn is refused whole, and the log goes on', () => {
    const bench = new LogBench({ log: { maxRecordBytes: 200, maxSnapshotBytes: 300 } });
    bench.write(put('c', 1));
    expect(() => bench.storage.append([put('d', 1), put('c', new Uint8Array(200))])).toThrow(RecordTooLarge);
    expect(() => bench.storage.append([put('d', 1), snapshot(new Uint8Array(300))])).toThrow(
      /a: a snapshot of \d+ bytes/,
    );
    expect(bench.storage.lastLsn).toBe(1);
    expect(bench.storage.imageOf('a')?.cells).toEqual(new Map([['c', 1]]));
    expect(bench.write(put('c', 2), snapshot(new Uint8Array(200)))).toBe(2);
    expect(bench.durable).toEqual([1, 2]);
  });

  test('impossible sizes are refused with their name', () => {
    for (const segmentBytes of [0, -1, 1.5, Number.NaN, 2 ** 31]) {
      expect(() => writeAheadLog(new LogBench().disk, { segmentBytes })).toThrow(/segmentBytes must be a whole number/);
    }
  });
});

describe('a disk that fails', () => {
  test('a failed sync ends the log at once, and is not tried again', () => {
    const bench = new LogBench();
    bench.write(put('c', 1));
    bench.disk.setFaults({ syncFails: true });
    const since = bench.recording.events.length;
    bench.write(put('c', 2));
    bench.disk.setFaults({});
    expect(bench.failures).toEqual(['cannot sync wal-1.log: sync wal-1.log: io']);
    expect(bench.write(put('c', 3))).toBe(3);
    expect(bench.asked('sync', since)).toBe(1);
    expect(bench.asked('append', since)).toBe(1);
    expect(bench.durable).toEqual([1]);
    expect(bench.failures).toHaveLength(1);
  });

  test.each([
    ['a full disk', { full: true }, [put('c', 2)], /cannot append to wal-1.log: .*full/],
    ['a full disk and a snapshot', { full: true }, [snapshot(2)], /cannot write the snapshot snapshot-2-0.dat: .*full/],
    [
      'a failed sync of a snapshot',
      { syncFails: true },
      [snapshot(2)],
      /cannot write the snapshot snapshot-2-0.dat: .*io/,
    ],
  ])('%s ends the log', (_name, faults: DiskFaults, writes: StorageWrite[], reason) => {
    const bench = new LogBench();
    bench.write(put('c', 1));
    bench.disk.setFaults(faults);
    bench.write(...writes);
    expect(bench.failures).toEqual([expect.stringMatching(reason)]);
    expect(bench.durable).toEqual([1]);
  });

  test('a checkpoint that cannot be written ends the log', () => {
    const bench = new LogBench({ log: { checkpointBytes: 150 } });
    for (let i = 1; i <= 3; i++) bench.write(put('c', i));
    while (!bench.recording.events.some((event) => event.kind === 'called' && event.request.op === 'rename')) {
      bench.storage.append([put('c', 4)]);
      bench.loop.runNext();
    }
    bench.disk.setFaults({ syncFails: true });
    bench.loop.runUntilIdle();
    expect(bench.failures).toHaveLength(1);
  });

  test('a failing read keeps the node from starting', () => {
    const written = new LogBench();
    written.write(put('c', 1));
    const bench = new LogBench({ image: written.image(), faults: { readFails: true } });
    expect(bench.failures).toEqual([expect.stringMatching(/cannot read the storage: .*read wal-1.log: io/)]);
  });

  test('a new segment whose name cannot be made durable ends the log', () => {
    const bench = new LogBench();
    bench.disk.setFaults({ syncFails: true });
    bench.write(put('c', 1));
    expect(bench.failures).toHaveLength(1);
    expect(bench.durable).toEqual([]);
  });
});

describe('mistakes of the program', () => {
  test('are assertions', () => {
    const bench = new LogBench();
    expect(() => bench.storage.open()).toThrow('opened once');
    expect(() => bench.storage.append([])).toThrow('at least one write');
    expect(() => writeAheadLog(bench.disk)({ recovered() {}, durable() {}, failed() {} }).append([append(1)])).toThrow(
      'before the storage has been recovered',
    );
    expect(() => bench.storage.append([append(2)])).toThrow('log index 2 where 1 must follow');
    expect(bench.failures).toEqual([expect.stringContaining('impossible write')]);
  });
});
