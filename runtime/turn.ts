import type { AnyActorDefinition } from './actor.js';
import type { ActorCell } from './actor-cell.js';
import type { Address, AnyAddress, NodeId } from './address.js';
import { assert, AssertionFailure } from './assert.js';
import type { ActorStorage, Context, Narrator, ReplyTo, SendOptions, Spawnable } from './context.js';
import {
  copyIfPlain,
  copyPlain,
  deepFreeze,
  findNotPlain,
  isPlain,
  NOT_PLAIN,
  type Message,
  type Plain,
} from './data.js';
import type { Lsn } from './envelope.js';
import type { Delivery } from './mailbox.js';
import type { Observation } from './observation.js';
import type { Calendar, NodePorts, Random } from './ports.js';
import { stateToPlain } from './state-image.js';
import type { NodeStorage, StorageWrite } from './storage/storage.js';

/** An effect of a turn, in the order in which the handler asked for it. */
export type Effect =
  | {
      readonly kind: 'send';
      readonly to: AnyAddress;
      readonly toIncarnation: number;
      readonly correlation: number;
      readonly message: Message;
      readonly beforeDurable: boolean;
    }
  | {
      readonly kind: 'ask';
      readonly to: AnyAddress;
      readonly questionId: number;
      readonly timeoutMs: number;
      readonly tag: Plain;
      readonly message: Message;
    }
  | { readonly kind: 'set-timer'; readonly name: string; readonly delayMs: number; readonly message: Message }
  | { readonly kind: 'cancel-timer'; readonly name: string }
  | { readonly kind: 'spawn'; readonly name: string; readonly definition: AnyActorDefinition; readonly params: Plain }
  | StopEffect
  | { readonly kind: 'watch' | 'unwatch'; readonly actor: AnyAddress }
  | { readonly kind: 'stash' }
  | { readonly kind: 'unstash' }
  | { readonly kind: 'observe'; readonly observation: Observation }
  | { readonly kind: 'narrate'; readonly narration: Observation }
  | {
      readonly kind: 'start-work';
      readonly workId: number;
      readonly workKind: string;
      readonly input: Plain;
      readonly tag: Plain;
    }
  | { readonly kind: 'cancel-work'; readonly workId: number };

/** Carried out after all other effects of the turn. */
export interface StopEffect {
  readonly kind: 'stop';
  readonly actor: AnyAddress;
}

/** What a turn needs of its node. */
export interface TurnHost {
  readonly node: NodeId;
  readonly incarnation: number;
  readonly ports: NodePorts;
  readonly storage: NodeStorage;
  readonly isolation: 'copy' | 'freeze';
  nextQuestionId(): number;
  nextWorkId(): number;
  nextUniqueId(): string;
}

/** The context of the turn in hand. One object serves all turns of a node; it refuses to be used outside of one. */
export class Turn implements Context<Message>, ActorStorage {
  private cell: ActorCell | undefined;
  private delivery: Delivery | undefined;
  private effects: Effect[] = [];
  private writes: StorageWrite[] = [];
  private narrator: Narrator | undefined;
  private pendingLastIndex = 0;

  constructor(private readonly host: TurnHost) {}

  begin(cell: ActorCell, delivery: Delivery | undefined): void {
    this.cell = cell;
    this.delivery = delivery;
    this.pendingLastIndex = cell.lastIndex;
  }

  /** Ends the turn and hands out what it collected. */
  finish(): { effects: readonly Effect[]; writes: readonly StorageWrite[]; lastIndex: number } {
    const { effects, writes, pendingLastIndex } = this;
    this.abandon();
    return { effects, writes, lastIndex: pendingLastIndex };
  }

  /** Ends the turn without effects. */
  abandon(): void {
    this.cell = undefined;
    this.delivery = undefined;
    this.narrator = undefined;
    if (this.effects.length > 0) this.effects = [];
    if (this.writes.length > 0) this.writes = [];
  }

  private current(): ActorCell {
    assert(this.cell !== undefined, 'a context was used outside of its turn');
    return this.cell;
  }

  private own<T>(value: T): T {
    return this.host.isolation === 'freeze' ? deepFreeze(value) : copyPlain(value);
  }

  /** What is not plain data would reach a peer mangled or not at all, though a copy inside a process may hide that. */
  private ownMessage(message: Message, what: string, to: string): Message {
    if (this.host.isolation === 'freeze') {
      if (isPlain(message)) return deepFreeze(message);
    } else {
      const copy = copyIfPlain(message);
      if (copy !== NOT_PLAIN) return copy;
    }
    const { type } = (message ?? {}) as Partial<Message>;
    const place = findNotPlain(message, 'message') ?? 'message: its fields changed while they were read';
    throw new AssertionFailure(
      `${this.current().address} ${what} ${String(type)}${to === '' ? '' : ` to ${to}`}, which is not plain data: ${place}; ` +
        'a message has null, booleans, finite numbers, strings, Uint8Array, arrays and plain objects of these',
    );
  }

  get self(): Address<Message> {
    return this.current().address;
  }
  get node(): NodeId {
    return this.host.node;
  }
  get incarnation(): number {
    return this.host.incarnation;
  }
  get sender(): AnyAddress {
    return this.delivery?.from ?? this.current().address;
  }
  get answers(): number {
    return this.delivery !== undefined && this.delivery.correlation < 0 ? -this.delivery.correlation : 0;
  }
  get answerTag(): Plain {
    return this.delivery?.tag ?? null;
  }
  get calendar(): Calendar {
    return this.host.ports.calendar;
  }
  get storage(): ActorStorage {
    return this;
  }

  nowMs(): number {
    return this.host.ports.clock.monotonicUs() / 1000;
  }
  wallMs(): number {
    return this.host.ports.clock.wallUs() / 1000;
  }
  random(purpose: string): Random {
    const { randoms, path } = this.current();
    let stream = randoms.get(purpose);
    if (stream === undefined) {
      stream = this.host.ports.random(`${path}/${purpose}`);
      randoms.set(purpose, stream);
    }
    return stream;
  }
  uniqueId(): string {
    return this.host.nextUniqueId();
  }

  send(to: AnyAddress, message: Message, options?: SendOptions): void {
    this.narrator?.sends(to, message);
    this.sendTo(to, 0, 0, message, options);
  }
  reply(message: Message, options?: SendOptions): void {
    this.answer(this.replyTo(), message, options);
  }
  replyTo(): ReplyTo {
    const delivery = this.delivery;
    assert(delivery !== undefined, 'there is no message to reply to in this turn');
    return {
      to: delivery.from,
      toIncarnation: delivery.correlation > 0 ? delivery.incarnation : 0,
      questionId: Math.max(0, delivery.correlation),
    };
  }
  answer(replyTo: ReplyTo, message: Message, options?: SendOptions): void {
    this.sendTo(
      replyTo.to,
      replyTo.toIncarnation,
      replyTo.questionId === 0 ? 0 : -replyTo.questionId,
      message,
      options,
    );
  }
  private sendTo(
    to: AnyAddress,
    toIncarnation: number,
    correlation: number,
    message: Message,
    options?: SendOptions,
  ): void {
    this.current();
    const beforeDurable = options?.beforeDurable === true;
    const owned = this.ownMessage(message, 'sends', to);
    this.effects.push({ kind: 'send', to, toIncarnation, correlation, message: owned, beforeDurable });
  }
  ask(to: AnyAddress, question: Message, options: { readonly timeoutMs: number; readonly tag?: Plain }): number {
    this.current();
    const questionId = this.host.nextQuestionId();
    const { timeoutMs, tag = null } = options;
    assertDelay('the time-out of a question', timeoutMs);
    const owned = this.ownMessage(question, 'asks', to);
    this.effects.push({ kind: 'ask', to, questionId, timeoutMs, tag: this.own(tag), message: owned });
    return questionId;
  }

  setTimer(name: string, delayMs: number, message: Message): void {
    this.current();
    assertDelay(`the delay of timer ${name}`, delayMs);
    this.effects.push({ kind: 'set-timer', name, delayMs, message: this.ownMessage(message, 'sets a timer for', '') });
  }
  cancelTimer(name: string): void {
    this.current();
    this.effects.push({ kind: 'cancel-timer', name });
  }
  hasTimer(name: string): boolean {
    const cell = this.current();
    for (let i = this.effects.length - 1; i >= 0; i--) {
      const effect = this.effects[i];
      if (effect?.kind === 'set-timer' && effect.name === name) return true;
      if (effect?.kind === 'cancel-timer' && effect.name === name) return false;
    }
    return cell.timers.has(name);
  }

  spawn<C extends Message, P extends Plain>(name: string, spawnable: Spawnable<C, P>, params: NoInfer<P>): Address<C> {
    const cell = this.current();
    assert(/^[A-Za-z0-9._-]{1,128}$/.test(name), `actor name ${JSON.stringify(name)}: use letters, digits, . _ -`);
    const isTaken = cell.children.has(name) || this.effects.some((e) => e.kind === 'spawn' && e.name === name);
    assert(!isTaken, `${cell.address} already has a child named ${name}`);
    const definition = spawnable as AnyActorDefinition;
    this.effects.push({ kind: 'spawn', name, definition, params: this.own(params) });
    return `${cell.address}/${name}`;
  }
  stop(actor: AnyAddress): void {
    const cell = this.current();
    assert(
      actor === cell.address || actor.startsWith(`${cell.address}/`),
      `${cell.address} may not stop ${actor}, which is not its child`,
    );
    this.effects.push({ kind: 'stop', actor });
  }
  watch(actor: AnyAddress): void {
    this.current();
    assert(actor.startsWith(`${this.host.node}/`), `${actor} is on another node; watch works inside a node`);
    this.effects.push({ kind: 'watch', actor });
  }
  unwatch(actor: AnyAddress): void {
    this.current();
    this.effects.push({ kind: 'unwatch', actor });
  }

  stash(): void {
    assert(this.delivery !== undefined, 'there is no message to stash in this turn');
    this.effects.push({ kind: 'stash' });
  }
  unstashAll(): void {
    this.current();
    this.effects.push({ kind: 'unstash' });
  }

  save(state: unknown): void {
    const actor = this.current().path;
    this.write({ kind: 'put', actor, cell: SAVED_STATE, value: stateToPlain(state) });
  }
  observe(observation: Observation): void {
    this.current();
    this.narrator?.observes(observation);
    this.effects.push({ kind: 'observe', observation: this.own(observation) });
  }
  get isNarrated(): boolean {
    return this.host.ports.narrate !== undefined;
  }
  narrate(narration: Observation): void {
    this.current();
    if (this.isNarrated) this.effects.push({ kind: 'narrate', narration: this.own(narration) });
  }
  narrateBy(narrator: Narrator): void {
    this.current();
    if (this.isNarrated) this.narrator = narrator;
  }
  faultPoint(name: string): boolean {
    const { faultPoint } = this.host.ports;
    return faultPoint !== undefined && faultPoint(name);
  }
  startWork(kind: string, input: Plain, tag: Plain = null): number {
    this.current();
    const workId = this.host.nextWorkId();
    this.effects.push({ kind: 'start-work', workId, workKind: kind, input: this.own(input), tag: this.own(tag) });
    return workId;
  }
  cancelWork(workId: number): void {
    this.current();
    this.effects.push({ kind: 'cancel-work', workId });
  }

  private write(write: StorageWrite): void {
    this.narrator?.writes(this.pendingLsn());
    this.writes.push(write);
  }
  put(cell: string, value: Plain): void {
    this.write({ kind: 'put', actor: this.current().path, cell, value: this.own(value) });
  }
  delete(cell: string): void {
    this.write({ kind: 'delete', actor: this.current().path, cell });
  }
  append(entry: Plain): number {
    const actor = this.current().path;
    const index = ++this.pendingLastIndex;
    this.write({ kind: 'append', actor, index, entry: this.own(entry) });
    return index;
  }
  truncate(fromIndex: number): void {
    const actor = this.current().path;
    assert(Number.isSafeInteger(fromIndex) && fromIndex >= 1, `truncate from ${fromIndex}: indexes start at 1`);
    if (fromIndex > this.pendingLastIndex) return;
    this.pendingLastIndex = fromIndex - 1;
    this.write({ kind: 'truncate', actor, fromIndex });
  }
  compact(uptoIndex: number): void {
    const actor = this.current().path;
    assert(Number.isSafeInteger(uptoIndex) && uptoIndex >= 0, `compact up to ${uptoIndex}: give a whole number from 0`);
    if (uptoIndex > this.pendingLastIndex) this.pendingLastIndex = uptoIndex;
    this.write({ kind: 'compact', actor, uptoIndex });
  }
  snapshot(value: Plain): void {
    this.write({ kind: 'snapshot', actor: this.current().path, value: this.own(value) });
  }
  lastIndex(): number {
    this.current();
    return this.pendingLastIndex;
  }
  pendingLsn(): Lsn {
    return this.host.storage.lastLsn + 1;
  }
  durableLsn(): Lsn {
    return this.host.storage.durableLsn;
  }
}

function assertDelay(what: string, delayMs: number): void {
  assert(delayMs >= 0 && Number.isFinite(delayMs), `${what} must be a finite number of ms from 0, not ${delayMs}`);
}

/** The cell that `context.save` writes. */
export const SAVED_STATE = '$state';
