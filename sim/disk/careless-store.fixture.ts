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
  | 'forgets-directory-sync';

const SLOT_BYTES = 512;
const FILE = 'slots';
const SECOND_US = 1_000_000;

/** Number `n` in a slot: its fill, and at the end two sums over it. */
export function slotOf(n: number): Uint8Array {
  const bytes = new Uint8Array(SLOT_BYTES).map((_, at) => 1 + ((n * 7 + at) % 250));
  bytes[0] = n;
  seal(bytes);
  return bytes;
}

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

/**
 * A store of numbers 1, 2, 3, ... in slots of a sector each; `put` writes some together. It keeps what it acknowledged, and all of a `put`
 * or nothing, or it refuses, unless it is careless.
 */
export class CarelessStore {
  acknowledged = 0;
  private written = 0;
  private isNamed = false;

  constructor(
    private readonly disk: Disk,
    private readonly carelessness: Carelessness | undefined,
    private readonly after: (delayUs: number, callback: () => void) => void,
  ) {}

  put(count: number): void {
    const bytes = new Uint8Array(count * SLOT_BYTES);
    for (let n = 0; n < count; n++) bytes.set(slotOf(this.written + 1 + n), n * SLOT_BYTES);
    this.written += count;
    const upTo = this.written;
    const ack = (): void => void (this.acknowledged = Math.max(this.acknowledged, upTo));
    if (this.is('acks-after-a-second')) this.after(SECOND_US, ack);
    this.disk.append(FILE, bytes, (error) => {
      if (error !== undefined && !this.is('ignores-failed-append')) return;
      if (this.is('acks-before-sync')) ack();
      this.disk.sync(FILE, (failed) => this.name(failed, ack));
    });
  }

  private name(failed: DiskError | undefined, ack: () => void): void {
    if (failed !== undefined && !this.is('ignores-failed-sync')) return;
    if (this.isNamed || this.is('forgets-directory-sync')) return ack();
    this.disk.syncDirectory((error) => {
      if (error !== undefined && !this.is('ignores-failed-sync')) return;
      this.isNamed = true;
      ack();
    });
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
  done: (found: readonly Uint8Array[] | string) => void,
): void {
  runDiskScript(disk, recovery(carelessness, puts), (outcome) => {
    if (outcome.ok) return done(outcome.value);
    const isForgiven = carelessness === 'takes-failed-read-for-nothing';
    done(isForgiven ? [] : String(outcome.error));
  });
}

function* recovery(
  carelessness: Carelessness | undefined,
  puts: readonly number[],
): DiskScript<readonly Uint8Array[] | string> {
  if (!(yield* list()).includes(FILE)) return [];
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
  return fault ?? slotsIn(bytes, carelessness, puts);
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
      if (isAmongOthers && !isElsewhere && carelessness !== 'skips-holes') return `a hole at ${place}`;
    } else if (isGarbage(slot, place, carelessness)) return undefined;
    else if (!isRight(slot, carelessness)) return `damage at ${place}`;
    else if (slot[0] !== place + 1 && carelessness !== 'ignores-position') return `a wrong number at ${place}`;
  }
  return undefined;
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
  if (carelessness === 'ignores-position' || carelessness === 'skips-holes')
    return wholePuts(filled, filled.length, puts);
  const end = slots.findIndex((slot, place) => isEmpty(slot) || isGarbage(slot, place, carelessness));
  return wholePuts(slots, end < 0 ? slots.length : end, puts);
}

function wholePuts(slots: readonly Uint8Array[], count: number, puts: readonly number[]): readonly Uint8Array[] {
  return slots.slice(0, puts.findLast((last) => last <= count) ?? 0);
}
