import type { ActorSpec } from './actor.js';
import type { ActorCell } from './actor-cell.js';
import { nodeOf, type AnyAddress, type NodeId } from './address.js';
import { Dispatcher, type PickPolicy } from './dispatcher.js';
import type { Envelope, Lsn } from './envelope.js';
import { callHandler } from './handler-call.js';
import { Lifecycle } from './lifecycle.js';
import type { Delivery, Letter } from './mailbox.js';
import type { Observation } from './observation.js';
import { OutputGate, type Output } from './output-gate.js';
import type { NodePorts, WorkResult } from './ports.js';
import type { NodeStorage, RecoveredStorage, StorageFactory } from './storage/storage.js';
import { PendingTable } from './pending-table.js';
import { Turn, type Effect, type StopEffect, type TurnHost } from './turn.js';

export const SCHEMA_VERSION = 1;

export interface ActorNodeOptions {
  readonly node: NodeId;
  /** The root actors, started in this order at every start of the node. */
  readonly actors: readonly ActorSpec[];
  readonly ports: NodePorts;
  readonly storage: StorageFactory;
  readonly pick: PickPolicy;
  /** `freeze` shares messages frozen instead of copying them: a write to a sent message throws where it is made. */
  readonly isolation?: 'copy' | 'freeze';
  /** Check messages from other nodes against the receiver's message set. For everything that comes over a real wire. */
  readonly checkIncoming?: boolean;
  /** More turns than this in one event are an endless loop and halt the node. Default 100,000. */
  readonly maxTurnsPerEvent?: number;
  /** Turns taken in earlier lives, where the host counts the steps of all lives in one row (the simulator does). Default 0. */
  readonly stepsBefore?: number;
  /** Called before each turn with its step and what it handles: the type of a message, or the kind of a signal. */
  readonly beforeTurn?: (step: number, actorPath: string, what: string) => void;
}

export type NodeStatus = 'opening' | 'up' | 'halted' | 'stopped';
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

/**
 * A node: actors that share a dispatcher, a write-ahead log and an incarnation. A host drives it through its entry points
 * (`start`, `receive`, `timerFired`, `workDone`, `stop`, and the callbacks of its disk); each runs turns until nothing is left
 * to do, and whatever leaves does so through the ports. Nothing here waits, and nothing here knows which world it is in.
 */
export class ActorNode implements TurnHost {
  readonly node: NodeId;
  readonly ports: NodePorts;
  readonly storage: NodeStorage;
  readonly isolation: 'copy' | 'freeze';
  readonly deadLetterCounts = new Map<DeadLetterReason, number>();
  status: NodeStatus = 'opening';
  incarnation = 0;
  /** Turns taken, in this incarnation (and `stepsBefore`); the address of a turn is `node:step`. */
  step = 0;
  lamport = 0;

  private readonly cells = new Map<AnyAddress, ActorCell>();
  private readonly dispatcher: Dispatcher;
  private readonly gate: OutputGate;
  private readonly turn: Turn;
  private readonly pending: PendingTable;
  private readonly lifecycle: Lifecycle;
  private readonly awaitingDurable = new Set<ActorCell>();
  private recovered: RecoveredStorage | undefined;
  private incarnationLsn: Lsn = 0;
  private sequence = 0;
  private uniqueIds = 0;
  private isRunning = false;

  constructor(private readonly options: ActorNodeOptions) {
    this.node = options.node;
    this.ports = options.ports;
    this.isolation = options.isolation ?? 'copy';
    this.step = options.stepsBefore ?? 0;
    this.dispatcher = new Dispatcher(options.pick);
    this.storage = options.storage({
      recovered: (found) => this.onRecovered(found),
      durable: (lsn) => this.onDurable(lsn),
      failed: (reason) => this.halt(reason),
    });
    this.gate = new OutputGate(
      () => this.storage.durableLsn,
      (output) => this.release(output),
    );
    this.turn = new Turn(this);
    this.pending = new PendingTable(this.ports, (cell, letter) => this.deliver(cell, letter));
    this.lifecycle = new Lifecycle({
      cells: this.cells,
      node: this.node,
      pending: this.pending,
      imageOf: (path) => this.storage.imageOf(path),
      nowUs: () => this.ports.clock.monotonicUs(),
      lastLsn: () => this.storage.lastLsn,
      signal: (cell, signal) => this.deliver(cell, signal),
      signalFirst: (cell, signal) => {
        cell.mailbox.unshift([signal]);
        this.dispatcher.markReady(cell);
      },
      runStopping: (cell) => this.runTurn(cell, { kind: 'stopping' }),
      observe: (cell, observation) => this.observeFor(cell, observation),
      cancelWork: (workId) => this.cancelWork(workId),
      deadLetter: (reason) => this.countDeadLetter(reason),
      diagnose: (cell, error) => this.ports.diagnose?.({ actor: cell.path, step: this.step, error }),
      escalate: (reason) => this.halt(reason),
    });
  }

  /** Opens the storage; the actors start when what it held is known and the new incarnation is durable. */
  start(): void {
    this.storage.open();
  }

  /** Takes a message from another node; drops it where the node is not up or the address knows nobody. */
  receive(envelope: Envelope): void {
    if (this.status !== 'up') return this.countDeadLetter('not-up');
    if (envelope.lamport > this.lamport) this.lamport = envelope.lamport;
    if (envelope.toIncarnation !== 0 && envelope.toIncarnation !== this.incarnation) {
      return this.countDeadLetter('other-incarnation');
    }
    this.route(envelope.to, envelope, 0, this.options.checkIncoming === true);
    this.runUntilIdle();
  }

  /** A timer that this node set through its port has run out. */
  timerFired(token: number): void {
    if (this.status !== 'up') return;
    this.pending.fire(token);
    this.runUntilIdle();
  }

  /** Work that this node started through its port has ended. */
  workDone(workId: number, result: WorkResult): void {
    if (this.status !== 'up') return;
    this.pending.finishWork(workId, result);
    this.runUntilIdle();
  }

  /** Stops all actors, the last started first; their last writes and messages still count. */
  stop(): void {
    if (this.status === 'up') {
      this.lifecycle.stopRoots();
      this.runUntilIdle();
    }
    if (this.status !== 'halted') this.status = 'stopped';
  }

  /** The living state of an actor: for tools, which copy it before they let it go. */
  stateOf(actorPath: string): unknown {
    return this.cells.get(`${this.node}/${actorPath}`)?.state;
  }

  actorPaths(): readonly string[] {
    return [...this.cells.values()].map((cell) => cell.path);
  }

  get deadLetters(): number {
    return [...this.deadLetterCounts.values()].reduce((sum, count) => sum + count, 0);
  }

  /** Outputs that wait for what they rest on to become durable. */
  get heldOutputs(): number {
    return this.gate.heldCount;
  }

  /** What its actors wait for, for people: a sentence each. */
  waits(): readonly string[] {
    return this.pending.describe();
  }

  nextQuestionId(): number {
    return this.pending.nextQuestionId();
  }
  nextWorkId(): number {
    return this.pending.nextWorkId();
  }
  nextUniqueId(): string {
    return `${this.node}-${this.incarnation}-${++this.uniqueIds}`;
  }

  private onRecovered(found: RecoveredStorage): void {
    this.recovered = found;
    this.incarnation = found.incarnation + 1;
    this.incarnationLsn = this.storage.appendIncarnation(this.incarnation);
  }

  private onDurable(lsn: Lsn): void {
    if (this.status === 'opening' && this.recovered !== undefined && lsn >= this.incarnationLsn) {
      this.status = 'up';
      const { actors, incarnation, lastLsn, tornBytes } = this.recovered;
      this.recovered = undefined;
      this.observe('', { type: 'node-started', incarnation: this.incarnation, recoveredLsn: lastLsn, tornBytes });
      this.lifecycle.startRoots(this.options.actors, incarnation === 0 ? undefined : actors);
    }
    // What was said before a stop that was asked for still leaves.
    if (this.status === 'up' || this.status === 'stopped') this.gate.releaseUpTo(lsn);
    if (this.status !== 'up') return;
    for (const cell of this.awaitingDurable) {
      if (cell.toldDurableLsn >= lsn) continue;
      cell.toldDurableLsn = lsn;
      if (cell.lastWriteLsn <= lsn) this.awaitingDurable.delete(cell);
      this.deliver(cell, { kind: 'durable' });
    }
    this.runUntilIdle();
  }

  private halt(reason: string): void {
    if (this.status === 'halted') return;
    this.status = 'halted';
    this.dispatcher.clear();
    this.gate.clear();
    this.ports.halted(reason);
  }

  private runUntilIdle(): void {
    // Callbacks of a port may not re-enter a turn; whoever is running goes on until nothing is left.
    if (this.isRunning) return;
    this.isRunning = true;
    const maxTurns = this.options.maxTurnsPerEvent ?? 100_000;
    let turns = 0;
    try {
      for (let cell = this.dispatcher.next(); cell !== undefined; cell = this.dispatcher.next()) {
        const letter = cell.mailbox.shift();
        if (letter === undefined || !cell.isAlive) continue;
        if (cell.mailbox.length > 0) this.dispatcher.markReady(cell);
        if (letter.kind === 'message' && !this.pending.claimTimer(cell, letter)) continue;
        this.runTurn(cell, letter);
        if (this.status === 'halted') return;
        if (++turns > maxTurns)
          return this.halt(`endless loop: ${turns} turns in one event, the last one in ${cell.address}`);
      }
    } finally {
      this.isRunning = false;
    }
  }

  private runTurn(cell: ActorCell, letter: Letter): void {
    this.step++;
    this.lamport++;
    this.options.beforeTurn?.(this.step, cell.path, letter.kind === 'message' ? letter.message.type : letter.kind);
    const delivery = letter.kind === 'message' ? letter : undefined;
    if (letter.kind === 'message' || letter.kind === 'terminated') cell.restOn(letter.stamp);
    this.turn.begin(cell, delivery);
    let effects: readonly Effect[];
    try {
      this.callGuarded(cell, letter);
      effects = this.commitTurn(cell);
    } catch (error) {
      this.turn.abandon();
      this.lifecycle.failed(cell, error);
      return;
    }
    for (const effect of effects) if (effect.kind !== 'stop') this.apply(cell, delivery, effect);
    // Last of all: whoever ends takes along all that its own turn has begun, and has last turns of its own.
    for (const effect of effects) if (effect.kind === 'stop') this.lifecycle.stopAt(effect.actor, cell.restsOnLsn);
  }

  /** Throws where the storage takes no such record: then nothing was written, and the turn has no effects. */
  private commitTurn(cell: ActorCell): readonly Effect[] {
    const { effects, writes, lastIndex } = this.turn.finish();
    if (writes.length === 0) return effects;
    cell.lastWriteLsn = this.storage.append(writes);
    cell.lastIndex = lastIndex;
    cell.restOn(cell.lastWriteLsn);
    if (cell.definition.signals?.durable !== undefined) this.awaitingDurable.add(cell);
    return effects;
  }

  private callGuarded(cell: ActorCell, letter: Letter): void {
    const { guard } = this.ports;
    guard?.enter(this.node, cell.path, this.step);
    try {
      if (!callHandler(cell, letter, this.turn, this.storage.durableLsn)) this.countDeadLetter('unhandled');
    } finally {
      guard?.leave();
    }
  }

  private apply(cell: ActorCell, delivery: Delivery | undefined, effect: Exclude<Effect, StopEffect>): void {
    switch (effect.kind) {
      case 'send': {
        const { to, toIncarnation, correlation, message, beforeDurable } = effect;
        return this.send(cell, delivery, to, toIncarnation, correlation, message, beforeDurable);
      }
      case 'ask':
        this.pending.addQuestion(cell, effect.questionId, effect.to, effect.timeoutMs, effect.tag);
        return this.send(cell, delivery, effect.to, 0, effect.questionId, effect.message, false);
      case 'set-timer':
        return this.pending.setTimer(cell, effect.name, effect.delayMs, effect.message);
      case 'cancel-timer':
        return this.pending.cancelTimer(cell, effect.name);
      case 'spawn':
        return this.lifecycle.spawnChild(cell, effect.name, effect.definition, effect.params);
      case 'watch':
        return this.lifecycle.watch(cell, effect.actor);
      case 'unwatch':
        return this.lifecycle.unwatch(cell, effect.actor);
      case 'stash':
        if (delivery !== undefined) this.stash(cell, delivery);
        return;
      case 'unstash':
        return this.unstash(cell);
      case 'observe':
        return this.observeFor(cell, effect.observation);
      case 'start-work':
        this.pending.addWork(cell, effect.workId, effect.tag);
        return this.gate.pass({
          kind: 'work',
          workId: effect.workId,
          stamp: cell.restsOnLsn,
          workKind: effect.workKind,
          input: effect.input,
        });
      case 'cancel-work':
        this.pending.forgetWork(effect.workId);
        return this.cancelWork(effect.workId);
    }
  }

  private send(
    cell: ActorCell,
    delivery: Delivery | undefined,
    to: AnyAddress,
    toIncarnation: number,
    correlation: number,
    message: Envelope['message'],
    beforeDurable: boolean,
  ): void {
    const traceparent = delivery?.traceparent ?? '';
    const stamp = cell.restsOnLsn;
    if (this.cells.has(to) || nodeOf(to) === this.node) {
      const incarnation = this.incarnation;
      if (toIncarnation !== 0 && toIncarnation !== incarnation) return this.countDeadLetter('other-incarnation');
      this.route(to, { from: cell.address, incarnation, correlation, traceparent, message }, stamp, false);
      return;
    }
    const output: Output = {
      kind: 'send',
      from: cell.address,
      to,
      toIncarnation,
      step: this.step,
      traceparent,
      correlation,
      stamp,
      message,
    };
    if (beforeDurable) this.gate.passBeforeDurable(output);
    else this.gate.pass(output);
  }

  /** Into the mailbox of a local actor. */
  private route(
    to: AnyAddress,
    mail: Pick<Envelope, 'from' | 'incarnation' | 'correlation' | 'traceparent' | 'message'>,
    stamp: Lsn,
    mustCheck: boolean,
  ): void {
    const { correlation, message } = mail;
    const cell = this.cells.get(to);
    if (cell === undefined) return this.countDeadLetter('no-such-actor');
    if (mustCheck && cell.definition.messages.check(message) !== undefined) return this.countDeadLetter('malformed');
    let tag: Delivery['tag'] = null;
    if (correlation < 0) {
      const question = this.pending.closeQuestion(cell, -correlation);
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

  private deliver(cell: ActorCell, letter: Letter): void {
    if (!cell.isAlive) return;
    if (letter.kind === 'message' && cell.mailbox.isFull) {
      this.countDeadLetter('mailbox-full');
      if (cell.mailbox.overflow === 'drop-newest') return;
      if (cell.mailbox.overflow === 'fail') return this.lifecycle.failed(cell, new Error('mailbox full'));
      cell.mailbox.dropOldestMessage();
    }
    cell.mailbox.push(letter);
    this.dispatcher.markReady(cell);
  }

  private stash(cell: ActorCell, delivery: Delivery): void {
    if (cell.stashed.length >= cell.mailbox.capacity) return this.countDeadLetter('mailbox-full');
    // Its timer counts as handled: a later one of the same name must not be taken for it, nor silence it.
    cell.stashed.push({ ...delivery, timer: '', timerToken: 0 });
  }

  private unstash(cell: ActorCell): void {
    if (cell.stashed.length === 0) return;
    cell.mailbox.unshift(cell.stashed);
    cell.stashed = [];
    this.dispatcher.markReady(cell);
  }

  private observeFor(cell: ActorCell, observation: Observation): void {
    this.gate.pass({ kind: 'observe', actor: cell.path, step: this.step, stamp: cell.restsOnLsn, observation });
  }

  private release(output: Output): void {
    switch (output.kind) {
      case 'send': {
        const { from, to, toIncarnation, traceparent, correlation, stamp, message } = output;
        this.ports.network.send({
          from,
          to,
          incarnation: this.incarnation,
          toIncarnation,
          sequence: ++this.sequence,
          causeStep: output.step,
          lamport: ++this.lamport,
          traceparent,
          schemaVersion: SCHEMA_VERSION,
          correlation,
          stamp,
          message,
        });
        return;
      }
      case 'observe':
        return this.observe(output.actor, output.observation, output.step);
      case 'work':
        return this.ports.work.start(output.workId, output.workKind, output.input);
    }
  }

  private observe(actor: string, observation: Observation, step = this.step): void {
    const { node, incarnation } = this;
    this.ports.observe({
      node,
      incarnation,
      step,
      atUs: this.ports.clock.monotonicUs(),
      actor,
      lamport: ++this.lamport,
      observation,
    });
  }

  private cancelWork(workId: number): void {
    if (!this.gate.dropWork(workId)) this.ports.work.cancel(workId);
  }

  private countDeadLetter(reason: DeadLetterReason): void {
    this.deadLetterCounts.set(reason, (this.deadLetterCounts.get(reason) ?? 0) + 1);
  }
}
