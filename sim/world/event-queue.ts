import { assert } from '../../runtime/assert.js';

/** What an event is for. */
export const EVENT_MESSAGE = 0;
export const EVENT_TIMER = 1;
export const EVENT_DISK = 2;
export const EVENT_WORK = 3;
export const EVENT_EFFECTS = 4;

/** The life of an event that concerns whoever is up when it is due; other events die with the life that made them. */
export const ANY_LIFE = 0;
/** The life of an event that shall not happen. */
export const NO_LIFE = -1;

/**
 * `order` = source index * 2^38 + sequence at the source: an exact integer below 2^53, so that the pair (time, order) is
 * the order (time, source, sequence), whenever the event arrived here.
 */
const SEQUENCE_LIMIT = 0x40_0000_0000;
export const SOURCE_LIMIT = 0x8000;

export function orderOf(source: number, sequence: number): number {
  assert(sequence < SEQUENCE_LIMIT && source < SOURCE_LIMIT, 'the order of an event is out of range');
  return source * SEQUENCE_LIMIT + sequence;
}

export function sourceOf(order: number): number {
  return Math.floor(order / SEQUENCE_LIMIT);
}

export function sequenceOf(order: number): number {
  return order % SEQUENCE_LIMIT;
}

/**
 * The events of one node: a binary heap over typed arrays, ordered by (time, source, sequence), with what belongs to an
 * event in slots beside it. Nothing is allocated for an event but what it carries.
 */
export class EventQueue {
  size = 0;
  /** By slot: valid from `pop` until the next `push`. */
  kinds: Uint8Array;
  lives: Int32Array;
  /** A timer's token, a work id, or the hash of a message's type. */
  numbers: Float64Array;
  sentAtUs: Float64Array;
  payloads: unknown[];

  private times: Float64Array;
  private orders: Float64Array;
  private slots: Int32Array;
  private free: Int32Array;
  private freeCount: number;

  constructor(capacity = 64) {
    assert(capacity >= 2, 'the capacity of an event queue must be at least 2');
    this.times = new Float64Array(capacity);
    this.orders = new Float64Array(capacity);
    this.slots = new Int32Array(capacity);
    this.kinds = new Uint8Array(capacity);
    this.lives = new Int32Array(capacity);
    this.numbers = new Float64Array(capacity);
    this.sentAtUs = new Float64Array(capacity);
    this.payloads = new Array(capacity).fill(undefined);
    this.free = new Int32Array(capacity);
    for (let i = 0; i < capacity; i++) this.free[i] = capacity - 1 - i;
    this.freeCount = capacity;
  }

  /** When the first event is due, or Infinity where there is none. */
  get nextTimeUs(): number {
    return this.size === 0 ? Infinity : this.times[0]!;
  }

  get nextOrder(): number {
    assert(this.size > 0, 'an empty event queue has no next event');
    return this.orders[0]!;
  }

  push(
    timeUs: number,
    order: number,
    kind: number,
    life: number,
    number: number,
    sentAtUs: number,
    payload: unknown,
  ): void {
    if (this.freeCount === 0) this.grow();
    const slot = this.free[--this.freeCount]!;
    this.kinds[slot] = kind;
    this.lives[slot] = life;
    this.numbers[slot] = number;
    this.sentAtUs[slot] = sentAtUs;
    this.payloads[slot] = payload;
    this.siftUp(this.size++, timeUs, order, slot);
  }

  /** Takes the first event out and returns its slot, whose fields stay readable until the next push. */
  pop(): number {
    assert(this.size > 0, 'an empty event queue has nothing to pop');
    const slot = this.slots[0]!;
    const last = --this.size;
    if (last > 0) this.siftDown(this.times[last]!, this.orders[last]!, this.slots[last]!);
    this.free[this.freeCount++] = slot;
    return slot;
  }

  /** The payload of a popped slot; the queue no longer holds on to it. */
  takePayload(slot: number): unknown {
    const payload = this.payloads[slot];
    this.payloads[slot] = undefined;
    return payload;
  }

  /** The slots of the messages that come at a time or later from sources that are meant, in their order. */
  messagesAfter(timeUs: number, isMeant: (source: number) => boolean): readonly number[] {
    const found: { readonly order: number; readonly slot: number }[] = [];
    for (let at = 0; at < this.size; at++) {
      const slot = this.slots[at]!;
      const order = this.orders[at]!;
      const isMessage = this.kinds[slot] === EVENT_MESSAGE && this.lives[slot] !== NO_LIFE;
      if (isMessage && this.times[at]! >= timeUs && isMeant(sourceOf(order))) found.push({ order, slot });
    }
    return found.sort((a, b) => a.order - b.order).map(({ slot }) => slot);
  }

  private siftUp(from: number, timeUs: number, order: number, slot: number): void {
    const { times, orders, slots } = this;
    let at = from;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      const parentTime = times[parent]!;
      if (parentTime < timeUs || (parentTime === timeUs && orders[parent]! <= order)) break;
      times[at] = parentTime;
      orders[at] = orders[parent]!;
      slots[at] = slots[parent]!;
      at = parent;
    }
    times[at] = timeUs;
    orders[at] = order;
    slots[at] = slot;
  }

  private siftDown(timeUs: number, order: number, slot: number): void {
    const { times, orders, slots, size } = this;
    let at = 0;
    for (let child = 1; child < size; child = 2 * at + 1) {
      const right = child + 1;
      if (right < size) {
        const difference = times[right]! - times[child]!;
        if (difference < 0 || (difference === 0 && orders[right]! < orders[child]!)) child = right;
      }
      const childTime = times[child]!;
      if (timeUs < childTime || (timeUs === childTime && order <= orders[child]!)) break;
      times[at] = childTime;
      orders[at] = orders[child]!;
      slots[at] = slots[child]!;
      at = child;
    }
    times[at] = timeUs;
    orders[at] = order;
    slots[at] = slot;
  }

  private grow(): void {
    const old = this.kinds.length;
    const capacity = old * 2;
    this.times = grown(this.times, new Float64Array(capacity));
    this.orders = grown(this.orders, new Float64Array(capacity));
    this.slots = grown(this.slots, new Int32Array(capacity));
    this.kinds = grown(this.kinds, new Uint8Array(capacity));
    this.lives = grown(this.lives, new Int32Array(capacity));
    this.numbers = grown(this.numbers, new Float64Array(capacity));
    this.sentAtUs = grown(this.sentAtUs, new Float64Array(capacity));
    this.free = new Int32Array(capacity);
    for (let i = 0; i < old; i++) this.free[i] = capacity - 1 - i;
    this.freeCount = old;
    for (let i = old; i < capacity; i++) this.payloads.push(undefined);
  }
}

function grown<A extends Float64Array | Int32Array | Uint8Array>(from: A, to: A): A {
  to.set(from);
  return to;
}
