import { FaultLedger } from '../faults/fault-ledger.js';
import { Judge } from '../properties/judge.js';
import type { EndOfRun, Violation } from '../properties/property.js';
import type { RunOptions, RunResult, TraceRecord, TurnFailure } from '../run.js';
import { foldFingerprint } from '../trace/fingerprint.js';
import { mergeInTraceOrder } from '../trace/trace-recorder.js';
import type { PreparedRun } from './prepared-run.js';
import type { LastStep, WindowPlan, WindowReport } from './report.js';

/** What the groups hand over when the run is over. */
export interface FinalState {
  /** By node index. */
  readonly lanes: readonly (readonly [number, number])[];
  /** A copy of the state of an actor, or undefined. */
  state(nodeIndex: number, actorPath: string): unknown;
}

export const DEFAULT_MAX_STEPS = 20_000_000;
const FAILURES_KEPT = 20;

/**
 * One run as its groups see it from outside: which window comes next, with which faults; what the properties say of what was
 * observed. It neither knows nor cares in how many threads the groups live, nor does it wait: a placement calls `next`, runs the
 * window in its groups, and calls `finish`.
 */
export class World {
  readonly ledger: FaultLedger;
  private readonly judge: Judge;
  private readonly healWindow: number;
  private readonly endWindow: number;
  private readonly maxSteps: number;
  private readonly trace: TraceRecord[] = [];
  private readonly failures: TurnFailure[] = [];
  private readonly crashes: Violation[] = [];
  private nextFreeWindow = 0;
  private hasHealed = false;
  private isStopped = false;
  private steps = 0;
  private lastStep: LastStep | undefined;

  constructor(
    private readonly prepared: PreparedRun,
    private readonly options: RunOptions,
  ) {
    const { scenario, setup, plan, timing } = prepared;
    this.ledger = new FaultLedger(plan, setup);
    this.judge = new Judge(scenario, setup);
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
    if (window >= this.endWindow) return undefined;
    if (isFirst) ledger.startAll();
    const nowUs = window * this.prepared.timing.lookAheadUs;
    if (!this.hasHealed && window >= this.healWindow) {
      this.hasHealed = true;
      ledger.heal(this.prepared.core, nowUs);
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
    this.takeObservations(reports);
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
    if (!this.isStopped && !prepared.isCut) judge.end(this.endOfRun(final, simulatedMs), this.lastStepAddress());
    const violations = [...this.crashes, ...judge.violations];
    return {
      seed,
      fingerprint: foldFingerprint(final.lanes),
      steps: this.steps,
      simulatedMs,
      wallMs,
      verdict: violations.length === 0 ? 'passed' : 'failed',
      violations,
      reached: judge.reached,
      setup,
      plan,
      faults: { ...this.ledger.counts },
      ...(this.failures.length > 0 ? { failures: this.failures } : {}),
      ...(options.keepTrace === true ? { trace: this.wholeTrace() } : {}),
      ...(judge.figures === undefined ? {} : { figures: judge.figures }),
    };
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
    const isTolerated = ({ actor, isAssertion }: TurnFailure): boolean =>
      scenario.toleratesActorFailures === true && actor !== '' && !isAssertion;
    const first = failures.find((failure) => !isTolerated(failure));
    if (first !== undefined) this.crashes.push(crashOf(first));
  }

  private takeTrace(reports: readonly WindowReport[]): void {
    for (const { record } of mergeInTraceOrder(reports.map(({ trace }) => trace))) this.trace.push(record);
  }

  private takeObservations(reports: readonly WindowReport[]): void {
    if (reports.every(({ observations }) => observations.length === 0)) return;
    const { ledger, judge } = this;
    const nextLineUs = this.nextFreeWindow * this.prepared.timing.lookAheadUs;
    for (const { record } of mergeInTraceOrder(reports.map(({ observations }) => observations))) {
      ledger.schedule.react(record, nextLineUs);
      judge.observe(record);
      if (judge.violations.length > 0) return;
    }
  }

  private addCrash(property: string, message: string): void {
    const atMs = (this.lastStep?.atUs ?? 0) / 1000;
    this.crashes.push({ property, kind: 'crash', step: this.lastStepAddress(), atMs, message });
  }

  private lastStepAddress(): string {
    const { lastStep, prepared } = this;
    const { nodes } = prepared.setup;
    return lastStep === undefined ? `${nodes[0]!.id}:0` : `${nodes[lastStep.nodeIndex]!.id}:${lastStep.step}`;
  }

  private endOfRun(final: FinalState, simulatedMs: number): EndOfRun {
    const { setup, core } = this.prepared;
    const ids = setup.nodes.map(({ id }) => id);
    const up = new Set(this.ledger.upNodes());
    const state = (nodeIndex: number, actorPath: string): unknown =>
      up.has(nodeIndex) ? final.state(nodeIndex, actorPath) : undefined;
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
    if (record.kind === 'fault') return false;
    const { node, step } = record.kind === 'observation' ? record.record : record;
    return `${node}:${step}` === untilStep;
  });
  return last < 0 ? trace : trace.slice(0, last + 1);
}
