import type { ActorCell } from './actor-cell.js';
import type { AnyAddress } from './address.js';
import type { Message, Plain } from './data.js';
import type { Delivery, Letter } from './mailbox.js';
import type { NodePorts, WorkResult } from './ports.js';

interface PendingTimer {
  /** Of a question whose answer it waits for, 0 where it is an actor's own. */
  readonly questionId: 0;
  readonly cell: ActorCell;
  readonly name: string;
  readonly message: Message;
}

interface PendingQuestion {
  readonly questionId: number;
  readonly cell: ActorCell;
  readonly to: AnyAddress;
  readonly tag: Plain;
  readonly timerToken: number;
}

/** 126 years: added to any clock, this is still a whole number of microseconds. Whoever waits for longer waits for ever. */
const LONGEST_DELAY_US = 4_000_000_000_000_000;

function isQuestion(pending: PendingTimer | PendingQuestion): pending is PendingQuestion {
  return pending.questionId !== 0;
}

/** What the actors of a node wait for: named timers, answers to questions, ends of work. */
export class PendingTable {
  /** By token: what the actors set, and how long they wait for answers. */
  private readonly timers = new Map<number, PendingTimer | PendingQuestion>();
  private readonly questions = new Map<number, PendingQuestion>();
  private readonly works = new Map<number, { readonly cell: ActorCell; readonly tag: Plain }>();
  private lastToken = 0;
  private lastQuestionId = 0;
  private lastWorkId = 0;

  constructor(
    private readonly ports: NodePorts,
    private readonly deliver: (cell: ActorCell, letter: Letter) => void,
  ) {}

  nextQuestionId(): number {
    return ++this.lastQuestionId;
  }
  nextWorkId(): number {
    return ++this.lastWorkId;
  }

  setTimer(cell: ActorCell, name: string, delayMs: number, message: Message): void {
    this.cancelTimer(cell, name);
    const token = this.startTimer(delayMs);
    cell.timers.set(name, token);
    this.timers.set(token, { questionId: 0, cell, name, message });
  }

  cancelTimer(cell: ActorCell, name: string): void {
    const token = cell.timers.get(name);
    if (token === undefined) return;
    cell.timers.delete(name);
    // Absent where it has fired and its message waits in the mailbox; `claimTimer` discards that.
    if (this.timers.delete(token)) this.ports.timers.cancel(token);
  }

  /** Answers whether a message that came from a timer is still wanted, and if so marks the timer as handled. */
  claimTimer(cell: ActorCell, delivery: Delivery): boolean {
    if (delivery.timerToken === 0) return true;
    if (cell.timers.get(delivery.timer) !== delivery.timerToken) return false;
    cell.timers.delete(delivery.timer);
    return true;
  }

  fire(token: number): void {
    const timer = this.timers.get(token);
    if (timer === undefined) return;
    if (isQuestion(timer)) return this.timeOut(timer);
    this.timers.delete(token);
    const { cell, name, message } = timer;
    this.deliver(cell, {
      kind: 'message',
      from: cell.address,
      message,
      incarnation: 0,
      correlation: 0,
      tag: null,
      traceparent: '',
      stamp: 0,
      timer: name,
      timerToken: token,
    });
  }

  addQuestion(cell: ActorCell, questionId: number, to: AnyAddress, timeoutMs: number, tag: Plain): void {
    const timerToken = this.startTimer(timeoutMs);
    const question = { questionId, cell, to, tag, timerToken };
    this.timers.set(timerToken, question);
    this.questions.set(questionId, question);
    cell.questions.add(questionId);
  }

  /** Takes a question out because its answer has come; undefined if it was not (or is no longer) this actor's question. */
  closeQuestion(cell: ActorCell, questionId: number): { readonly tag: Plain } | undefined {
    const question = this.questions.get(questionId);
    if (question === undefined || question.cell !== cell) return undefined;
    this.forgetQuestion(question);
    this.ports.timers.cancel(question.timerToken);
    return question;
  }

  addWork(cell: ActorCell, workId: number, tag: Plain): void {
    this.works.set(workId, { cell, tag });
    cell.works.add(workId);
  }

  finishWork(workId: number, result: WorkResult): void {
    const work = this.works.get(workId);
    if (work === undefined) return;
    this.forgetWork(workId);
    this.deliver(work.cell, { kind: 'work-done', workId, tag: work.tag, result });
  }

  forgetWork(workId: number): void {
    this.works.get(workId)?.cell.works.delete(workId);
    this.works.delete(workId);
  }

  /** Everything that an actor waits for is given up; returns the ids of its work. */
  forgetAll(cell: ActorCell): readonly number[] {
    for (const name of [...cell.timers.keys()]) this.cancelTimer(cell, name);
    for (const questionId of [...cell.questions]) this.closeQuestion(cell, questionId);
    const works = [...cell.works];
    for (const workId of works) this.forgetWork(workId);
    return works;
  }

  /** For people: each open question, each work and each timer of an actor, a sentence each. */
  describe(): readonly string[] {
    return [
      ...[...this.questions.values()].map(({ cell, to }) => `${cell.path} waits for an answer of ${to}`),
      ...[...this.works.values()].map(({ cell }) => `${cell.path} waits for work to end`),
      ...[...this.timers.values()].flatMap((timer) =>
        isQuestion(timer) ? [] : [`${timer.cell.path} waits for its timer ${timer.name}`],
      ),
    ];
  }

  private timeOut(question: PendingQuestion): void {
    this.forgetQuestion(question);
    const { questionId, cell, to, tag } = question;
    this.deliver(cell, { kind: 'ask-timed-out', question: { questionId, to, tag } });
  }

  private forgetQuestion({ questionId, cell, timerToken }: PendingQuestion): void {
    this.questions.delete(questionId);
    cell.questions.delete(questionId);
    this.timers.delete(timerToken);
  }

  private startTimer(delayMs: number): number {
    const token = ++this.lastToken;
    const delayUs = Math.min(Math.round(delayMs * 1000), LONGEST_DELAY_US);
    // Whoever waits for a moment a fraction of a microsecond away must not be woken before it, again and again.
    this.ports.timers.set(token, delayMs > 0 ? Math.max(1, delayUs) : 0);
    return token;
  }
}
