import { assert } from '../../runtime/assert.js';
import type { NodeId } from '../../runtime/address.js';
import type { Envelope } from '../../runtime/envelope.js';
import type { ObservedRecord } from '../../runtime/observation.js';
import type { Calendar } from '../../runtime/ports.js';
import type { TurnGuard } from '../../runtime/turn-guard.js';
import { drawEpochUs } from '../clock/node-clock.js';
import { hashText } from '../fate.js';
import type { KeptMessage } from '../network/active-rule.js';
import type { ArrivalPlan, SentMessage } from '../network/arrival-plan.js';
import { arrivalStrategyOf } from '../network/arrival-strategies.js';
import type { ArrivalStrategy } from '../network/latency.js';
import { Links } from '../network/links.js';
import { arrivalsOf } from '../network/scenario-latency.js';
import type { TurnFailure } from '../run.js';
import type { Scenario, Setup } from '../scenario.js';
import { FingerprintChains } from '../trace/fingerprint.js';
import { lostRecord } from '../trace/lost-record.js';
import { TraceRecorder } from '../trace/trace-recorder.js';
import { Agenda } from './agenda.js';
import type { Command } from './command.js';
import type { EffectListener } from './effects.js';
import { MessageWatches } from './message-watches.js';
import { NameTable } from './name-table.js';
import { NodeHost } from './node-host.js';
import type { NodeWorld, ProgramsOf } from './node-world.js';
import { OutsideWork } from './outside-work.js';
import type { Arrival, Halt, LastStep, PlacedObservation, WindowPlan, WindowReport } from './report.js';
import type { StepOf } from './step-address.js';
import type { Tamper } from './tamper.js';
import type { Timing } from './timing.js';
import { isKept } from './turn-failures.js';

export interface GroupOptions {
  readonly scenario: Scenario;
  readonly setup: Setup;
  readonly seed: number;
  readonly timing: Timing;
  readonly calendar: Calendar;
  /** Indexes of the nodes that live in this group. */
  readonly hosted: readonly number[];
  readonly deepFingerprint: boolean;
  readonly keepTrace: boolean;
  readonly isNarrated: boolean;
  readonly freezeMessages: boolean;
  readonly maxStepsPerNode: number;
  /** The run ends with the window in which this step is taken. */
  readonly untilStep?: StepOf | undefined;
  readonly guard?: TurnGuard | undefined;
  readonly effects?: EffectListener | undefined;
  readonly programsOf?: ProgramsOf | undefined;
  readonly arrivals?: ArrivalStrategy | undefined;
  readonly arrivalPlan?: ArrivalPlan | undefined;
  readonly onSend?: ((sent: SentMessage) => void) | undefined;
  readonly tamper?: Tamper | undefined;
  readonly beforeTurn?: ((node: NodeId, step: number) => void) | undefined;
  /** Called before a node runs, so that a watchdog can name the node that does not come back. */
  readonly beforeNode?: ((nodeIndex: number) => void) | undefined;
}

const MAX_EVENTS_PER_WINDOW = 1_000_000;

/**
 * Nodes that share a thread. It runs one window of virtual time at a time, node by node; what a node does within a window cannot
 * reach another before the next, so the result does not depend on which nodes live together. Both placements run this code.
 */
export class Group implements NodeWorld {
  readonly seed: number;
  readonly seedHash: number;
  readonly epochUs: number;
  readonly scenario: Scenario;
  readonly names: NameTable;
  readonly links: Links;
  readonly chains: FingerprintChains;
  readonly trace: TraceRecorder | undefined;
  readonly calendar: Calendar;
  readonly deepFingerprint: boolean;
  readonly isNarrated: boolean;
  readonly freezeMessages: boolean;
  readonly maxStepsPerNode: number;
  readonly maxEventsPerWindow = MAX_EVENTS_PER_WINDOW;
  readonly tamper: Tamper | undefined;
  readonly guard: TurnGuard | undefined;
  readonly effects: EffectListener | undefined;
  readonly onSend: ((sent: SentMessage) => void) | undefined;
  readonly programsOf: ProgramsOf | undefined;
  readonly beforeTurn: ((node: NodeId, step: number) => void) | undefined;

  private readonly lookAheadUs: number;
  /** By node index; undefined where another group hosts the node. */
  private readonly hosts: (NodeHost | undefined)[];
  private readonly agenda: Agenda;
  private readonly outside: OutsideWork;
  watches: MessageWatches | undefined;
  private running: NodeHost | undefined;
  private steps = 0;
  private lastStep: LastStep | undefined;
  private observations: PlacedObservation[] = [];
  private narrations: PlacedObservation[] = [];
  private halts: Halt[] = [];
  private failures: TurnFailure[] = [];
  private departures: Arrival[] = [];

  constructor(private readonly options: GroupOptions) {
    const { setup, hosted, scenario, timing, seed } = options;
    this.seed = seed;
    this.seedHash = hashText(`seed ${seed}`);
    this.scenario = scenario;
    this.calendar = options.calendar;
    this.deepFingerprint = options.deepFingerprint;
    this.isNarrated = options.isNarrated;
    this.freezeMessages = options.freezeMessages;
    this.maxStepsPerNode = options.maxStepsPerNode;
    this.tamper = options.tamper;
    this.guard = options.guard;
    this.effects = options.effects;
    this.onSend = options.onSend;
    this.programsOf = options.programsOf;
    this.beforeTurn = options.beforeTurn;
    this.trace = options.keepTrace ? new TraceRecorder() : undefined;
    this.lookAheadUs = timing.lookAheadUs;
    this.epochUs = drawEpochUs(this.seedHash);
    this.names = new NameTable(setup.nodes.map((node) => node.id));
    this.chains = new FingerprintChains(setup.nodes.length);
    const latency = arrivalsOf(scenario, setup, this.seedHash, this.names.nodeHashes);
    const planned = options.arrivalPlan === undefined ? latency : arrivalStrategyOf(options.arrivalPlan, latency);
    const arrivals = options.arrivals ?? planned;
    this.links = new Links(this.seedHash, this.names.nodeHashes, arrivals, this.lookAheadUs);
    this.hosts = setup.nodes.map(() => undefined);
    for (const index of hosted) this.hosts[index] = new NodeHost(this, index, setup.nodes[index]!);
    this.agenda = new Agenda(setup.nodes.length);
    this.outside = new OutsideWork(setup, this.names, (index) => this.hosts[index] !== undefined);
  }

  /** The first window in which something is to do here. */
  get nextWindow(): number {
    return Math.min(this.agenda.nextWindow, this.windowOf(this.outside.nextTimeUs));
  }

  /**
   * Takes in what other groups sent, carries out the commands of the grid line, and runs all nodes to the end of the window; then
   * goes on through the windows before `limitWindow`, until there is something to report.
   */
  run({ window, commands, limitWindow, stepsLeft }: WindowPlan, arrivals: readonly Arrival[]): WindowReport {
    for (const { to, arrivalUs, order, sentAtUs, envelope } of arrivals) {
      this.deliver(to, arrivalUs, order, sentAtUs, envelope);
    }
    for (const command of commands) this.carryOut(command, window * this.lookAheadUs);
    // After all of them: what one sets free and another loses is found where it was kept, in whichever group its receiver lives.
    this.deliverReleased(window * this.lookAheadUs);
    let last = window;
    this.runWindow(last);
    for (let next = this.nextWindow; next < limitWindow && !this.hasNews(stepsLeft); next = this.nextWindow) {
      last = next;
      this.runWindow(last);
    }
    return this.report(last);
  }

  /** The two lanes of each node hosted here, for the fingerprint. */
  lanes(): readonly { readonly nodeIndex: number; readonly lanes: readonly [number, number] }[] {
    return this.options.hosted.map((nodeIndex) => ({ nodeIndex, lanes: this.chains.lanesOf(nodeIndex) }));
  }

  hostOf(nodeIndex: number): NodeHost | undefined {
    return this.hosts[nodeIndex];
  }

  deliver(toIndex: number, arrivalUs: number, order: number, sentAtUs: number, envelope: Envelope): void {
    const host = this.hosts[toIndex];
    if (host === undefined) this.departures.push({ to: toIndex, arrivalUs, order, sentAtUs, envelope });
    else host.receive(arrivalUs, order, sentAtUs, envelope);
  }

  wake(nodeIndex: number, timeUs: number): void {
    const host = this.hosts[nodeIndex]!;
    // The node whose turn it is stands in no agenda until it has ended its window.
    if (host === this.running || host.isPaused) return;
    const window = this.windowOf(timeUs);
    if (window >= host.agendaWindow) return;
    host.agendaWindow = window;
    this.agenda.add(window, nodeIndex);
  }

  observe(nodeIndex: number, record: ObservedRecord): void {
    this.observations.push({ atUs: record.atUs, nodeIndex, record });
    this.trace?.add(record.atUs, nodeIndex, { kind: 'observation', record });
  }

  narrate(nodeIndex: number, record: ObservedRecord): void {
    this.narrations.push({ atUs: record.atUs, nodeIndex, record });
  }

  halted(nodeIndex: number, reason: string): void {
    const { step, clock } = this.hosts[nodeIndex]!;
    this.halts.push({ nodeIndex, step, atUs: clock.nowUs, reason });
  }

  diagnose(failure: TurnFailure): void {
    if (isKept(failure, this.failures)) this.failures.push(failure);
  }

  private runWindow(window: number): void {
    const endUs = (window + 1) * this.lookAheadUs;
    if (this.outside.nextTimeUs < endUs) {
      this.outside.injectUntil(endUs, (to, atUs, order, envelope) => this.deliver(to, atUs, order, atUs, envelope));
    }
    while (this.agenda.nextWindow <= window) {
      const host = this.hosts[this.agenda.take()]!;
      if (host.agendaWindow > window) continue;
      host.agendaWindow = Infinity;
      this.runNode(host, endUs);
    }
  }

  /** Whether something has happened that the world or another group has to know before the next window. */
  private hasNews(stepsLeft: number): boolean {
    return (
      this.observations.length > 0 ||
      this.narrations.length > 0 ||
      this.departures.length > 0 ||
      this.halts.length > 0 ||
      this.failures.length > 0 ||
      this.watches?.hasSightings === true ||
      this.steps > stepsLeft ||
      this.isUntilStepReached
    );
  }

  private windowOf(timeUs: number): number {
    return Math.floor(timeUs / this.lookAheadUs);
  }

  private runNode(host: NodeHost, endUs: number): void {
    this.options.beforeNode?.(host.index);
    const stepsBefore = host.step;
    this.running = host;
    host.runUntil(endUs);
    this.running = undefined;
    this.countSteps(host, stepsBefore);
    if (host.queue.size > 0) this.wake(host.index, host.nextEventUs);
  }

  private countSteps(host: NodeHost, stepsBefore: number): void {
    if (host.step === stepsBefore) return;
    this.steps += host.step - stepsBefore;
    const { nowUs } = host.clock;
    const last = this.lastStep;
    if (last === undefined || nowUs > last.atUs || (nowUs === last.atUs && host.index > last.nodeIndex)) {
      this.lastStep = { nodeIndex: host.index, step: host.step, atUs: nowUs };
    } else if (last.nodeIndex === host.index) {
      this.lastStep = { nodeIndex: host.index, step: host.step, atUs: nowUs };
    }
  }

  private carryOut(command: Command, startUs: number): void {
    switch (command.kind) {
      case 'add-link-rule':
        return this.links.add(command.rule, startUs);
      case 'remove-link-rule':
        return this.links.remove(command.name, command.from);
      case 'heal-links-within':
        return this.links.healWithin(command.nodes);
      case 'lose-in-flight':
        return this.loseInFlight(command, startUs);
      case 'watch-messages':
        this.watches = new MessageWatches(command.watches, this.hosts.length);
        return;
    }
    const host = this.hosts[command.node];
    if (host === undefined) return;
    assert(host.clock.nowUs <= startUs, 'a command came for a time that has passed');
    host.clock.nowUs = startUs;
    const stepsBefore = host.step;
    this.carryOutAt(host, command);
    this.countSteps(host, stepsBefore);
  }

  private deliverReleased(startUs: number): void {
    for (const message of this.links.takeReleased()) {
      const { to, order, sentAtUs, latencyUs, envelope, lostBy } = message;
      if (lostBy === '') this.deliver(to, startUs + latencyUs, order, sentAtUs, envelope);
      else this.tellLost(message, startUs, lostBy);
    }
  }

  private loseInFlight(command: Command & { readonly kind: 'lose-in-flight' }, startUs: number): void {
    const { name, from, to } = command;
    assert(
      this.departures.length === 0,
      'a message left the group before all commands of the grid line were carried out',
    );
    for (const message of this.links.takeKept(from, to)) this.tellLost(message, startUs, name);
    const isFrom = new Uint8Array(this.hosts.length);
    for (const index of from) isFrom[index] = 1;
    for (const index of to) {
      const host = this.hosts[index];
      if (host === undefined) continue;
      host.clock.nowUs = startUs;
      host.loseInFlight(isFrom, name);
    }
  }

  private tellLost({ from, envelope, sentAtUs }: KeptMessage, atUs: number, by: string): void {
    const at = { node: this.names.nodes[from]!, step: envelope.causeStep, atUs };
    this.trace?.add(atUs, from, lostRecord(at, envelope, sentAtUs, by));
  }

  private carryOutAt(host: NodeHost, command: Command & { readonly node: number }): void {
    switch (command.kind) {
      case 'start':
        return host.start();
      case 'crash':
        host.crash(command.loss);
        return this.catchUp(host);
      case 'pause':
        return host.pause();
      case 'resume':
        host.resume();
        return this.catchUp(host);
      case 'shift-wall-clock':
        return host.clock.shiftWall(command.byUs);
      case 'set-clock-rate':
        host.setClockRate(command.ppm);
        return this.catchUp(host);
      case 'set-turn-time':
        host.setTurnTime(command.turnUs);
        return this.catchUp(host);
      case 'wipe-disk':
        return host.wipeDisk(command.isRenewed);
      case 'set-program':
        host.program = command.program;
        return;
      case 'add-fault-point':
        return host.faultPoints.add(command.name, command.rule);
      case 'remove-fault-point':
        return host.faultPoints.remove(command.name);
      case 'add-disk-fault':
        return host.diskFaults.add(command.name, command.faults);
      case 'remove-disk-fault':
        return host.diskFaults.remove(command.name);
    }
  }

  /** Events that a pause or other slowness kept back are due sooner now. */
  private catchUp(host: NodeHost): void {
    if (host.queue.size > 0) this.wake(host.index, host.nextEventUs);
  }

  private report(window: number): WindowReport {
    const { steps, lastStep, observations, narrations, halts, failures, departures } = this;
    const trace = this.trace?.take() ?? [];
    this.steps = 0;
    if (observations.length > 0) this.observations = [];
    if (narrations.length > 0) this.narrations = [];
    if (halts.length > 0) this.halts = [];
    if (failures.length > 0) this.failures = [];
    if (departures.length > 0) this.departures = [];
    const sightings = this.watches?.take() ?? [];
    const { nextWindow, isUntilStepReached } = this;
    return {
      window,
      nextWindow,
      steps,
      lastStep,
      observations,
      narrations,
      trace,
      halts,
      failures,
      sightings,
      departures,
      isUntilStepReached,
    };
  }

  private get isUntilStepReached(): boolean {
    const { untilStep } = this.options;
    const host = untilStep === undefined ? undefined : this.hosts[untilStep.nodeIndex];
    return untilStep !== undefined && host !== undefined && host.step >= untilStep.step;
  }
}
