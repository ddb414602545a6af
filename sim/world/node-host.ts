import { ActorNode } from '../../runtime/actor-node.js';
import type { NodeId } from '../../runtime/address.js';
import { assert, AssertionFailure } from '../../runtime/assert.js';
import { copyPlain, type Message, type Plain } from '../../runtime/data.js';
import type { Envelope } from '../../runtime/envelope.js';
import type { Observation, ObservedRecord } from '../../runtime/observation.js';
import type { Disk, NodePorts } from '../../runtime/ports.js';
import { randomStream } from '../../runtime/random.js';
import { writeAheadLog } from '../../runtime/storage/index.js';
import { NodeClock } from '../clock/node-clock.js';
import { SimulatedDisk, type CrashKind } from '../disk/index.js';
import { ActiveDiskFaults } from '../faults/active-disk-faults.js';
import { drawFate, foldWord } from '../fate.js';
import type { NodePlan } from '../scenario.js';
import { lostRecord } from '../trace/lost-record.js';
import { listenedPorts, type Whereabouts } from './effects.js';
import * as event from './event-queue.js';
import { EventQueue, orderOf } from './event-queue.js';
import type { NodeWorld } from './node-world.js';
import { Outgoing } from './outgoing.js';
import { SimulatedWork, type OpenWork } from './simulated-work.js';

const LOST_IN_FLIGHT = 0x6c6f7374;

/** One node of the world: its queue of events, its disk and clocks, which outlive it, and its present life, if any. */
export class NodeHost {
  readonly queue = new EventQueue();
  readonly clock: NodeClock;
  private readonly disk: SimulatedDisk;
  /** The window for which this node stands in its group's agenda. */
  agendaWindow = Infinity;
  isPaused = false;
  /** The step that was taken last, over all lives. */
  step = 0;
  actorNode: ActorNode | undefined;

  private readonly id: NodeId;
  /** The disk as the node sees it. */
  private readonly diskPort: Disk;
  readonly diskFaults: ActiveDiskFaults;
  private readonly work: SimulatedWork;
  /** Counts lives from 1; `ANY_LIFE` is none of them. */
  private life = 0;
  /** Counts everything that this node ever scheduled, here or elsewhere. */
  private sequence = 0;
  private haltReason: string | undefined;
  private eventsInWindow = 0;
  private effectSequence = 0;
  private readonly cancelledTimers = new Set<number>();
  /** Orders of messages that a test has put elsewhere, by their place: the fingerprint tells what was delivered, not where it stood. */
  private readonly displaced = new Map<number, number>();
  private readonly outgoing: Outgoing;

  constructor(
    private readonly world: NodeWorld,
    readonly index: number,
    private readonly plan: NodePlan,
  ) {
    this.id = plan.id;
    this.clock = new NodeClock(world.epochUs);
    this.work = new SimulatedWork(world.seed, plan.id, world.scenario);
    this.outgoing = new Outgoing(world, index, this.clock, () => this.nextOrder());
    const diskKey = foldWord(world.seedHash, world.names.nodeHashes[index]!);
    this.disk = new SimulatedDisk({
      node: plan.id,
      nowUs: () => this.clock.nowUs,
      schedule: (delayUs, complete) => this.scheduleOwn(delayUs, event.EVENT_DISK, this.life, 0, complete),
      fate: (purpose, file, occurrence) => {
        const { names } = world;
        return drawFate(diskKey, names.typeOf(purpose).hash, names.typeOf(file).hash, occurrence);
      },
      onBytes: (kind, file, bytes) => this.chainBytes(kind, file, bytes),
    });
    this.diskFaults = new ActiveDiskFaults(this.disk);
    this.diskPort = world.tamper?.disk?.(plan.id, this.disk) ?? this.disk;
  }

  get isUp(): boolean {
    return this.actorNode !== undefined;
  }

  start(): void {
    assert(this.actorNode === undefined, `${this.id} is up already`);
    const { world, plan } = this;
    this.life++;
    this.clock.beginLife();
    world.links.restarted(this.index);
    const program = (world.programsOf?.(this.id, this.life) ?? world.scenario.programs)[plan.program];
    assert(program !== undefined, `${this.id}: the scenario has no program named ${plan.program}`);
    const picks = randomStream(`${world.seed}/${this.id}/${this.life}/pick`);
    const { beforeTurn, trace, effects } = world;
    this.actorNode = new ActorNode({
      node: this.id,
      actors: program(this.id, copyPlain(plan.params)),
      ports: effects === undefined ? this.ports() : listenedPorts(this.ports(), this.whereabouts(), effects),
      storage: writeAheadLog(this.diskPort),
      pick: (readyCount) => picks.between(0, readyCount - 1),
      isolation: world.freezeMessages ? 'freeze' : 'copy',
      stepsBefore: this.step,
      ...(beforeTurn === undefined && trace === undefined && effects === undefined
        ? {}
        : { beforeTurn: (step, actorPath, what) => this.beforeTurn(step, actorPath, what) }),
    });
    this.actorNode.start();
    this.afterEntry();
  }

  /** Memory is gone, the disk keeps what was synced and perhaps more. What is on its way through the network still comes. */
  crash(kind: CrashKind): void {
    if (this.actorNode === undefined) return;
    this.observeOwn({ type: 'node-crashed' });
    this.endLife(kind);
  }

  pause(): void {
    if (this.actorNode === undefined || this.isPaused) return;
    this.isPaused = true;
    this.observeOwn({ type: 'node-paused' });
  }

  /** What has become due meanwhile happens now, in its order. */
  resume(): void {
    if (!this.isPaused) return;
    this.isPaused = false;
    this.observeOwn({ type: 'node-resumed' });
  }

  /** Runs all events before `endUs`; those that were kept back by a pause happen when it has ended, which is now. */
  runUntil(endUs: number): void {
    const { queue, clock, world } = this;
    this.eventsInWindow = 0;
    while (queue.nextTimeUs < endUs && !this.isPaused) {
      const timeUs = queue.nextTimeUs;
      const order = queue.nextOrder;
      if (timeUs > clock.nowUs) clock.nowUs = timeUs;
      this.runEvent(queue.pop(), this.displaced.size === 0 ? order : (this.displaced.get(order) ?? order));
      if (++this.eventsInWindow > world.maxEventsPerWindow) {
        this.halt(`endless loop: more than ${world.maxEventsPerWindow} events within one window of virtual time`);
        return;
      }
    }
  }

  receive(arrivalUs: number, order: number, sentAtUs: number, envelope: Envelope): void {
    const typeHash = this.world.names.typeOf(envelope.message.type).hash;
    const { tamper } = this.world;
    const place = tamper?.order?.(this.id, arrivalUs, order) ?? order;
    if (place !== order) this.displaced.set(place, order);
    this.queue.push(arrivalUs, place, event.EVENT_MESSAGE, event.ANY_LIFE, typeHash, sentAtUs, envelope);
    this.world.wake(this.index, arrivalUs);
  }

  /** Connections from these nodes are gone: what is on its way from them and has not yet arrived never will. */
  loseInFlight(from: Uint8Array, by: string): void {
    const { queue, clock, world, index } = this;
    const { nowUs } = clock;
    for (const slot of queue.messagesAfter(nowUs, (source) => from[source] === 1)) {
      queue.lives[slot] = event.NO_LIFE;
      const envelope = queue.takePayload(slot) as Envelope;
      world.chains.word(index, envelope.sequence ^ LOST_IN_FLIGHT);
      const at = { node: this.id, step: this.step, atUs: nowUs };
      world.trace?.add(nowUs, index, lostRecord(at, envelope, queue.sentAtUs[slot]!, by));
    }
  }

  private runEvent(slot: number, order: number): void {
    const { queue } = this;
    const kind = queue.kinds[slot]!;
    const number = queue.numbers[slot]!;
    const life = queue.lives[slot]!;
    const sentAtUs = queue.sentAtUs[slot]!;
    const payload = queue.takePayload(slot);
    if (life !== event.ANY_LIFE && life !== this.life) return;
    if (kind === event.EVENT_EFFECTS) return this.sendEffects(payload as OpenWork);
    const { actorNode } = this;
    if (actorNode === undefined) return;
    if (kind === event.EVENT_TIMER && this.cancelledTimers.size > 0 && this.cancelledTimers.delete(number)) return;
    this.chainEvent(kind, order, number);
    try {
      this.enter(actorNode, kind, number, sentAtUs, payload);
    } catch (error) {
      // Turns that throw are the supervisor's; whatever comes out here is a bug beneath the actors.
      this.diagnose('', actorNode.step, error);
      this.haltReason ??= 'its runtime failed an assertion or threw; see the failures of the run';
    }
    this.afterEntry();
  }

  private enter(actorNode: ActorNode, kind: number, number: number, sentAtUs: number, payload: unknown): void {
    switch (kind) {
      case event.EVENT_MESSAGE:
        this.deliverTo(actorNode, payload as Envelope, sentAtUs);
        break;
      case event.EVENT_TIMER:
        actorNode.timerFired(number);
        break;
      case event.EVENT_DISK:
        (payload as () => void)();
        break;
      case event.EVENT_WORK:
        this.finishWork(actorNode, number);
        break;
    }
  }

  private chainEvent(kind: number, order: number, number: number): void {
    const { chains } = this.world;
    const { index } = this;
    chains.integer(index, this.clock.nowUs);
    chains.integer(index, order);
    chains.word(index, Math.imul(number | 0, 8) + kind);
    chains.word(index, this.step);
  }

  private chainBytes(kind: 'append' | 'read', file: string, bytes: Uint8Array): void {
    const { chains, names } = this.world;
    chains.word(this.index, names.typeOf(file).hash ^ (kind === 'append' ? 0x61707064 : 0x72656164));
    chains.bytes(this.index, bytes);
    this.world.effects?.({ kind: 'disk', ...this.place(), subject: `${kind} ${file}`, value: bytes });
  }

  private deliverTo(actorNode: ActorNode, sent: Envelope, sentAtUs: number): void {
    const { world } = this;
    const { nowUs } = this.clock;
    const envelope = world.tamper?.envelope?.(sent, nowUs) ?? sent;
    world.chains.word(this.index, envelope.sequence);
    if (world.deepFingerprint) world.chains.plain(this.index, envelope.message as Message & Plain);
    if (world.trace !== undefined) {
      const { from, to, message, causeStep } = envelope;
      const step = this.step + 1;
      const place = { node: this.id, step, atUs: nowUs };
      world.trace.add(nowUs, this.index, {
        kind: 'delivery',
        ...place,
        from,
        to,
        type: message.type,
        causeStep,
        sentAtUs,
      });
    }
    actorNode.receive(envelope);
  }

  private finishWork(actorNode: ActorNode, workId: number): void {
    const result = this.work.finish(workId);
    if (result !== undefined) actorNode.workDone(workId, result);
  }

  /** After every entry into the node: its steps are read, and a node that gave up is buried outside of its own calls. */
  private afterEntry(): void {
    const { actorNode } = this;
    if (actorNode === undefined) return;
    this.step = actorNode.step;
    if (this.step > this.world.maxStepsPerNode) this.haltReason ??= `more than ${this.world.maxStepsPerNode} steps`;
    if (this.haltReason !== undefined) this.halt(this.haltReason);
  }

  private halt(reason: string): void {
    if (this.actorNode === undefined) return;
    this.world.halted(this.index, reason);
    this.observeOwn({ type: 'node-halted' });
    this.endLife('process');
  }

  private endLife(kind: CrashKind): void {
    this.actorNode = undefined;
    this.isPaused = false;
    this.haltReason = undefined;
    this.cancelledTimers.clear();
    this.work.endLife();
    this.disk.crash(kind);
    this.disk.reboot();
  }

  private beforeTurn(step: number, actorPath: string, what: string): void {
    const { world } = this;
    const { nowUs } = this.clock;
    world.trace?.add(nowUs, this.index, {
      kind: 'step',
      node: this.id,
      step,
      atUs: nowUs,
      what: `${actorPath}: ${what}`,
    });
    world.beforeTurn?.(this.id, step);
    world.effects?.({ kind: 'turn', node: this.id, step, atUs: nowUs, subject: `${actorPath}: ${what}`, value: null });
  }

  private place(): { readonly node: NodeId; readonly step: number; readonly atUs: number } {
    return { node: this.id, step: this.actorNode?.step ?? this.step, atUs: this.clock.nowUs };
  }

  private whereabouts(): Whereabouts {
    return { node: this.id, stepNow: () => this.place().step, nowUs: () => this.clock.nowUs };
  }

  private ports(): NodePorts {
    const { life } = this;
    return {
      clock: this.clock,
      timers: {
        set: (token, delayUs) => this.scheduleOwn(delayUs, event.EVENT_TIMER, life, token, undefined),
        cancel: (token) => void this.cancelledTimers.add(token),
      },
      network: { send: (envelope) => this.outgoing.send(envelope) },
      disk: this.diskPort,
      work: {
        start: (workId, kind, input) => this.startWork(workId, kind, input),
        cancel: (workId) => this.work.cancel(workId),
      },
      calendar: this.world.calendar,
      ...(this.world.guard === undefined ? {} : { guard: this.world.guard }),
      random: (name) => randomStream(`${this.world.seed}/${this.id}/${this.actorNode?.incarnation ?? 0}/${name}`),
      observe: (record) => this.observe(record),
      diagnose: ({ actor, step, error }) => this.diagnose(actor, step, error),
      // The node is in the middle of a call: it is buried when that has returned.
      halted: (reason) => void (this.haltReason ??= reason),
    };
  }

  private diagnose(actor: string, step: number, error: unknown): void {
    const isAssertion = error instanceof AssertionFailure;
    this.world.diagnose({ node: this.id, actor, step, atUs: this.clock.nowUs, isAssertion, text: textOf(error) });
  }

  private nextOrder(): number {
    return orderOf(this.index, ++this.sequence);
  }

  private scheduleOwn(delayUs: number, kind: number, life: number, number: number, payload: unknown): void {
    assert(
      Number.isSafeInteger(delayUs) && delayUs >= 0,
      `${this.id}: a delay of ${delayUs} us is not a whole number from 0`,
    );
    const timeUs = this.clock.nowUs + delayUs;
    this.queue.push(timeUs, this.nextOrder(), kind, life, number, this.clock.nowUs, payload);
    this.world.wake(this.index, timeUs);
  }

  private startWork(workId: number, kind: string, input: Plain): void {
    const work = this.work.start(workId, kind, input);
    this.world.chains.integer(this.index, work.durationUs);
    // In this order: the effects are on their way before the node learns that the work has ended.
    if (work.effects.length > 0) this.scheduleOwn(work.durationUs, event.EVENT_EFFECTS, event.ANY_LIFE, 0, work);
    this.scheduleOwn(work.durationUs, event.EVENT_WORK, this.life, workId, undefined);
  }

  private sendEffects(work: OpenWork): void {
    if (work.isCancelled && !work.survivesCancel) return;
    for (const { to, message } of work.effects) {
      this.outgoing.send({
        from: `${this.id}/work`,
        to,
        incarnation: 0,
        toIncarnation: 0,
        sequence: ++this.effectSequence,
        causeStep: this.step,
        lamport: 0,
        traceparent: '',
        schemaVersion: 1,
        correlation: 0,
        stamp: 0,
        message: copyPlain(message),
      });
    }
  }
  private observe(made: ObservedRecord): void {
    // Made for this call alone: virtual time goes in where the node could only tell the time of its own life.
    (made as { atUs: number }).atUs = this.clock.nowUs;
    const { world, index } = this;
    const record = world.tamper?.observation?.(made) ?? made;
    world.chains.word(index, world.names.typeOf(record.observation.type).hash);
    world.chains.word(index, record.step);
    world.chains.plain(index, record.observation);
    world.observe(index, record);
  }

  /** What befell the node, told in its stream of observations by the world. */
  private observeOwn(observation: Observation): void {
    const incarnation = this.actorNode?.incarnation ?? 0;
    const lamport = this.actorNode?.lamport ?? 0;
    this.observe({ node: this.id, incarnation, step: this.step, atUs: 0, actor: '', lamport, observation });
  }
}

function textOf(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
