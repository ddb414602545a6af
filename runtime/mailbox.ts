import type { OverflowPolicy, Question, StopReason } from './actor.js';
import type { AnyAddress } from './address.js';
import type { Message, Plain } from './data.js';
import type { Lsn } from './envelope.js';
import type { WorkResult } from './ports.js';

/** A message in a mailbox. */
export interface Delivery {
  readonly kind: 'message';
  readonly from: AnyAddress;
  readonly message: Message;
  /** Incarnation of the sending node. */
  readonly incarnation: number;
  /** As in the envelope. */
  readonly correlation: number;
  /** What was attached to the question that this answers. */
  readonly tag: Plain;
  readonly traceparent: string;
  readonly stamp: Lsn;
  /** The timer that it came from, '' if none: a timer cancelled meanwhile is not handled. */
  readonly timer: string;
  readonly timerToken: number;
}

/** What the runtime tells an actor. */
export type Signal =
  | { readonly kind: 'start' }
  /** `stamp`: what the end of the actor rests on, and so whatever is done because of it. */
  | { readonly kind: 'terminated'; readonly ended: AnyAddress; readonly reason: StopReason; readonly stamp: Lsn }
  | { readonly kind: 'ask-timed-out'; readonly question: Question }
  | { readonly kind: 'work-done'; readonly workId: number; readonly tag: Plain; readonly result: WorkResult }
  | { readonly kind: 'durable' }
  | { readonly kind: 'stopping' };

export type Letter = Delivery | Signal;

/** A bounded first-in first-out queue. Signals are not counted: the runtime itself bounds them. */
export class Mailbox {
  private letters: Letter[] = [];
  private head = 0;
  private messageCount = 0;

  constructor(
    readonly capacity: number,
    readonly overflow: OverflowPolicy,
  ) {}

  get length(): number {
    return this.letters.length - this.head;
  }

  get isFull(): boolean {
    return this.messageCount >= this.capacity;
  }

  /** The letter that is next. */
  get first(): Letter | undefined {
    return this.letters[this.head];
  }

  push(letter: Letter): void {
    if (letter.kind === 'message') this.messageCount++;
    this.letters.push(letter);
  }

  /** Puts letters before all that wait, in their order. */
  unshift(letters: readonly Letter[]): void {
    for (const letter of letters) if (letter.kind === 'message') this.messageCount++;
    this.letters = [...letters, ...this.letters.slice(this.head)];
    this.head = 0;
  }

  shift(): Letter | undefined {
    // The usual case, and far cheaper than making the list empty by its length.
    const isLast = this.head === 0 && this.letters.length === 1;
    const letter = isLast ? this.letters.pop() : this.letters[this.head];
    if (letter === undefined) return undefined;
    if (!isLast) this.head++;
    if (letter.kind === 'message') this.messageCount--;
    if (this.letters.length === 0) return letter;
    if (this.head === this.letters.length) {
      this.letters = [];
      this.head = 0;
    } else if (this.head >= 1024 && this.head * 2 > this.letters.length) {
      this.letters = this.letters.slice(this.head);
      this.head = 0;
    }
    return letter;
  }

  /** Takes out the oldest message (not signal), for the overflow policy `drop-oldest`. */
  dropOldestMessage(): Delivery | undefined {
    for (let i = this.head; i < this.letters.length; i++) {
      const letter = this.letters[i];
      if (letter?.kind !== 'message') continue;
      this.letters.splice(i, 1);
      this.messageCount--;
      return letter;
    }
    return undefined;
  }
}
