import { assert } from '../assert.js';
import { DiskError, type DiskErrorCode } from '../ports.js';
import {
  append,
  length,
  list,
  read,
  remove,
  rename,
  sync,
  syncDirectory,
  type DiskRequest,
  type DiskScript,
} from './disk-script.js';

/** What every Disk must do, as scripts that throw where it does not. Each begins with an empty directory. */
export interface ConformanceCase {
  readonly name: string;
  readonly script: () => DiskScript<void>;
}

const bytes = (...values: readonly number[]): Uint8Array => Uint8Array.from(values);

function expectBytes(found: Uint8Array, expected: Uint8Array, what: string): void {
  assert(found.constructor === Uint8Array, `${what}: reads give plain Uint8Array`);
  const isSame = found.length === expected.length && found.every((byte, i) => byte === expected[i]);
  assert(isSame, `${what}: found [${found.join(' ')}], expected [${expected.join(' ')}]`);
}

function expectNames(found: readonly string[], expected: readonly string[]): void {
  assert(
    [...found].sort().join() === expected.join(),
    `found the files [${found.join()}], expected [${expected.join()}]`,
  );
}

/** The operation must fail with that code, as a DiskError that names the file. */
function* expectFailure(code: DiskErrorCode, request: DiskRequest, name: string): DiskScript<void> {
  try {
    yield request;
  } catch (error) {
    assert(error instanceof DiskError, `${request.op}: the error is a DiskError`);
    assert(error.code === code, `${request.op}: ${error.code} instead of ${code}`);
    assert(error.message.includes(name), `${request.op}: "${error.message}" does not name ${name}`);
    return;
  }
  assert(false, `${request.op} of ${name} succeeded where it must fail with ${code}`);
}

function* appendCreatesAndGrows(): DiskScript<void> {
  yield* append('a', bytes(1, 2));
  expectBytes(yield* read('a'), bytes(1, 2), 'after the first append');
  yield* append('a', bytes());
  yield* append('a', bytes(3));
  expectBytes(yield* read('a'), bytes(1, 2, 3), 'after the third append');
  expectNames(yield* list(), ['a']);
}

function* lengthsAreBytes(): DiskScript<void> {
  yield* append('a', bytes());
  assert((yield* length('a')) === 0, 'a file without bytes has the length 0');
  yield* append('a', bytes(1, 2, 3));
  yield* append('b', bytes(4));
  assert((yield* length('a')) === 3, 'the length counts what was appended');
  yield* rename('a', 'b');
  assert((yield* length('b')) === 3, 'the length is that of the file, whatever its name');
  yield* expectFailure('not-found', { op: 'length', file: 'a' }, 'a');
}

function* emptyAppendCreates(): DiskScript<void> {
  yield* append('a', bytes());
  expectNames(yield* list(), ['a']);
  expectBytes(yield* read('a'), bytes(), 'a file without bytes');
}

function* largeAppendsAreWhole(): DiskScript<void> {
  const large = new Uint8Array(3_000_000).map((_, i) => (i * 31) & 0xff);
  yield* append('large', large);
  yield* append('large', bytes(7));
  yield* sync('large');
  const found = yield* read('large');
  assert(found.length === large.length + 1 && found[large.length] === 7, 'appends follow each other');
  assert(
    large.every((byte, i) => byte === found[i]),
    'a large append is written whole',
  );
}

function* manyFiles(): DiskScript<void> {
  const names = Array.from({ length: 40 }, (_, i) => `file-${String(i).padStart(2, '0')}`);
  for (let round = 0; round < 2; round++) {
    for (const name of names) yield* append(name, bytes(round));
    for (const name of names) yield* sync(name);
  }
  expectNames(yield* list(), names);
  for (const name of names) expectBytes(yield* read(name), bytes(0, 1), name);
}

function* readsAreCopies(): DiskScript<void> {
  yield* append('a', bytes(1, 2, 3));
  (yield* read('a')).fill(9);
  expectBytes(yield* read('a'), bytes(1, 2, 3), 'after a reader changed what it got');
}

function* renameReplaces(): DiskScript<void> {
  yield* append('old', bytes(1));
  yield* append('new', bytes(2));
  yield* sync('new');
  yield* rename('new', 'old');
  expectNames(yield* list(), ['old']);
  expectBytes(yield* read('old'), bytes(2), 'the replaced file');
  yield* append('old', bytes(3));
  yield* sync('old');
  expectBytes(yield* read('old'), bytes(2, 3), 'appended after the rename');
  yield* append('new', bytes(4));
  expectBytes(yield* read('new'), bytes(4), 'a new file of the old name');
  expectBytes(yield* read('old'), bytes(2, 3), 'the renamed file');
}

function* removeForgets(): DiskScript<void> {
  yield* append('a', bytes(1));
  yield* remove('a');
  expectNames(yield* list(), []);
  yield* append('a', bytes(2));
  yield* sync('a');
  expectBytes(yield* read('a'), bytes(2), 'a file made anew');
  yield* syncDirectory();
}

function* missingFilesAreNamed(): DiskScript<void> {
  yield* expectFailure('not-found', { op: 'read', file: 'absent' }, 'absent');
  yield* expectFailure('not-found', { op: 'sync', file: 'absent' }, 'absent');
  yield* expectFailure('not-found', { op: 'remove', file: 'absent' }, 'absent');
  yield* expectFailure('not-found', { op: 'rename', from: 'absent', to: 'other' }, 'absent');
  expectNames(yield* list(), []);
  yield* append('a', bytes(1));
  yield* remove('a');
  yield* expectFailure('not-found', { op: 'read', file: 'a' }, 'a');
  yield* append('a', bytes(5));
  expectBytes(yield* read('a'), bytes(5), 'usable after failures');
}

function* failedRenameChangesNothing(): DiskScript<void> {
  yield* append('target', bytes(1));
  yield* expectFailure('not-found', { op: 'rename', from: 'absent', to: 'target' }, 'absent');
  expectBytes(yield* read('target'), bytes(1), 'the target of a failed rename');
}

export const DISK_CONFORMANCE: readonly ConformanceCase[] = [
  { name: 'an append creates a file and adds at its end', script: appendCreatesAndGrows },
  { name: 'the length of a file is that of its bytes', script: lengthsAreBytes },
  { name: 'an append of nothing creates a file', script: emptyAppendCreates },
  { name: 'large appends are written whole', script: largeAppendsAreWhole },
  { name: 'many files are open at once', script: manyFiles },
  { name: 'what is read is a copy', script: readsAreCopies },
  { name: 'a rename replaces, and later appends go to the renamed file', script: renameReplaces },
  { name: 'a removed file is gone, and its name is free', script: removeForgets },
  { name: 'what is missing is not-found, by name', script: missingFilesAreNamed },
  { name: 'a failed rename changes nothing', script: failedRenameChangesNothing },
];

/** Operations that are called without waiting for each other, and what each file must then hold. */
export interface OrderCase {
  readonly name: string;
  readonly requests: readonly DiskRequest[];
  /** By the place of a read among the requests. */
  readonly reads: Readonly<Record<number, readonly number[]>>;
}

/** Operations on one file take place, and call back, in the order of their calls. */
export const DISK_ORDER: readonly OrderCase[] = [
  {
    name: 'appends and reads of one file',
    requests: [
      { op: 'append', file: 'a', bytes: bytes(1) },
      { op: 'append', file: 'a', bytes: bytes(2, 3) },
      { op: 'read', file: 'a' },
      { op: 'append', file: 'a', bytes: bytes(4) },
      { op: 'sync', file: 'a' },
      { op: 'read', file: 'a' },
    ],
    reads: { 2: [1, 2, 3], 5: [1, 2, 3, 4] },
  },
  {
    name: 'a rename between appends to both names',
    requests: [
      { op: 'append', file: 'a', bytes: bytes(1) },
      { op: 'append', file: 'b', bytes: bytes(9) },
      { op: 'rename', from: 'a', to: 'b' },
      { op: 'append', file: 'b', bytes: bytes(2) },
      { op: 'append', file: 'a', bytes: bytes(3) },
      { op: 'read', file: 'b' },
      { op: 'read', file: 'a' },
    ],
    reads: { 5: [1, 2], 6: [3] },
  },
  {
    name: 'a file that is removed and made anew',
    requests: [
      { op: 'append', file: 'a', bytes: bytes(1) },
      { op: 'remove', file: 'a' },
      { op: 'append', file: 'a', bytes: bytes(2) },
      { op: 'read', file: 'a' },
    ],
    reads: { 3: [2] },
  },
];

/** Names that a disk refuses at once: they are bugs of the program, whose mistakes must not leave the directory. */
export const BAD_FILE_NAMES: readonly string[] = [
  '',
  '.',
  '..',
  '../a',
  'a/b',
  'a\\b',
  '.hidden',
  'a\0',
  'ž',
  'a b',
  '-a',
];
