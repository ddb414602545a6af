import type { ActorSpec } from './actor.js';
import type { ActorCell } from './actor-cell.js';
import { nodeOf, type AnyAddress, type NodeId } from './address.js';
import { Dispatcher, type PickPolicy } from './dispatcher.js';
import type { Envelope, Lsn } from './envelope.js';
import { callHandler } from './handler-call.js';
import { Lifecycle } from './lifecycle.js';
import { LocalMail, type DeadLetterReason } from './local-mail.js';
import type { Delivery, Letter } from './mailbox.js';
import { Outputs } from './outputs.js';
import type { NodePorts, WorkResult } from './ports.js';
import type { NodeStorage, RecoveredStorage, StorageFactory } from './storage/storage.js';
import { PendingTable } from './pending-table.js';
import { Turn, type Effect, type StopEffect, type TurnHost } from './turn.js';

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
  /** The least incarnation of this life, where a node takes the place of one of its name whose disk is gone. Default 1. */
  readonly leastIncarnation?: number;
  /** Called before each turn with its step and what it handles: the type of a message, or the kind of a signal. */
  readonly beforeTurn?: (step: number, actorPath: string, what: string) => void;
}

export type { DeadLetterReason };
export type NodeStatus = 'opening' | 'up' | 'halted' | 'stopped';
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
  status: NodeStatus = 'opening';
  incarnation = 0;
  /** Turns taken, in this incarnation (and `stepsBefore`); the address of a turn is `node:step`. */
  step = 0;
  lamport = 0;

  private readonly cells = new Map<AnyAddress, ActorCell>();
  private readonly dispatcher: Dispatcher;
  private readonly mail: LocalMail;
  private readonly outputs: Outputs;
  private readonly turn: Turn;
  private readonly pending: PendingTable;
  private readonly lifecycle: Lifecycle;
  private readonly awaitingDurable = new Set<ActorCell>();
  private recovered: RecoveredStorage | undefined;
  private incarnationLsn: Lsn = 0;
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
    this.outputs = new Outputs(this);
    this.turn = new Turn(this);
    this.pending = new PendingTable(this.ports, (cell, letter) => this.mail.deliver(cell, letter));
    this.mail = new LocalMail({
      cells: this.cells,
      dispatcher: this.dispatcher,
      pending: this.pending,
      overflowed: (cell) => this.lifecycle.failed(cell, new Error('mailbox full')),
    });
    this.lifecycle = new Lifecycle({
      cells: this.cells,
      node: this.node,
      pending: this.pending,
      imageOf: (path) => this.storage.imageOf(path),
      nowUs: () => this.ports.clock.monotonicUs(),
      lastLsn: () => this.storage.lastLsn,
      signal: (cell, signal) => this.mail.deliver(cell, signal),
      signalFirst: (cell, signal) => {
        cell.mailbox.unshift([signal]);
        this.dispatcher.markReady(cell);
      },
      runStopping: (cell) => this.runTurn(cell, { kind: 'stopping' }),
      observe: (cell, observation) => this.outputs.observe(cell, observation),
      cancelWork: (workId) => this.outputs.cancelWork(workId),
      deadLetter: (reason) => this.mail.countDeadLetter(reason),
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
    if (this.status !== 'up') return this.mail.countDeadLetter('not-up');
    if (envelope.lamport > this.lamport) this.lamport = envelope.lamport;
    if (envelope.toIncarnation !== 0 && envelope.toIncarnation !== this.incarnation) {
      // Somebody answers a life that has not been yet: this node has lived before, and its disk does not know.
      if (envelope.toIncarnation > this.incarnation) return this.halt(lostLives(this.node, this.incarnation, envelope));
      return this.mail.countDeadLetter('other-incarnation');
    }
    this.mail.route(envelope.to, envelope, 0, this.options.checkIncoming === true);
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

  get deadLetterCounts(): ReadonlyMap<DeadLetterReason, number> {
    return this.mail.deadLetterCounts;
  }

  /** Outputs that wait for what they rest on to become durable. */
  get heldOutputs(): number {
    return this.outputs.heldCount;
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
    this.incarnation = Math.max(found.incarnation + 1, this.options.leastIncarnation ?? 1);
    this.incarnationLsn = this.storage.appendIncarnation(this.incarnation);
  }

  private onDurable(lsn: Lsn): void {
    if (this.status === 'opening' && this.recovered !== undefined && lsn >= this.incarnationLsn) {
      this.status = 'up';
      const { actors, incarnation, lastLsn, tornBytes } = this.recovered;
      this.recovered = undefined;
      this.outputs.observeNode({
        type: 'node-started',
        incarnation: this.incarnation,
        recoveredLsn: lastLsn,
        tornBytes,
      });
      this.lifecycle.startRoots(this.options.actors, incarnation === 0 ? undefined : actors);
    }
    // What was said before a stop that was asked for still leaves.
    if (this.status === 'up' || this.status === 'stopped') this.outputs.releaseUpTo(lsn);
    if (this.status !== 'up') return;
    for (const cell of this.awaitingDurable) {
      if (cell.toldDurableLsn >= lsn) continue;
      cell.toldDurableLsn = lsn;
      if (cell.lastWriteLsn <= lsn) this.awaitingDurable.delete(cell);
      this.mail.deliver(cell, { kind: 'durable' });
    }
    this.runUntilIdle();
  }

  private halt(reason: string): void {
    if (this.status === 'halted') return;
    this.status = 'halted';
    this.dispatcher.clear();
    this.outputs.clear();
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
    if (guard === undefined) return this.call(cell, letter);
    guard.enter(this.node, cell.path, this.step);
    try {
      this.call(cell, letter);
    } finally {
      guard.leave();
    }
  }

  private call(cell: ActorCell, letter: Letter): void {
    if (!callHandler(cell, letter, this.turn, this.storage.durableLsn)) this.mail.countDeadLetter('unhandled');
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
        if (delivery !== undefined) this.mail.stash(cell, delivery);
        return;
      case 'unstash':
        return this.mail.unstash(cell);
      case 'observe':
        return this.outputs.observe(cell, effect.observation);
      case 'narrate':
        return this.outputs.narrate(cell, effect.narration);
      case 'start-work':
        this.pending.addWork(cell, effect.workId, effect.tag);
        return this.outputs.startWork(cell, effect.workId, effect.workKind, effect.input);
      case 'cancel-work':
        this.pending.forgetWork(effect.workId);
        return this.outputs.cancelWork(effect.workId);
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
    if (!this.cells.has(to) && nodeOf(to) !== this.node) {
      return this.outputs.send(cell, traceparent, to, toIncarnation, correlation, message, beforeDurable);
    }
    const { incarnation } = this;
    if (toIncarnation !== 0 && toIncarnation !== incarnation) return this.mail.countDeadLetter('other-incarnation');
    const mail = { from: cell.address, incarnation, correlation, traceparent, message };
    this.mail.route(to, mail, cell.restsOnLsn, false);
  }
}

function lostLives(node: NodeId, incarnation: number, { from, toIncarnation }: Envelope): string {
  return (
    `the disk of ${node} has been lost or exchanged: it counts incarnation ${incarnation}, and ${from} answers its incarnation ` +
    `${toIncarnation}; restore the disk, or give the node a new name`
  );
}
