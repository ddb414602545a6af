import type { ActorCell } from './actor-cell.js';
import type { AnyAddress } from './address.js';
import type { Dispatcher } from './dispatcher.js';
import type { Envelope, Lsn } from './envelope.js';
import type { Delivery, Letter } from './mailbox.js';
import type { PendingTable } from './pending-table.js';

export type DeadLetterReason =
  | 'no-such-actor'
  | 'mailbox-full'
  | 'late-answer'
  | 'other-incarnation'
  | 'not-up'
  | 'malformed'
  | 'unhandled'
  /** Stashed by an actor that failed before it took it out again. */
  | 'restarted';

export interface LocalMailHost {
  readonly cells: ReadonlyMap<AnyAddress, ActorCell>;
  readonly dispatcher: Dispatcher;
  readonly pending: PendingTable;
  /** A mailbox of the policy `fail` is full. */
  overflowed(cell: ActorCell): void;
}

/** Brings letters into the mailboxes of a node's actors, and counts those that reach nobody. */
export class LocalMail {
  readonly deadLetterCounts = new Map<DeadLetterReason, number>();

  constructor(private readonly host: LocalMailHost) {}

  /** Into the mailbox of the actor at an address. `mustCheck`: the message may not be one that the actor takes. */
  route(
    to: AnyAddress,
    mail: Pick<Envelope, 'from' | 'incarnation' | 'correlation' | 'traceparent' | 'message'>,
    stamp: Lsn,
    mustCheck: boolean,
  ): void {
    const { correlation, message } = mail;
    const cell = this.host.cells.get(to);
    if (cell === undefined) return this.countDeadLetter('no-such-actor');
    if (mustCheck && cell.definition.messages.check(message) !== undefined) return this.countDeadLetter('malformed');
    let tag: Delivery['tag'] = null;
    if (correlation < 0) {
      const question = this.host.pending.closeQuestion(cell, -correlation);
      if (question === undefined) return this.countDeadLetter('late-answer');
      tag = question.tag;
    }
    const { from, incarnation, traceparent } = mail;
    this.deliver(cell, {
      kind: 'message',
      from,
      message,
      incarnation,
      correlation,
      tag,
      traceparent,
      stamp,
      timer: '',
      timerToken: 0,
    });
  }

  deliver(cell: ActorCell, letter: Letter): void {
    if (!cell.isAlive) return;
    if (letter.kind === 'message' && cell.mailbox.isFull) {
      this.countDeadLetter('mailbox-full');
      if (cell.mailbox.overflow === 'drop-newest') return;
      if (cell.mailbox.overflow === 'fail') return this.host.overflowed(cell);
      cell.mailbox.dropOldestMessage();
    }
    cell.mailbox.push(letter);
    this.host.dispatcher.markReady(cell);
  }

  stash(cell: ActorCell, delivery: Delivery): void {
    if (cell.stashed.length >= cell.mailbox.capacity) return this.countDeadLetter('mailbox-full');
    // Its timer counts as handled: a later one of the same name must not be taken for it, nor silence it.
    cell.stashed.push({ ...delivery, timer: '', timerToken: 0 });
  }

  unstash(cell: ActorCell): void {
    if (cell.stashed.length === 0) return;
    cell.mailbox.unshift(cell.stashed);
    cell.stashed = [];
    this.host.dispatcher.markReady(cell);
  }

  countDeadLetter(reason: DeadLetterReason): void {
    this.deadLetterCounts.set(reason, (this.deadLetterCounts.get(reason) ?? 0) + 1);
  }
}
