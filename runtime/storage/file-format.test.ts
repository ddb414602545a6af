import { describe, expect, test } from 'vitest';
import {
  FILE_HEADER_BYTES,
  RECORD_OVERHEAD_BYTES,
  isFormatFault,
  putFileHeader,
  putRecord,
  readFileHeader,
  scanRecords,
  type FormatFault,
} from './file-format.js';

const PAYLOADS = [[1, 2, 3], [], [0, 0, 0, 0], [255, 9, 8, 7, 6]].map((bytes) => Uint8Array.from(bytes));
const FIRST_LSN = 0x1_0000_0001;

function makeFile(payloads = PAYLOADS): Uint8Array {
  const length = payloads.reduce((sum, payload) => sum + payload.length + RECORD_OVERHEAD_BYTES, FILE_HEADER_BYTES);
  const bytes = new Uint8Array(length);
  let at = putFileHeader(bytes, 0, { kind: 'log', number: 3, firstLsn: FIRST_LSN });
  payloads.forEach((payload, i) => (at = putRecord(bytes, at, FIRST_LSN + i, payload)));
  return bytes;
}

interface Found {
  readonly payloads: readonly Uint8Array[];
  readonly fault: FormatFault | undefined;
}

function readAll(bytes: Uint8Array): Found {
  const header = readFileHeader(bytes, 'log', 3);
  if (isFormatFault(header)) return { payloads: [], fault: header };
  const payloads: Uint8Array[] = [];
  const { fault } = scanRecords(bytes, header.firstLsn, 1000, (_lsn, payload) => {
    payloads.push(payload.slice());
    return undefined;
  });
  return { payloads, fault };
}

/** Where the file header and each record end. */
const ENDS = PAYLOADS.reduce(
  (ends, payload) => [...ends, ends.at(-1)! + payload.length + RECORD_OVERHEAD_BYTES],
  [FILE_HEADER_BYTES],
);

describe('the format of files', () => {
  test('gives back what was written', () => {
    expect(readAll(makeFile())).toEqual({ payloads: PAYLOADS, fault: undefined });
  });

  test('a file that ends early is torn at the record that is cut, at every length', () => {
    const whole = makeFile();
    for (let length = 0; length < whole.length; length++) {
      const { payloads, fault } = readAll(whole.slice(0, length));
      const complete = ENDS.filter((end) => end <= length);
      expect(payloads).toEqual(PAYLOADS.slice(0, Math.max(0, complete.length - 1)));
      if (complete.at(-1) === length) expect(fault).toBeUndefined();
      else expect(fault).toMatchObject({ kind: 'torn', offset: complete.at(-1) ?? 0 });
    }
  });

  test('a file whose length came before its bytes ends in zeros, and is torn where they begin', () => {
    const whole = makeFile();
    for (let written = 0; written < whole.length; written++) {
      const bytes = new Uint8Array(whole.length + 600);
      bytes.set(whole.subarray(0, written));
      const { payloads, fault } = readAll(bytes);
      expect(fault).toMatchObject({ kind: 'torn' });
      expect(payloads).toEqual(PAYLOADS.slice(0, payloads.length));
    }
  });

  test('a changed bit is damage wherever it is, also in the last record', () => {
    const whole = makeFile();
    for (let at = 0; at < whole.length; at++) {
      for (let bit = 0; bit < 8; bit++) {
        const bytes = whole.slice();
        bytes[at]! ^= 1 << bit;
        expect(readAll(bytes).fault, `byte ${at} bit ${bit}`).toMatchObject({ kind: 'damaged' });
      }
    }
  });

  test('a changed bit before a tail of zeros is damage, not a part of the tail', () => {
    const whole = makeFile();
    for (let at = 0; at < whole.length; at++) {
      const bytes = new Uint8Array(whole.length + 600);
      bytes.set(whole);
      bytes[at]! ^= 0x40;
      expect(readAll(bytes).fault, `byte ${at}`).toMatchObject({ kind: 'damaged' });
    }
  });

  test('a changed bit in a last record of nothing but zeros is damage, not a tail', () => {
    const whole = makeFile([new Uint8Array(1000)]);
    for (let at = FILE_HEADER_BYTES; at < whole.length; at++) {
      const bytes = whole.slice();
      bytes[at]! ^= 1;
      expect(readAll(bytes).fault, `byte ${at}`).toMatchObject({ kind: 'damaged' });
    }
  });

  test('says what it found instead', () => {
    const header = (change: (bytes: Uint8Array) => void): FormatFault => {
      const bytes = makeFile();
      change(bytes);
      const found = readFileHeader(bytes, 'log', 3);
      if (!isFormatFault(found)) throw new Error('accepted');
      return found;
    };
    expect(header((bytes) => putFileHeader(bytes, 0, { kind: 'log', number: 4, firstLsn: 1 })).what).toContain(
      'number 4',
    );
    expect(header((bytes) => putFileHeader(bytes, 0, { kind: 'snapshot', number: 3, firstLsn: 1 })).what).toContain(
      'not a log',
    );
    const bytes = makeFile();
    putRecord(bytes, FILE_HEADER_BYTES, FIRST_LSN + 5, PAYLOADS[0]!);
    expect(readAll(bytes).fault?.what).toContain(`LSN ${FIRST_LSN + 5} stands where LSN ${FIRST_LSN} must`);
    expect(scanRecords(makeFile(), FIRST_LSN, 4, () => undefined).fault?.what).toContain('maxRecordBytes');
    expect(scanRecords(makeFile(), FIRST_LSN, 9, () => 'nonsense').fault).toMatchObject({
      kind: 'damaged',
      what: 'nonsense',
    });
  });
});
