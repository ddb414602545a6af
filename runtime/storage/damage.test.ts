import { describe, expect, test } from 'vitest';
import { LogBench } from '../../sim/disk/log-bench.fixture.js';
import type { Plain } from '../data.js';
import { crc32c } from './crc32c.js';
import type { LogWrite } from './durable-image.js';
import { FILE_HEADER_BYTES, RECORD_OVERHEAD_BYTES, putFileHeader, putRecord } from './file-format.js';
import type { WriteAheadLogOptions } from './index.js';
import { RecordCodec } from './record-codec.js';
import { encodeSnapshotFile } from './snapshot-file.js';
import type { StorageWrite } from './storage.js';

type Image = Map<string, Uint8Array>;

const put = (cell: string, value: Plain): StorageWrite => ({ kind: 'put', actor: 'a', cell, value });
const snapshot = (value: Plain): StorageWrite => ({ kind: 'snapshot', actor: 'a', value });
const append = (index: number): LogWrite => ({ kind: 'append', actor: 'a', index, entry: index });

/** A log of `count` records, one to a segment. */
function segments(count: number): Image {
  const bench = new LogBench({ log: { segmentBytes: 1 } });
  for (let i = 1; i <= count; i++) bench.write(put('c', i));
  return bench.image();
}

function refusal(image: Image, log: WriteAheadLogOptions = {}): string {
  const before = new Map(image);
  const bench = new LogBench({ image, log });
  expect(bench.found).toBeUndefined();
  expect(bench.failures).toHaveLength(1);
  expect(bench.image()).toEqual(before);
  return bench.failures[0]!;
}

describe('damage', () => {
  test('names file, byte and remedy, and changes nothing', () => {
    const image = segments(3);
    image.get('wal-2.log')![FILE_HEADER_BYTES + 20]! ^= 1;
    const reason = refusal(image);
    expect(reason).toContain(`wal-2.log at byte ${FILE_HEADER_BYTES}: wrong checksum of a record`);
    expect(reason).toContain('Restore the whole directory from a copy');
  });

  test('a segment that is torn before the last', () => {
    const image = segments(3);
    image.set('wal-2.log', image.get('wal-2.log')!.slice(0, -1));
    expect(refusal(image)).toContain('wal-2.log at byte 28: the record is cut short');
    image.set('wal-2.log', new Uint8Array(0));
    expect(refusal(image)).toContain('wal-2.log at byte 0: the file header is cut short');
  });

  test('a segment that is missing, in the middle or at the beginning', () => {
    const image = segments(4);
    image.delete('wal-2.log');
    expect(refusal(image)).toContain('wal-2.log at byte 0: the segment is missing, and records from LSN 1 on');
    image.delete('wal-1.log');
    image.delete('wal-3.log');
    image.set('wal-4.log', image.get('wal-4.log')!.slice(0, 5));
    expect(refusal(image)).toContain('wal-3.log at byte 0: the segment is missing');
  });

  test('segments that do not follow each other', () => {
    const image = segments(3);
    const bytes = image.get('wal-3.log')!.slice();
    putFileHeader(bytes, 0, { kind: 'log', number: 3, firstLsn: 5 });
    expect(refusal(new Map([...image, ['wal-3.log', bytes]]))).toContain('begins with LSN 5 where 3 must follow');
    expect(refusal(new Map([...image, ['wal-4.log', image.get('wal-3.log')!]]))).toContain('under a wrong name');
  });

  test('a record that this format does not know, or that cannot follow', () => {
    const log = (...payloads: Uint8Array[]): Image => {
      const length = payloads.reduce((sum, payload) => sum + payload.length + RECORD_OVERHEAD_BYTES, FILE_HEADER_BYTES);
      const bytes = new Uint8Array(length);
      let at = putFileHeader(bytes, 0, { kind: 'log', number: 1, firstLsn: 1 });
      payloads.forEach((payload, i) => (at = putRecord(bytes, at, i + 1, payload)));
      return new Map([['wal-1.log', bytes]]);
    };
    const codec = new RecordCodec();
    for (const nonsense of [
      7,
      'x',
      [1],
      [[99, 'a', 1]],
      [[0, 1, 'c', 2]],
      [[2, 'a', -1, 0]],
      [[5, 'a', '../b']],
    ] as Plain[]) {
      expect(refusal(log(codec.encodePlain(nonsense)))).toContain('LSN 1 holds no writes of this format');
    }
    expect(refusal(log(Uint8Array.of(0xc1)))).toContain('LSN 1 holds no writes of this format');
    expect(refusal(log(codec.encode([append(1)]), codec.encode([append(3)])))).toContain(
      'a: log index 3 where 2 must follow',
    );
    expect(refusal(log(codec.encode([{ kind: 'incarnation', incarnation: 0 }])))).toContain('incarnation 0 after 0');
  });

  test('a log of another format version', () => {
    const image = segments(1);
    const bytes = image.get('wal-1.log')!;
    bytes[8] = 3;
    new DataView(bytes.buffer, bytes.byteOffset).setUint32(24, crc32c(bytes, 0, 24), true);
    expect(refusal(image)).toContain('written in format version 3, and this build reads 2 only');
  });

  test('a record above the limit that the log is opened with', () => {
    const bench = new LogBench();
    bench.write(put('c', new Uint8Array(500)));
    expect(refusal(bench.image(), { maxRecordBytes: 100 })).toContain('above maxRecordBytes (100)');
  });
});

describe('damaged snapshots and checkpoints', () => {
  test('a snapshot that is missing, cut, or of another actor', () => {
    const bench = new LogBench();
    bench.write(snapshot(['value']));
    const image = bench.image();
    const name = 'snapshot-1-0.dat';
    const bytes = image.get(name)!;
    expect(refusal(new Map([...image].filter(([file]) => file !== name)))).toContain(
      `${name} at byte 0: the file is missing`,
    );
    expect(refusal(new Map([...image, [name, bytes.slice(0, -1)]]))).toContain(
      `${name} at byte 28: the record is cut short`,
    );
    expect(refusal(new Map([...image, [name, bytes.slice(0, 28)]]))).toContain('a snapshot is one record');
    const other = encodeSnapshotFile(1, 0, new RecordCodec().encodePlain(['b', 'value']));
    expect(refusal(new Map([...image, [name, other]]))).toContain('a snapshot of b, not of a');
  });

  const checkpointed = (): { image: Image; name: string; bytes: Uint8Array } => {
    const bench = new LogBench({ log: { segmentBytes: 1, checkpointBytes: 200 } });
    for (let i = 1; i <= 6; i++) bench.write(put(`c${i}`, i));
    const image = bench.image();
    const name = [...image.keys()].find((file) => file.startsWith('checkpoint-'))!;
    expect([...image.keys()]).not.toContain('wal-1.log');
    return { image, name, bytes: image.get(name)! };
  };

  test('a checkpoint takes the place of the log before it', () => {
    const bench = new LogBench({ image: checkpointed().image });
    expect(bench.found!.lastLsn).toBe(6);
    for (let i = 1; i <= 6; i++) expect(bench.cell('a', `c${i}`)).toBe(i);
  });

  test('a checkpoint that ends early, at every length', () => {
    const { image, name, bytes } = checkpointed();
    for (let length = 0; length < bytes.length; length++) {
      expect(refusal(new Map([...image, [name, bytes.slice(0, length)]]))).toContain(`${name} at byte`);
    }
    expect(refusal(new Map([...image, [name, bytes.slice(0, FILE_HEADER_BYTES)]]))).toContain(
      'the checkpoint ends early',
    );
  });

  test('a log that is gone, or ends before its checkpoint', () => {
    const { image, name } = checkpointed();
    const withoutLog = new Map([...image].filter(([file]) => !file.startsWith('wal-')));
    expect(refusal(withoutLog)).toContain(`${name} at byte 0: there is a checkpoint and no log segment`);
    const lsn = Number(/\d+/.exec(name)![0]);
    const short = new Uint8Array(FILE_HEADER_BYTES);
    putFileHeader(short, 0, { kind: 'log', number: 9, firstLsn: 1 });
    expect(refusal(new Map([...withoutLog, ['wal-9.log', short]]))).toContain(
      `the log ends at LSN 0, before the LSN of ${name}`,
    );
    const late = new Uint8Array(FILE_HEADER_BYTES);
    putFileHeader(late, 0, { kind: 'log', number: 9, firstLsn: lsn + 2 });
    expect(refusal(new Map([...withoutLog, ['wal-9.log', late]]))).toContain(
      'wal-8.log at byte 0: the segment is missing',
    );
  });

  test('a checkpoint under the name of another', () => {
    const { image, name, bytes } = checkpointed();
    const renamed = new Map([...image].filter(([file]) => file !== name)).set('checkpoint-5.log', bytes);
    expect(refusal(name === 'checkpoint-5.log' ? renamed.set('checkpoint-6.log', bytes) : renamed)).toContain(
      'a checkpoint of LSN',
    );
  });
});
