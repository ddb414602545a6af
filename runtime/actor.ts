import type { Address, AnyAddress } from './address.js';
import type { Context } from './context.js';
import type { Message, Plain } from './data.js';
import type { WorkResult } from './ports.js';
import type { MessageOf, MessageSet } from './schema.js';

/** What an actor wrote before the crash, given back to `recover`. */
export interface Durable {
  /** Cells by name. */
  readonly cells: ReadonlyMap<string, Plain>;
  /** The actor's log: `entries[i]` has index `firstIndex + i`. Indexes start at 1 and survive truncation and compaction. */
  readonly log: { readonly firstIndex: number; readonly entries: readonly Plain[] };
  /** The last snapshot that became real, if any. */
  readonly snapshot: Plain | undefined;
}

/** Why an actor ended. */
export type StopReason = 'stopped' | 'failed' | 'gave-up';

/** Handlers of what the runtime itself tells an actor. */
export interface Signals<State, M extends Message> {
  /** An actor that this one watches has ended. */
  terminated?(context: Context<M>, state: State, ended: AnyAddress, reason: StopReason): void;
  /** A question got no answer in time: it may or may not have been handled. */
  askTimedOut?(context: Context<M>, state: State, question: Question): void;
  /** Work started with `startWork` has ended. */
  workDone?(
    context: Context<M>,
    state: State,
    work: { readonly workId: number; readonly tag: Plain },
    result: WorkResult,
  ): void;
  /** What this actor had written up to `lsn` is durable. Only told to actors that define it. */
  durable?(context: Context<M>, state: State, lsn: number): void;
  /** Last turn before a stop that was asked for. Its writes and messages still count. */
  stopping?(context: Context<M>, state: State): void;
}

export interface Question {
  readonly questionId: number;
  readonly to: AnyAddress;
  /** What the asker attached to it. */
  readonly tag: Plain;
}

export type Handlers<State, M extends Message> = {
  readonly [K in M['type']]?: (context: Context<M>, state: State, message: Extract<M, { type: K }>) => void;
};

export type OverflowPolicy = 'drop-newest' | 'drop-oldest' | 'fail';

/** The mailbox of an actor: at most `capacity` messages wait; what happens to one more has a name. */
export interface MailboxOptions {
  readonly capacity: number;
  readonly overflow: OverflowPolicy;
}

/** What a supervisor does about a child that failed, at most `maxRestarts` times within `withinMs`; then it gives up. */
export interface Supervision {
  /** `one-for-all` restarts the siblings as well; `escalate` fails the parent (the node, for a root actor). */
  readonly strategy: 'restart' | 'one-for-all' | 'stop' | 'escalate';
  readonly maxRestarts: number;
  readonly withinMs: number;
}

/**
 * An actor: its messages, its state and its handlers. State is one value that the runtime holds; a handler may change it in
 * place, runs to completion, and reaches the world through its context only.
 */
export interface ActorDefinition<State, M extends Message, Params extends Plain> {
  readonly messages: MessageSet<M>;
  /** The state of a first start. */
  init(params: Params): State;
  /** The state after a restart of the node or the actor. Without it: what `context.save` stored last, or `init`. */
  recover?(durable: Durable, params: Params): State;
  /** First turn of every start: timers are set and others are told here. */
  start?(context: Context<M>, state: State, params: Params): void;
  readonly on: Handlers<State, M>;
  readonly signals?: Signals<State, M>;
  readonly mailbox?: MailboxOptions;
  /** How this actor supervises its children. */
  readonly supervises?: Supervision;
}

/** An actor definition of which only the outside is known. */
// eslint-disable-next-line @typescript-eslint/no-explicit-any -- state, messages and params are private to the definition
export type AnyActorDefinition = ActorDefinition<any, any, any>;

/** A definition with its address in reach: `counter.at('n1', 'counter')`. */
export interface Actor<State, M extends Message, Params extends Plain> extends ActorDefinition<State, M, Params> {
  at(node: string, actorPath: string): Address<M>;
}

/** Defines an actor. Types follow from the messages and from what `init` returns; nothing needs an annotation. */
export function actor<S extends MessageSet, State, Params extends Plain = null>(
  messageSet: S,
  behaviour: Omit<ActorDefinition<State, MessageOf<S>, Params>, 'messages'>,
): Actor<State, MessageOf<S>, Params> {
  return {
    ...behaviour,
    messages: messageSet as unknown as MessageSet<MessageOf<S>>,
    at: (node, actorPath) => `${node}/${actorPath}`,
  };
}

/** A root actor of a node: its name there, its definition, its parameters. */
export interface ActorSpec {
  readonly name: string;
  readonly definition: AnyActorDefinition;
  readonly params: Plain;
  readonly supervision?: Supervision;
}

/** What a node runs, decided by its id and plain parameters, so that any thread, process or machine can build it. */
export type Program = (node: string, params: Plain) => readonly ActorSpec[];
