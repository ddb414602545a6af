import type { Disk, DiskError } from '../../runtime/ports.js';
import { length, list, read, runDiskScript, type DiskScript } from '../../runtime/storage/disk-script.js';

/** What a store may do wrong. `undefined` is one that does nothing wrong. */
export type Carelessness =
  | 'acks-before-sync'
  | 'ignores-failed-sync'
  | 'ignores-failed-append'
  | 'takes-failed-read-for-nothing'
  | 'takes-what-a-read-gives'
  | 'trusts-a-second-read'
  | 'samples-instead-of-checksum'
  | 'takes-garbage-for-the-end'
  | 'ignores-position'
  | 'skips-holes'
  | 'skips-torn-slots'
  | 'acks-after-a-second'
  | 'forgets-directory-sync'
  | 'skips-empty-puts'
  | 'trusts-its-file-system-to-write-soon'
  | 'fills-up-a-torn-slot'
  | 'takes-silence-for-done'
  | 'takes-a-late-answer-for-the-next';

export const SLOT_BYTES = 512;
const FILE = 'slots';
/** The name of the file after an error: a store that finds it refuses. */
const BROKEN_FILE = 'broken';
const SECOND_US = 1_000_000;
const PATIENCE_US = 100_000;

/** Number `n` in a slot: its fill, and at the end two sums over it. */
export function slotOf(n: number): Uint8Array {
  const bytes = new Uint8Array(SLOT_BYTES).map((_, at) => 1 + ((n * 7 + at) % 250));
  bytes[0] = n;
  seal(bytes);
  return bytes;
}

export function isSlotOf(slot: Uint8Array, n: number): boolean {
  const expected = slotOf(n);
  return slot.length === SLOT_BYTES && slot.every((byte, at) => byte === expected[at]);
}

/** The slots that a recovery found, or why it refuses. */
export type Outcome = readonly Uint8Array[] | string;

function seal(bytes: Uint8Array): void {
  const sums = [sumOf(bytes, 0, SLOT_BYTES - 4, 1), sumOf(bytes, 0, SLOT_BYTES - 4, 8)];
  sums.forEach((sum, place) => {
    bytes[SLOT_BYTES - 4 + 2 * place] = sum;
    bytes[SLOT_BYTES - 3 + 2 * place] = sum >>> 8;
  });
}

function sumOf(bytes: Uint8Array, from: number, to: number, step: number): number {
  let low = 1;
  let high = 0;
  for (let at = from; at < to; at += step) {
    low = (low + bytes[at]! + 1) % 251;
    high = (high + low) % 251;
  }
  return (high << 8) | low;
}

function hasSum(bytes: Uint8Array, place: number, expected: number): boolean {
  const at = SLOT_BYTES - 4 + 2 * place;
  return (bytes[at]! | (bytes[at + 1]! << 8)) === expected;
}

/** What a trial asks of a store. */
export interface StoreOnTrial {
  readonly acknowledged: number;
  put(count: number): void;
}

interface Put {
  readonly upTo: number;
  readonly bytes: Uint8Array;
  isAnswered: boolean;
}

/**
 * A store of numbers 1, 2, 3, ... in slots of a sector each; `put` writes some together. It keeps what it acknowledged, and all of a `put`
 * or nothing, or it refuses, unless it is careless.
 */
export class CarelessStore implements StoreOnTrial {
  acknowledged = 0;
  private written = 0;
  private isNamed = false;
  private isOpening = false;
  private syncedUpTo = 0;
  private waiting: Put[] = [];
  /** Those that an answer of the disk is expected for, in the order of their calls. */
  private readonly expecting: Put[] = [];

  constructor(
    private readonly disk: Disk,
    private readonly carelessness: Carelessness | undefined,
    private readonly after: (delayUs: number, callback: () => void) => void,
  ) {}

  put(count: number): void {
    const bytes = new Uint8Array(count * SLOT_BYTES);
    for (let n = 0; n < count; n++) bytes.set(slotOf(this.written + 1 + n), n * SLOT_BYTES);
    this.written += count;
    this.waiting.push({ upTo: this.written, bytes, isAnswered: false });
    if (this.is('trusts-its-file-system-to-write-soon') && !this.isNamed) return this.open();
    this.writeNext();
  }

  /** One put after the other where the store tells a put that never was by those after it; else all at once. */
  private writeNext(): void {
    if (this.is('skips-empty-puts') && this.expecting.length > 0) return;
    const put = this.waiting.shift();
    if (put === undefined) return;
    this.expecting.push(put);
    this.watch(put);
    this.disk.append(FILE, put.bytes, (error) => {
      if (error !== undefined && !this.is('ignores-failed-append')) return this.fail(put);
      if (this.is('acks-before-sync') || this.is('trusts-its-file-system-to-write-soon')) this.ack(put.upTo);
      this.disk.sync(FILE, (failed) => this.name(put, failed));
    });
    if (!this.is('skips-empty-puts')) this.writeNext();
  }

  private watch(put: Put): void {
    if (this.is('acks-after-a-second')) this.after(SECOND_US, () => this.ack(put.upTo));
    if (this.is('takes-silence-for-done')) this.after(SECOND_US, () => !put.isAnswered && this.ack(put.upTo));
    if (this.is('takes-a-late-answer-for-the-next')) this.after(PATIENCE_US, () => !put.isAnswered && this.forget(put));
  }

  private name(put: Put, failed: DiskError | undefined): void {
    if (failed !== undefined && !this.is('ignores-failed-sync')) return this.fail(put);
    this.syncedUpTo = put.upTo;
    if (this.isNamed || this.is('forgets-directory-sync')) return this.succeed(put);
    this.disk.syncDirectory((error) => {
      if (error !== undefined && !this.is('ignores-failed-sync')) return this.fail(put);
      this.isNamed = true;
      this.succeed(put);
    });
  }

  /** An empty file whose name is durable, before anything is put in it. */
  private open(): void {
    if (this.isOpening) return;
    this.isOpening = true;
    this.disk.append(FILE, new Uint8Array(0), () =>
      this.disk.sync(FILE, () =>
        this.disk.syncDirectory((error) => {
          if (error !== undefined) return;
          this.isNamed = true;
          this.writeNext();
        }),
      ),
    );
  }

  private succeed(put: Put): void {
    put.isAnswered = true;
    const answered = this.is('takes-a-late-answer-for-the-next') ? this.expecting[0] : put;
    if (answered === undefined) return;
    this.forget(answered);
    this.ack(answered.upTo);
    this.writeNext();
  }

  private fail(put: Put): void {
    put.isAnswered = true;
    this.forget(put);
    // Who asked is told that it was not kept after all.
    if (this.is('trusts-its-file-system-to-write-soon')) this.acknowledged = this.syncedUpTo;
    if (this.is('fills-up-a-torn-slot')) {
      this.disk.rename(FILE, BROKEN_FILE, () => this.disk.syncDirectory(() => undefined));
    }
  }

  private forget(put: Put): void {
    const place = this.expecting.indexOf(put);
    if (place >= 0) this.expecting.splice(place, 1);
  }

  private ack(upTo: number): void {
    this.acknowledged = Math.max(this.acknowledged, upTo);
  }

  private is(what: Carelessness): boolean {
    return this.carelessness === what;
  }
}

/** The slots found, or why the store refuses. `puts` are the ends of what was written together. */
export function recoverStore(
  disk: Disk,
  carelessness: Carelessness | undefined,
  puts: readonly number[],
  done: (found: Outcome) => void,
): void {
  runDiskScript(disk, recovery(carelessness, puts), (outcome) => {
    if (outcome.ok) return done(outcome.value);
    const isForgiven = carelessness === 'takes-failed-read-for-nothing';
    done(isForgiven ? [] : String(outcome.error));
  });
}

function* recovery(carelessness: Carelessness | undefined, puts: readonly number[]): DiskScript<Outcome> {
  const names = yield* list();
  if (names.includes(BROKEN_FILE)) return 'an error before';
  if (!names.includes(FILE)) return [];
  const expected = yield* length(FILE);
  const first = yield* read(FILE);
  let bytes = first;
  if (carelessness !== 'takes-what-a-read-gives') {
    if (first.length !== expected) return 'a short read';
    const fault = faultOf(first, carelessness, puts);
    if (fault !== undefined) return fault;
    bytes = yield* read(FILE);
    if (carelessness !== 'trusts-a-second-read') {
      if (bytes.length !== first.length || bytes.some((byte, at) => byte !== first[at])) return 'two reads differ';
    }
  }
  const fault = carelessness === 'trusts-a-second-read' ? undefined : faultOf(bytes, carelessness, puts);
  return fault ?? tornTail(bytes, carelessness, puts) ?? slotsIn(filledUp(bytes, carelessness), carelessness, puts);
}

/** What a store refuses that knows that all of a put is there or nothing, as long as no power was lost. */
function tornTail(
  bytes: Uint8Array,
  carelessness: Carelessness | undefined,
  puts: readonly number[],
): string | undefined {
  if (carelessness !== 'trusts-its-file-system-to-write-soon') return undefined;
  const isWhole = bytes.length === 0 || puts.some((last) => last * SLOT_BYTES === bytes.length);
  return isWhole && !slotsOf(bytes).some(isEmpty) ? undefined : 'a part of a put';
}

/** A sector is written whole or not at all, or so this store believes: where the length is no multiple, zeros were left out. */
function filledUp(bytes: Uint8Array, carelessness: Carelessness | undefined): Uint8Array {
  if (carelessness !== 'fills-up-a-torn-slot') return bytes;
  const filled = new Uint8Array(Math.ceil(bytes.length / SLOT_BYTES) * SLOT_BYTES);
  filled.set(bytes);
  return filled;
}

function slotsOf(bytes: Uint8Array): Uint8Array[] {
  const count = Math.floor(bytes.length / SLOT_BYTES);
  return Array.from({ length: count }, (_, n) => bytes.subarray(n * SLOT_BYTES, (n + 1) * SLOT_BYTES));
}

const isEmpty = (slot: Uint8Array): boolean => slot.every((byte) => byte === 0);

function isRight(slot: Uint8Array, carelessness: Carelessness | undefined): boolean {
  if (carelessness === 'samples-instead-of-checksum') return hasSum(slot, 1, sumOf(slot, 0, SLOT_BYTES - 4, 8));
  return hasSum(slot, 0, sumOf(slot, 0, SLOT_BYTES - 4, 1));
}

function faultOf(
  bytes: Uint8Array,
  carelessness: Carelessness | undefined,
  puts: readonly number[],
): string | undefined {
  const slots = slotsOf(bytes);
  for (const [place, slot] of slots.entries()) {
    if (isEmpty(slot)) {
      const end = puts.find((last) => last >= place + 1) ?? Infinity;
      const isAmongOthers = slots.some((other, at) => at >= end && !isEmpty(other));
      const isElsewhere = carelessness === 'ignores-position' && slots.some((other) => other[0] === place + 1);
      const isSkipped = carelessness === 'skips-empty-puts' && isInEmptyPut(slots, place, puts);
      if (isAmongOthers && !isElsewhere && !isSkipped && carelessness !== 'skips-holes') return `a hole at ${place}`;
    } else if (isGarbage(slot, place, carelessness)) return undefined;
    else if (!isRight(slot, carelessness)) return `damage at ${place}`;
    else if (slot[0] !== place + 1 && carelessness !== 'ignores-position') return `a wrong number at ${place}`;
  }
  return undefined;
}

/** Nothing at all of the put that the slot belongs to. */
function isInEmptyPut(slots: readonly Uint8Array[], place: number, puts: readonly number[]): boolean {
  const end = puts.find((last) => last > place) ?? slots.length;
  const begin = puts.findLast((last) => last <= place) ?? 0;
  return slots.slice(begin, end).every(isEmpty);
}

/** What only a store believes that takes garbage for the end. */
function isGarbage(slot: Uint8Array, place: number, carelessness: Carelessness | undefined): boolean {
  return carelessness === 'takes-garbage-for-the-end' && slot[0] !== place + 1 && !isRight(slot, carelessness);
}

function slotsIn(
  bytes: Uint8Array,
  carelessness: Carelessness | undefined,
  puts: readonly number[],
): readonly Uint8Array[] {
  const slots = slotsOf(bytes);
  const filled = slots.filter((slot) => !isEmpty(slot));
  if (carelessness === 'skips-torn-slots') {
    const lastFilled = slots.findLastIndex((slot) => !isEmpty(slot));
    return wholePuts(slots, lastFilled + 1, puts).filter((slot) => !isEmpty(slot));
  }
  if (carelessness === 'ignores-position') filled.sort((a, b) => a[0]! - b[0]!);
  if (carelessness === 'ignores-position' || carelessness === 'skips-holes' || carelessness === 'skips-empty-puts')
    return wholePuts(filled, filled.length, puts);
  const end = slots.findIndex((slot, place) => isEmpty(slot) || isGarbage(slot, place, carelessness));
  return wholePuts(slots, end < 0 ? slots.length : end, puts);
}

function wholePuts(slots: readonly Uint8Array[], count: number, puts: readonly number[]): readonly Uint8Array[] {
  return slots.slice(0, puts.findLast((last) => last <= count) ?? 0);
}
