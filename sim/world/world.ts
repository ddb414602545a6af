import { StateCensus } from '../exploration/state-census.js';
import { FaultLedger } from '../faults/fault-ledger.js';
import { Judge } from '../properties/judge.js';
import { whyProgressIsNotOwed } from '../properties/progress-owed.js';
import type { EndOfRun, Violation } from '../properties/property.js';
import type { ObservedRecord } from '../../runtime/observation.js';
import type { RunOptions, RunResult, TraceRecord, TurnFailure } from '../run.js';
import { foldFingerprint } from '../trace/fingerprint.js';
import { failureGroup } from '../trace/failure-group.js';
import { mergeInTraceOrder } from '../trace/trace-recorder.js';
import type { PreparedRun } from './prepared-run.js';
import type { LastStep, WindowPlan, WindowReport } from './report.js';
import { describeStall } from './stall.js';
import { FAILURES_KEPT, isGrave } from './turn-failures.js';

/** What the groups hand over when the run is over. */
export interface FinalState {
  /** By node index. */
  readonly lanes: readonly (readonly [number, number])[];
  /** A copy of the state of an actor, or undefined. */
  state(nodeIndex: number, actorPath: string): unknown;
  /** What the actors of a node that is up wait for, for people. */
  waits(nodeIndex: number): readonly string[];
}

export const DEFAULT_MAX_STEPS = 20_000_000;

/**
 * One run as its groups see it from outside: which window comes next, with which faults; what the properties say of what was
 * observed. It neither knows nor cares in how many threads the groups live, nor does it wait: a placement calls `next`, runs the
 * window in its groups, and calls `finish`.
 */
export class World {
  readonly ledger: FaultLedger;
  private readonly judge: Judge;
  /** Why no progress is owed. */
  private notOwed: string | undefined;
  private readonly census: StateCensus | undefined;
  private readonly healWindow: number;
  private readonly endWindow: number;
  private readonly maxSteps: number;
  private readonly trace: TraceRecord[] = [];
  private readonly narration: ObservedRecord[] = [];
  private readonly failures: TurnFailure[] = [];
  private readonly crashes: Violation[] = [];
  private nextFreeWindow = 0;
  private hasHealed = false;
  /** Indexes of the nodes that are healed. */
  private core: readonly number[];
  private isStopped = false;
  private steps = 0;
  private lastStep: LastStep | undefined;
  /** By node index: the type of what it observed last. */
  private readonly lastObserved: string[] = [];
  /** From here on no event was left, in no node. */
  private idleFromUs: number | undefined;

  constructor(
    private readonly prepared: PreparedRun,
    private readonly options: RunOptions,
  ) {
    const { scenario, setup, plan, timing } = prepared;
    this.ledger = new FaultLedger(plan, setup, prepared.seed);
    this.core = [...prepared.core, ...prepared.unlessHit.map(({ node }) => node)];
    this.notOwed = this.whyNotOwed();
    this.judge = new Judge(scenario, setup, this.notOwed === undefined);
    this.census = options.countStates === true ? new StateCensus(scenario, setup) : undefined;
    this.healWindow = this.windowFrom(timing.faultUs);
    this.endWindow = this.windowFrom(timing.endUs);
    this.maxSteps = options.maxSteps ?? DEFAULT_MAX_STEPS;
  }

  /** The next window in which anything happens, given the first one that the groups know of; undefined at the end of the run. */
  next(groupsNextWindow: number): WindowPlan | undefined {
    if (this.isStopped) return undefined;
    const { ledger, nextFreeWindow } = this;
    const isFirst = nextFreeWindow === 0;
    const window = isFirst ? 0 : Math.max(nextFreeWindow, Math.min(groupsNextWindow, this.nextFaultWindow()));
    if (window >= this.endWindow) {
      if (groupsNextWindow === Infinity) this.idleFromUs = nextFreeWindow * this.prepared.timing.lookAheadUs;
      return undefined;
    }
    if (isFirst) ledger.startAll();
    const nowUs = window * this.prepared.timing.lookAheadUs;
    if (!this.hasHealed && window >= this.healWindow) {
      this.hasHealed = true;
      this.core = this.nodesToHeal();
      this.notOwed = this.whyNotOwed();
      ledger.heal(this.core, nowUs);
    } else if (!this.hasHealed) {
      ledger.advance(nowUs);
    }
    const commands = ledger.takeCommands();
    return { window, commands, limitWindow: this.nextFaultWindow(), stepsLeft: this.maxSteps - this.steps };
  }

  /** Takes in what the groups did in the window planned last, or in the last one that they went on to, in any order of groups. */
  finish(reports: readonly WindowReport[]): void {
    for (const report of reports) this.takeIn(report);
    this.takeFailures(reports);
    this.takeHalts(reports);
    if (this.options.keepTrace === true) this.takeTrace(reports);
    this.takeSightings(reports);
    this.takeObservations(reports);
    if (this.judge.violations.length === 0) this.takeNarrations(reports);
    if (this.steps > this.maxSteps) {
      this.addCrash('step-limit', `the run took more than ${this.maxSteps} steps; raise maxSteps if that is right`);
    }
    if (this.judge.violations.length > 0 || this.crashes.length > 0) this.isStopped = true;
  }

  /** Judges the end, unless the run was stopped before, and says what came of it. */
  result(final: FinalState, wallMs: number): RunResult {
    const { prepared, judge, options } = this;
    const { seed, setup, plan } = prepared;
    const simulatedMs = this.simulatedMs();
    if (!this.isStopped && !prepared.isCut) this.judgeEnd(this.endOfRun(final, simulatedMs));
    const owed = this.owed(judge.violations).map((violation) => this.explainStall(violation, final));
    const violations = [...this.crashes, ...owed];
    return {
      seed,
      fingerprint: foldFingerprint(final.lanes),
      steps: this.steps,
      simulatedMs,
      wallMs,
      verdict: violations.length === 0 ? 'passed' : 'failed',
      violations,
      ...(this.notOwed === undefined ? {} : { progressNotOwed: this.notOwed }),
      reached: judge.reached,
      setup,
      plan,
      faults: { ...this.ledger.counts },
      ...(prepared.arrivalPlan === undefined ? {} : { arrivals: prepared.arrivalPlan }),
      ...(this.census === undefined ? {} : { states: this.census.states() }),
      ...(this.failures.length > 0 ? { failures: this.failures } : {}),
      ...(options.keepTrace === true ? { trace: this.wholeTrace() } : {}),
      ...(options.narrate === true ? { narration: this.narration } : {}),
      ...(judge.figures === undefined ? {} : { figures: judge.figures }),
      ...(violations.length === 0 ? {} : { failureGroup: failureGroup(violations[0]!, setup, this.lastObserved) }),
    };
  }

  /** Whoever was healed and had to refuse, for what its disk lost, may be missing in a quorum. */
  private judgeEnd(end: EndOfRun): void {
    const { scenario, setup } = this.prepared;
    this.notOwed ??= whyProgressIsNotOwed(scenario, setup, end.core);
    this.judge.end(end, this.lastStepAddress(), this.notOwed === undefined);
  }

  /** Where a plan of arrivals has messages lost for good, no progress is owed. */
  private owed(violations: readonly Violation[]): readonly Violation[] {
    const { arrivalPlan } = this.prepared;
    const isProgressOwed = arrivalPlan?.kind !== 'listed' || arrivalPlan.owesProgress;
    return isProgressOwed ? violations : violations.filter(({ kind }) => kind !== 'eventually');
  }

  /** The next grid line at which the world itself does something. */
  private nextFaultWindow(): number {
    if (this.hasHealed) return this.endWindow;
    return Math.min(this.healWindow, this.endWindow, this.windowFrom(this.ledger.schedule.nextDueUs));
  }

  private windowFrom(timeUs: number): number {
    return Math.ceil(timeUs / this.prepared.timing.lookAheadUs);
  }

  private simulatedMs(): number {
    const { lookAheadUs, endUs } = this.prepared.timing;
    return (this.isStopped ? Math.min(this.nextFreeWindow * lookAheadUs, endUs) : endUs) / 1000;
  }

  private takeIn({ window, steps, lastStep, isUntilStepReached }: WindowReport): void {
    this.nextFreeWindow = Math.max(this.nextFreeWindow, window + 1);
    this.steps += steps;
    if (lastStep !== undefined && (this.lastStep === undefined || isLater(lastStep, this.lastStep)))
      this.lastStep = lastStep;
    if (isUntilStepReached) this.isStopped = true;
  }

  private takeHalts(reports: readonly WindowReport[]): void {
    if (reports.every(({ halts }) => halts.length === 0)) return;
    const halts = reports
      .flatMap((report) => report.halts)
      .sort((a, b) => a.atUs - b.atUs || a.nodeIndex - b.nodeIndex);
    for (const { nodeIndex, step, atUs, reason } of halts) {
      if (this.ledger.nodeHalted(nodeIndex)) continue;
      const node = this.prepared.setup.nodes[nodeIndex]!.id;
      const message = `${node} ended by itself: ${reason}`;
      this.crashes.push({
        property: 'node-halted',
        kind: 'crash',
        step: `${node}:${step}`,
        atMs: atUs / 1000,
        message,
      });
    }
  }

  /** What one turn threw often makes others throw: the first is told, the rest is in the failures of the run. */
  private takeFailures(reports: readonly WindowReport[]): void {
    if (reports.every(({ failures }) => failures.length === 0)) return;
    const { setup, scenario } = this.prepared;
    const indexOf = new Map(setup.nodes.map(({ id }, index) => [id, index]));
    const failures = reports
      .flatMap((report) => report.failures)
      .sort((a, b) => a.atUs - b.atUs || indexOf.get(a.node)! - indexOf.get(b.node)!);
    this.failures.push(...failures.slice(0, FAILURES_KEPT - this.failures.length));
    const first = failures.find((failure) => scenario.toleratesActorFailures !== true || isGrave(failure));
    if (first === undefined) return;
    this.crashes.push(crashOf(first));
    if (!this.failures.includes(first)) this.failures.push(first);
  }

  private takeTrace(reports: readonly WindowReport[]): void {
    for (const { record } of mergeInTraceOrder(reports.map(({ trace }) => trace))) this.trace.push(record);
  }

  private takeSightings(reports: readonly WindowReport[]): void {
    if (reports.every(({ sightings }) => sightings.length === 0)) return;
    const nextLineUs = this.nextFreeWindow * this.prepared.timing.lookAheadUs;
    const sightings = reports.flatMap((report) => report.sightings);
    sightings.sort((a, b) => a.atUs - b.atUs || a.nodeIndex - b.nodeIndex || a.place - b.place);
    for (const sighting of sightings) this.ledger.schedule.reactToMessage(sighting, nextLineUs);
  }

  private takeObservations(reports: readonly WindowReport[]): void {
    if (reports.every(({ observations }) => observations.length === 0)) return;
    const { ledger, judge } = this;
    const nextLineUs = this.nextFreeWindow * this.prepared.timing.lookAheadUs;
    for (const { record, nodeIndex } of mergeInTraceOrder(reports.map(({ observations }) => observations))) {
      this.lastObserved[nodeIndex] = record.observation.type;
      ledger.schedule.react(record, nextLineUs);
      judge.observe(record);
      this.census?.observe(record);
      if (judge.violations.length > 0) return;
    }
  }

  private takeNarrations(reports: readonly WindowReport[]): void {
    for (const { record } of mergeInTraceOrder(reports.map(({ narrations }) => narrations))) {
      if (this.options.narrate === true) this.narration.push(record);
      if (!this.prepared.isFollowed) continue;
      this.judge.follow(record);
      if (this.judge.violations.length > 0) return;
    }
  }

  /** Progress is owed and nothing is left that could bring it: says so, and what each node waits for. */
  private explainStall(violation: Violation, final: FinalState): Violation {
    const { idleFromUs, prepared } = this;
    if (idleFromUs === undefined || violation.kind !== 'eventually') return violation;
    const up = new Set(this.ledger.upNodes());
    const stall = describeStall(prepared.setup, idleFromUs, (index) =>
      up.has(index) ? final.waits(index) : undefined,
    );
    return { ...violation, message: `${violation.message}; ${stall}` };
  }

  private addCrash(property: string, message: string): void {
    const atMs = (this.lastStep?.atUs ?? 0) / 1000;
    this.crashes.push({ property, kind: 'crash', step: this.lastStepAddress(), atMs, message });
  }

  private whyNotOwed(): string | undefined {
    const { scenario, setup } = this.prepared;
    const core = this.core.map((index) => setup.nodes[index]!.id);
    return whyProgressIsNotOwed(scenario, setup, core);
  }

  private nodesToHeal(): readonly number[] {
    const { core, unlessHit } = this.prepared;
    const spared = unlessHit.filter(({ node, faults }) => !faults.some((name) => this.ledger.isHit(node, name)));
    return [...core, ...spared.map(({ node }) => node)].sort((a, b) => a - b);
  }

  private lastStepAddress(): string {
    const { lastStep, prepared } = this;
    const { nodes } = prepared.setup;
    return lastStep === undefined ? `${nodes[0]!.id}:0` : `${nodes[lastStep.nodeIndex]!.id}:${lastStep.step}`;
  }

  private endOfRun(final: FinalState, simulatedMs: number): EndOfRun {
    const { core } = this;
    const { setup } = this.prepared;
    const ids = setup.nodes.map(({ id }) => id);
    const up = new Set(this.ledger.upNodes());
    // One copy serves all properties: they look at it, and a state can be large.
    const copies = new Map<string, unknown>();
    const state = (nodeIndex: number, actorPath: string): unknown => {
      const key = `${nodeIndex}/${actorPath}`;
      if (!copies.has(key)) copies.set(key, up.has(nodeIndex) ? final.state(nodeIndex, actorPath) : undefined);
      return copies.get(key);
    };
    return {
      setup,
      nodes: ids,
      core: core.filter((index) => up.has(index)).map((index) => ids[index]!),
      simulatedMs,
      state: (node, actorPath) => state(ids.indexOf(node), actorPath),
      states: (actorPath) => [...up].map((index) => state(index, actorPath)).filter((found) => found !== undefined),
      faults: { ...this.ledger.counts },
    };
  }

  /** Faults take place at grid lines, before anything else that happens there. */
  private wholeTrace(): readonly TraceRecord[] {
    const { trace, ledger } = this;
    const merged: TraceRecord[] = [];
    let next = 0;
    for (const fault of ledger.trace) {
      while (next < trace.length && timeOf(trace[next]!) < fault.atUs) merged.push(trace[next++]!);
      merged.push(fault);
    }
    while (next < trace.length) merged.push(trace[next++]!);
    return cutAfter(merged, this.options.untilStep);
  }
}

const FAILURE_TEXT_MAX = 300;

/** Its supervisor may have brought the actor back; that a turn threw is a bug all the same. */
function crashOf({ node, actor, step, atUs, isAssertion, text }: TurnFailure): Violation {
  const who = actor === '' ? `the runtime of ${node}` : `actor ${node}/${actor}`;
  const error = text.slice(0, FAILURE_TEXT_MAX).split('\n', 1)[0]!;
  return {
    property: isAssertion ? 'assertion' : 'actor-failed',
    kind: 'crash',
    step: `${node}:${step}`,
    atMs: atUs / 1000,
    message: `${who} failed at step ${node}:${step}: ${error}`,
  };
}

function isLater(a: LastStep, b: LastStep): boolean {
  return a.atUs > b.atUs || (a.atUs === b.atUs && a.nodeIndex >= b.nodeIndex);
}

function timeOf(record: TraceRecord): number {
  return record.kind === 'observation' ? record.record.atUs : record.atUs;
}

/** The trace up to what a step did; the whole of it where the step was not taken. */
function cutAfter(trace: readonly TraceRecord[], untilStep: string | undefined): readonly TraceRecord[] {
  if (untilStep === undefined) return trace;
  const last = trace.findLastIndex((record) => {
    // A message may be lost long after the step that sent it.
    if (record.kind === 'fault' || record.kind === 'lost') return false;
    const { node, step } = record.kind === 'observation' ? record.record : record;
    return `${node}:${step}` === untilStep;
  });
  return last < 0 ? trace : trace.slice(0, last + 1);
}
