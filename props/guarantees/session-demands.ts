import { isOpen, type Operation } from '../histories/index.js';

/** The guarantees of Terry et al. (Session guarantees for weakly consistent replicated data, 1994). */
export type SessionGuarantee = 'read-your-writes' | 'monotonic-reads' | 'monotonic-writes' | 'writes-follow-reads';

/** One write must come before another, as a session shows. */
export interface Demand {
  readonly before: string;
  readonly after: string;
  readonly guarantee: SessionGuarantee;
  readonly because: Operation;
}

/** No value's name begins so. */
const MARK = '#';

/** Whether a name is no write's, but stands between all that a session wrote, or read, so far and what must come behind that. */
export function isMark(name: string): boolean {
  return name.startsWith(MARK);
}

/** All demands on the order of one key's writes. Their number grows with that of the operations, whichever guarantees are asked for. */
export class Demands {
  readonly all: Demand[] = [];
  private marks = 0;

  constructor(private readonly guarantees: ReadonlySet<SessionGuarantee>) {}

  add(guarantee: SessionGuarantee, before: string | undefined, after: string, because: Operation): void {
    if (before === undefined || before === after || !this.guarantees.has(guarantee)) return;
    this.all.push({ before, after, guarantee, because });
  }

  /** A mark behind a write and behind the mark before it, and so behind all that those stand behind. */
  mark(guarantee: SessionGuarantee, value: string, former: string | undefined, because: Operation): string {
    this.marks += 1;
    const mark = `${MARK}${this.marks}`;
    this.add(guarantee, value, mark, because);
    this.add(guarantee, former, mark, because);
    return mark;
  }
}

/** What one session demands of the order of one key's writes, each guarantee for itself: none is taken to hold because another is asked for. */
export class SessionDemands {
  private lastWrite: string | undefined;
  private lastRead: string | undefined;
  private readMark: string | undefined;
  /** Own writes whose outcome is known, and behind each the mark of all up to it. */
  private readonly own: { readonly value: string; readonly mark: string }[] = [];
  private readonly placeOf = new Map<string, number>();
  /** The own write that was read last, and how many there were then. */
  private ownRead: { readonly value: string; readonly count: number } | undefined;

  constructor(private readonly demands: Demands) {}

  write(operation: Operation, value: string): void {
    this.demands.add('monotonic-writes', this.lastWrite, value, operation);
    this.demands.add('writes-follow-reads', this.readMark, value, operation);
    // It may take effect behind all that the session does next, or never.
    if (isOpen(operation)) return;
    this.lastWrite = value;
    const mark = this.demands.mark('read-your-writes', value, this.own.at(-1)?.mark, operation);
    this.placeOf.set(value, this.own.length);
    this.own.push({ value, mark });
  }

  read(operation: Operation, value: string): void {
    this.demands.add('monotonic-reads', this.lastRead, value, operation);
    this.seeOwnWrites(operation, value);
    this.readMark = this.demands.mark('writes-follow-reads', value, this.readMark, operation);
    this.lastRead = value;
  }

  /** All own writes come before the one that is read, or are that one. */
  private seeOwnWrites(operation: Operation, value: string): void {
    const demand = (before: string | undefined): void => this.demands.add('read-your-writes', before, value, operation);
    const place = this.placeOf.get(value);
    if (place === undefined) return demand(this.own.at(-1)?.mark);
    const { ownRead } = this;
    const isRepeated = ownRead?.value === value;
    // That one was behind this one; no more is needed for a contradiction.
    if (ownRead !== undefined && !isRepeated && place < ownRead.count) return demand(ownRead.value);
    demand(this.own[place - 1]?.mark);
    const from = isRepeated ? ownRead.count : place + 1;
    for (const later of this.own.slice(from)) demand(later.value);
    this.ownRead = { value, count: this.own.length };
  }
}
