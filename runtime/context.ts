import type { Address, AnyAddress, NodeId, UntypedAddress } from './address.js';
import type { Message, Plain } from './data.js';
import type { Lsn } from './envelope.js';
import type { Observation } from './observation.js';
import type { Calendar, Random } from './ports.js';
import type { MessageSet } from './schema.js';

export interface SendOptions {
  /**
   * Lets the message leave before what it rests on is durable. Each use says why that is safe.
   */
  readonly beforeDurable?: true;
}

export interface AskOptions {
  /** How long the answer may take; then `signals.askTimedOut`. */
  readonly timeoutMs: number;
  /** Given back with the answer or the time-out. */
  readonly tag?: Plain;
}

/**
 * An actor's whole world during one turn. Effects (send, timer, write, spawn, stop, observe, start of work) are collected and
 * take place together when the turn ends; a turn that throws has none. Not to be kept beyond the turn.
 */
export interface Context<M extends Message = Message> {
  readonly self: Address<M>;
  readonly node: NodeId;
  /** The life of this node: 1 at its first start, one more at each restart; durable. */
  readonly incarnation: number;
  /** Who sent the message being handled; the actor itself for timers and signals. */
  readonly sender: AnyAddress;
  /** The number of the question that the message being handled answers, or 0. */
  readonly answers: number;
  /** What was attached to that question with `ask`, or null. */
  readonly answerTag: Plain;

  /** Monotonic clock of this node, in milliseconds; comparable within one incarnation only. */
  nowMs(): number;
  /** Wall clock in milliseconds since the epoch; may jump. Never decides safety. */
  wallMs(): number;
  /** A random stream of this actor's own for a purpose. */
  random(purpose: string): Random;
  /** An id that no other call on any node or incarnation returns. */
  uniqueId(): string;
  readonly calendar: Calendar;

  send<T extends Message>(to: Address<T>, message: NoInfer<T>, options?: SendOptions): void;
  send<T extends Message>(to: UntypedAddress, message: T, options?: SendOptions): void;
  /** Answers the message being handled: for a question the asker learns which one. */
  reply<T extends Message>(message: T, options?: SendOptions): void;
  /** How to answer the message being handled in a later turn. */
  replyTo(): ReplyTo;
  answer<T extends Message>(replyTo: ReplyTo, message: T, options?: SendOptions): void;
  /**
   * Sends a question. Its answer comes as an ordinary message with `answers` set to the number returned; if none comes within
   * `timeoutMs`, `signals.askTimedOut` is called, and what was asked may have happened. A late answer is a dead letter.
   */
  ask<T extends Message>(to: Address<T>, question: NoInfer<T>, options: AskOptions): number;
  ask<T extends Message>(to: UntypedAddress, question: T, options: AskOptions): number;

  /** Sends `message` to this actor after `delayMs`. A timer of the same name is replaced. Timers do not survive a restart. */
  setTimer(name: string, delayMs: number, message: M): void;
  cancelTimer(name: string): void;
  hasTimer(name: string): boolean;

  /** Starts a child; its address is `self/name`. */
  spawn<C extends Message, P extends Plain>(name: string, definition: Spawnable<C, P>, params: NoInfer<P>): Address<C>;
  /** Stops a child, or this actor itself, when all other effects of this turn have taken place. */
  stop(actor: AnyAddress): void;
  /** `signals.terminated` will be called when the local actor ends; at once if it does not live. */
  watch(actor: AnyAddress): void;
  unwatch(actor: AnyAddress): void;

  /** Puts the message being handled aside; `unstashAll` brings all such back in their order, before what waits. */
  stash(): void;
  unstashAll(): void;

  /** Stores the whole state (plain data, Map and Set allowed): what a restart without `recover` begins with. */
  save(state: unknown): void;
  /** This actor's durable storage. All writes of a turn are one atomic record. */
  readonly storage: ActorStorage;

  observe(observation: Observation): void;

  /** Whether anybody follows this node step by step. Where nobody does, making up a narration would be waste. */
  readonly isNarrated: boolean;
  /**
   * Tells who follows this node what this turn does, step by step, as it stands in memory: unlike an observation it waits for nothing, so
   * what was narrated may not survive a crash. It takes no part in the run and enters nothing that is compared.
   */
  narrate(narration: Observation): void;
  /** For the rest of this turn the narrator hears what the turn says, just before it says it; where nobody follows this node it hears nothing. */
  narrateBy(narrator: Narrator): void;

  /**
   * A point where this actor may do what it is allowed to do but rarely would: a batch of one, a retry that comes late, an office given
   * up early. False in production; in simulation true where a planned fault says so. Whoever asks must stay correct either way.
   */
  faultPoint(name: string): boolean;

  /** Starts work at the edge; `signals.workDone` tells how it ended. `tag` is given back with it. */
  startWork(kind: string, input: Plain, tag?: Plain): number;
  /** No `workDone` will come any more; the work itself is ended as far as possible and may have taken effect. */
  cancelWork(workId: number): void;
}

/** Who tells of a turn as it goes on (`Context.narrateBy`). */
export interface Narrator {
  /** By `send`. */
  sends(to: AnyAddress, message: Message): void;
  observes(observation: Observation): void;
  /** `lsn`: what the record of this turn will have. */
  writes(lsn: Lsn): void;
}

/** What `spawn` asks of an actor definition. */
export interface Spawnable<C extends Message, P extends Plain> {
  readonly messages: MessageSet<C>;
  init(params: P): unknown;
}

/** Where an answer goes: plain data, may be kept in state. */
export interface ReplyTo {
  readonly to: AnyAddress;
  readonly toIncarnation: number;
  readonly questionId: number;
}

export interface ActorStorage {
  /** A small atomic cell. */
  put(cell: string, value: Plain): void;
  delete(cell: string): void;
  /** Appends to this actor's log and returns the index that the entry has. */
  append(entry: Plain): number;
  /** Removes the entries with `index >= fromIndex`. */
  truncate(fromIndex: number): void;
  /** Removes the entries with `index <= uptoIndex`. Beyond the end: the log is empty and goes on after `uptoIndex`. */
  compact(uptoIndex: number): void;
  /** Stores a snapshot in place of the last; it becomes real, atomically, with this turn's record. */
  snapshot(value: Plain): void;
  /** Index of the last entry appended to the log, 0 if none ever was. */
  lastIndex(): number;
  /** The LSN that this turn's writes will have. Told durable by `signals.durable` with an LSN at least as high. */
  pendingLsn(): Lsn;
  /** Everything up to here is durable. */
  durableLsn(): Lsn;
}
