import type { Disk } from '../../runtime/ports.js';
import {
  append,
  list,
  read,
  rename,
  runDiskScript,
  sync,
  syncDirectory,
  type DiskScript,
} from '../../runtime/storage/disk-script.js';
import { isSlotOf, SLOT_BYTES, slotOf, type Outcome, type StoreOnTrial } from './careless-store.fixture.js';

const LOG = 'log';
const NEXT = 'snapshot-next';
const SNAPSHOT = 'snapshot';
/** So long that it is most unlikely to be there by chance when a part of it is. */
const MARK_SLOTS = 24;
const MARK_BYTE = 0xee;
const COMPACTS_FROM = 4;

type NamesBeforeMark = 'careful' | 'careless';

/**
 * A store of numbers in a log. Once it has a few it writes them to a snapshot, renames that to its place, and marks in the log that what
 * stands before is in the snapshot. A careless one does not wait until the new name is durable: it knows of the order of its calls, and
 * of no other.
 */
export class CompactingStore implements StoreOnTrial {
  acknowledged = 0;
  private written = 0;
  private readonly waiting: number[] = [];
  private isBusy = false;
  private isCompacted = false;

  constructor(
    private readonly disk: Disk,
    private readonly care: NamesBeforeMark,
  ) {}

  put(count: number): void {
    this.waiting.push((this.written += count));
    if (!this.isBusy) this.next();
  }

  private next(): void {
    const upTo = this.waiting.shift();
    this.isBusy = upTo !== undefined;
    if (upTo === undefined) return;
    runDiskScript(this.disk, this.write(upTo), ({ ok }) => {
      // After an error it does nothing any more.
      if (ok) this.next();
    });
  }

  private *write(upTo: number): DiskScript<void> {
    // From here on the name of the snapshot is durable whatever was marked before.
    if (this.isCompacted) yield* syncDirectory();
    yield* append(LOG, slotsFrom(this.acknowledged + 1, upTo));
    yield* sync(LOG);
    if (this.acknowledged === 0) yield* syncDirectory();
    this.acknowledged = upTo;
    if (!this.isCompacted && upTo >= COMPACTS_FROM) yield* this.compact(upTo);
  }

  private *compact(upTo: number): DiskScript<void> {
    yield* append(NEXT, slotsFrom(1, upTo));
    yield* sync(NEXT);
    yield* rename(NEXT, SNAPSHOT);
    if (this.care === 'careful') yield* syncDirectory();
    yield* append(LOG, new Uint8Array(MARK_SLOTS * SLOT_BYTES).fill(MARK_BYTE));
    this.isCompacted = true;
  }
}

function slotsFrom(first: number, last: number): Uint8Array {
  const bytes = new Uint8Array((last - first + 1) * SLOT_BYTES);
  for (let n = first; n <= last; n++) bytes.set(slotOf(n), (n - first) * SLOT_BYTES);
  return bytes;
}

/** The slots found, or why the store refuses. `puts` are the ends of what was written together. */
export function recoverCompacting(disk: Disk, puts: readonly number[], done: (found: Outcome) => void): void {
  runDiskScript(disk, recovery(puts), (outcome) => done(outcome.ok ? outcome.value : String(outcome.error)));
}

function* recovery(puts: readonly number[]): DiskScript<Outcome> {
  const names = yield* list();
  if (!names.includes(LOG)) return [];
  const log = yield* readTwice(LOG);
  if (typeof log === 'string') return log;
  const markAt = log.findIndex((_, at) => log.slice(at, at + MARK_SLOTS).filter(isMark).length === MARK_SLOTS);
  if (markAt < 0) return whole(log, puts);
  // Here is what it trusts in: no snapshot means that there was nothing to keep.
  const snapshot = names.includes(SNAPSHOT) ? yield* readTwice(SNAPSHOT) : [];
  if (typeof snapshot === 'string') return snapshot;
  if (names.includes(SNAPSHOT) && snapshot.length !== markAt) return 'a snapshot of another length';
  const damaged = snapshot.findIndex((slot, place) => !isSlotOf(slot, place + 1));
  return damaged >= 0 ? `damage at ${damaged}` : whole([...snapshot, ...log.slice(markAt + MARK_SLOTS)], puts);
}

function* readTwice(file: string): DiskScript<Uint8Array[] | string> {
  const first = yield* read(file);
  const second = yield* read(file);
  const isSame = first.length === second.length && first.every((byte, at) => byte === second[at]);
  if (!isSame) return 'two reads differ';
  return Array.from({ length: Math.floor(first.length / SLOT_BYTES) }, (_, n) =>
    first.subarray(n * SLOT_BYTES, (n + 1) * SLOT_BYTES),
  );
}

function isMark(slot: Uint8Array): boolean {
  return slot.every((byte) => byte === MARK_BYTE);
}

function isEmpty(slot: Uint8Array): boolean {
  return slot.every((byte) => byte === 0);
}

/** What is right from the begin on. Behind the end there may be what never became durable; before it nothing may be wrong. */
function whole(slots: readonly Uint8Array[], puts: readonly number[]): Outcome {
  const end = slots.findIndex((slot, place) => !isSlotOf(slot, place + 1));
  const count = end < 0 ? slots.length : end;
  if (slots.slice(count).some((slot) => !isMark(slot) && !isEmpty(slot))) return `damage at ${count}`;
  return slots.slice(0, puts.findLast((last) => last <= count) ?? 0);
}
