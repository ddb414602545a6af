import { ActorNode } from '../../runtime/actor-node.js';
import type { NodeId } from '../../runtime/address.js';
import { assert, AssertionFailure } from '../../runtime/assert.js';
import { copyPlain, type Plain } from '../../runtime/data.js';
import type { Envelope } from '../../runtime/envelope.js';
import type { Observation, ObservedRecord } from '../../runtime/observation.js';
import type { Disk, NodePorts } from '../../runtime/ports.js';
import { randomStream } from '../../runtime/random.js';
import { writeAheadLog } from '../../runtime/storage/index.js';
import { NodeClock } from '../clock/node-clock.js';
import { SimulatedDisk, type CrashKind } from '../disk/index.js';
import { ActiveDiskFaults } from '../faults/active-disk-faults.js';
import { ActiveFaultPoints } from '../faults/active-fault-points.js';
import { drawFate, foldWord } from '../fate.js';
import type { NodePlan } from '../scenario.js';
import { lostRecord } from '../trace/lost-record.js';
import { listenedPorts, type Whereabouts } from './effects.js';
import * as event from './event-queue.js';
import { EventQueue, orderOf } from './event-queue.js';
import { NodeAccount } from './node-account.js';
import type { NodeWorld } from './node-world.js';
import { Outgoing } from './outgoing.js';
import { Pace } from './pace.js';
import { changeClockRate } from './retime-timers.js';
import { effectEnvelope, SimulatedWork, type OpenWork } from './simulated-work.js';

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
  readonly faultPoints: ActiveFaultPoints;
  private readonly pace = new Pace();
  /** What it runs from its next life on. */
  program: string;
  private readonly work: SimulatedWork;
  /** Counts lives from 1; `ANY_LIFE` is none of them. */
  private life = 0;
  /** Counts everything that this node ever scheduled, here or elsewhere. */
  private sequence = 0;
  /** The greatest incarnation that it has had. */
  private lastIncarnation = 0;
  private leastIncarnation = 1;
  private haltReason: string | undefined;
  private eventsInWindow = 0;
  private effectSequence = 0;
  private readonly cancelledTimers = new Set<number>();
  /** Orders of messages that a test has put elsewhere, by their place: the fingerprint tells what was delivered, not where it stood. */
  private readonly displaced = new Map<number, number>();
  private readonly outgoing: Outgoing;
  private readonly account: NodeAccount;

  constructor(
    private readonly world: NodeWorld,
    readonly index: number,
    private readonly plan: NodePlan,
  ) {
    this.id = plan.id;
    this.clock = new NodeClock(world.epochUs);
    this.work = new SimulatedWork(world.seed, plan.id, world.scenario);
    this.account = new NodeAccount(world, index, plan.id, this.clock);
    this.outgoing = new Outgoing(world, index, this.clock, () => this.nextOrder());
    this.program = plan.program;
    const diskKey = foldWord(world.seedHash, world.names.nodeHashes[index]!);
    this.faultPoints = new ActiveFaultPoints(diskKey);
    this.disk = new SimulatedDisk({
      node: plan.id,
      nowUs: () => this.clock.nowUs,
      schedule: (delayUs, complete) => this.scheduleOwn(delayUs, event.EVENT_DISK, this.life, 0, complete),
      fate: (purpose, file, occurrence) => {
        const { names } = world;
        return drawFate(diskKey, names.typeOf(purpose).hash, names.typeOf(file).hash, occurrence);
      },
      onBytes: (kind, file, bytes) => this.account.bytes(kind, file, bytes, this.place().step),
    });
    this.diskFaults = new ActiveDiskFaults(this.disk);
    this.diskPort = world.tamper?.disk?.(plan.id, this.disk) ?? this.disk;
  }

  get isUp(): boolean {
    return this.actorNode !== undefined;
  }

  /** When the next event will have been handled, or Infinity. */
  get nextEventUs(): number {
    const { queue } = this;
    return queue.size === 0 ? Infinity : this.doneUs(queue.nextTimeUs);
  }

  setClockRate(ppm: number): void {
    changeClockRate(this.queue, this.life, this.clock, ppm);
  }

  /** What each turn takes from now on; 0: nothing. */
  setTurnTime(turnUs: number): void {
    this.pace.set(turnUs);
  }

  /** The disk is gone with all that was on it. With `isRenewed` the next life counts its incarnation on, else it begins at 1. */
  wipeDisk(isRenewed: boolean): void {
    assert(this.actorNode === undefined, `${this.id} is up; its disk cannot be taken away`);
    this.disk.wipe();
    this.leastIncarnation = isRenewed ? this.lastIncarnation + 1 : 1;
  }

  start(): void {
    assert(this.actorNode === undefined, `${this.id} is up already`);
    const { world, plan } = this;
    this.life++;
    this.clock.beginLife();
    world.links.restarted(this.index);
    const program = (world.programsOf?.(this.id, this.life) ?? world.scenario.programs)[this.program];
    assert(program !== undefined, `${this.id}: the scenario has no program named ${this.program}`);
    const picks = randomStream(`${world.seed}/${this.id}/${this.life}/pick`);
    const { beforeTurn, trace, effects } = world;
    this.actorNode = new ActorNode({
      node: this.id,
      actors: program(this.id, copyPlain(plan.params)),
      ports: effects === undefined ? this.ports() : listenedPorts(this.ports(), this.whereabouts(), effects),
      storage: writeAheadLog(this.diskPort, {}, (point) => this.faultPoints.pass(point)),
      pick: (readyCount) => picks.between(0, readyCount - 1),
      isolation: world.freezeMessages ? 'freeze' : 'copy',
      stepsBefore: this.step,
      leastIncarnation: this.leastIncarnation,
      ...(beforeTurn === undefined && trace === undefined && effects === undefined
        ? {}
        : { beforeTurn: (step, actorPath, what) => this.account.turn(step, actorPath, what) }),
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
      const doneUs = this.doneUs(queue.nextTimeUs);
      if (doneUs >= endUs) return;
      const order = queue.nextOrder;
      clock.nowUs = doneUs;
      const stepsBefore = this.step;
      this.runEvent(queue.pop(), this.displaced.size === 0 ? order : (this.displaced.get(order) ?? order));
      this.pace.took(this.step - stepsBefore, doneUs);
      if (++this.eventsInWindow > world.maxEventsPerWindow) {
        this.halt(`endless loop: more than ${world.maxEventsPerWindow} events within one window of virtual time`);
        return;
      }
    }
  }

  /** Whoever is down leaves what comes unhandled, which takes no time. */
  private doneUs(timeUs: number): number {
    const { nowUs } = this.clock;
    return this.actorNode === undefined ? Math.max(timeUs, nowUs) : this.pace.doneUs(timeUs, nowUs);
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
    this.account.event(kind, order, number, this.step);
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

  private deliverTo(actorNode: ActorNode, sent: Envelope, sentAtUs: number): void {
    const { world } = this;
    const envelope = world.tamper?.envelope?.(sent, this.clock.nowUs) ?? sent;
    this.account.delivery(envelope, this.step + 1, sentAtUs);
    if (world.watches !== undefined) this.watch(envelope);
    actorNode.receive(envelope);
  }

  private watch({ from, message }: Envelope): void {
    const { names, watches } = this.world;
    const sender = names.indexOfAddress(from);
    if (sender < 0) return;
    watches?.message('delivered', sender, this.index, names.typeOf(message.type).hash, this.clock.nowUs);
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
    this.lastIncarnation = Math.max(this.lastIncarnation, this.actorNode?.incarnation ?? 0);
    this.actorNode = undefined;
    this.isPaused = false;
    this.haltReason = undefined;
    this.cancelledTimers.clear();
    this.work.endLife();
    this.disk.crash(kind);
    this.disk.reboot();
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
        set: (token, delayUs) =>
          this.scheduleOwn(this.clock.untilUs(delayUs), event.EVENT_TIMER, life, token, undefined),
        cancel: (token) => void this.cancelledTimers.add(token),
      },
      network: { send: (envelope) => this.outgoing.send(envelope) },
      disk: this.diskPort,
      work: {
        start: (workId, kind, input) => this.startWork(workId, kind, input),
        cancel: (workId) => this.work.cancel(workId),
      },
      calendar: this.world.calendar,
      faultPoint: (name) => this.faultPoints.pass(name),
      ...(this.world.guard === undefined ? {} : { guard: this.world.guard }),
      random: (name) => randomStream(`${this.world.seed}/${this.id}/${this.actorNode?.incarnation ?? 0}/${name}`),
      observe: (record) => this.observe(record),
      ...(this.world.isNarrated ? { narrate: (record) => this.narrate(record) } : {}),
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
      this.outgoing.send(effectEnvelope(this.id, ++this.effectSequence, this.step, to, message));
    }
  }

  private observe(made: ObservedRecord): void {
    const { world, index } = this;
    world.observe(index, this.account.observation(made));
  }

  private narrate(made: ObservedRecord): void {
    this.world.narrate(this.index, { ...made, atUs: this.clock.nowUs });
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
