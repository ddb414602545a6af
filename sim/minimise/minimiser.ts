import { nodeOf } from '../../runtime/address.js';
import { assert } from '../../runtime/assert.js';
import { drawSetup } from '../draw-setup.js';
import type { PlannedFault } from '../faults/plan.js';
import type { Violation } from '../properties/property.js';
import type { RunResult } from '../run.js';
import type { Scenario } from '../scenario.js';
import type { Setup } from '../setup.js';
import { timingOf } from '../world/timing.js';
import { beginningsUs, causalPastOf, isInPast } from './causal-past.js';
import { minimalItems } from './delta-debugging.js';
import { otherMoment } from './other-moment.js';
import { findTarget, withFaults, withSetup, withWorkload, type RunCase, type TargetViolation } from './run-case.js';
import { listsOf, simplifications, strongerFault } from './simpler-fault.js';

/** A run that the search wants to know of. */
export interface Trial {
  readonly runCase: RunCase;
  readonly keepTrace: boolean;
  /** A run that takes far more steps than the one that failed is no smaller: it may be given up. */
  readonly maxSteps: number;
}

/** What came of a trial; undefined where it could not be begun, such as in a cluster that the scenario refuses. */
export type TrialResult = RunResult | undefined;

/** Yields trials and is told what came of each. */
export type Search<Answer> = Generator<Trial, Answer, TrialResult>;

export type Phase = 'reproducing' | 'cutting' | 'faults' | 'workload' | 'nodes' | 'simplifying' | 'moments' | 'done';

export interface MinimiserOptions {
  /** Trials at most. */
  readonly runsMax: number;
}

const ROUNDS_MAX = 4;
/** Other seeds are tried where at least one of so many parts is left out. */
const BOLD_PARTS = 5;
const OTHER_SEEDS = 4;
/** That nothing is needed at all is worth more of them: it spares all further questions. */
const SEEDS_FOR_NOTHING = 12;
/** From so many on it is worth asking whether one or two would do. */
const MANY_FAULTS = 3;
const ONE_FAULT_SEEDS = 2;
const STRONG_FAULT_SEEDS = 8;
const PAIR_SEEDS = 2;
const OTHER_CLUSTERS = 8;
const STEPS_SLACK = 10_000;
/** Other seeds that a fault is tried with, to see which of two moments it is that matters. */
const STABILITY_SEEDS = 4;

/**
 * Makes a failing run small while the same property is violated in the same way: what happened after the violation goes first, then
 * what cannot have had a part in it, then by delta debugging faults, requests and nodes; what is left is made simple. It carries out
 * nothing itself: `search` yields what is to be tried. The same answers lead to the same result, so a budget in runs is repeatable.
 */
export class Minimiser {
  /** The smallest case known to fail; the original one before anything was tried. */
  best: RunCase;
  /** What the best case came to, once it has been run. */
  bestResult: RunResult | undefined;
  phase: Phase = 'reproducing';
  runs = 0;
  /** The budget ended the search before nothing more could be left out. */
  isExhausted = false;

  constructor(
    private readonly scenario: Scenario,
    original: RunCase,
    private readonly target: TargetViolation,
    private readonly options: MinimiserOptions,
  ) {
    this.best = original;
  }

  /** Answers whether the original failed as it should have; where it did not, nothing else was tried. */
  *search(): Search<boolean> {
    const original = this.best;
    if (!(yield* this.stillFails(original, true))) return false;
    this.phase = 'cutting';
    yield* this.useOwnLatencies();
    yield* this.cutAfterViolation();
    yield* this.leaveOutWhatHadNoPart();
    const cut = this.best;
    yield* this.tryOneFaultOf(cut);
    yield* this.reduceFully();
    if (yield* this.tryFewFaultsOf(cut)) yield* this.reduceFully();
    if (yield* this.tryOtherClusters(original)) yield* this.reduceFully();
    this.phase = 'moments';
    for (const { name } of this.best.plan.faults) yield* this.chooseMoment(name);
    this.phase = 'done';
    return true;
  }

  /** Until nothing more can be left out or made simpler. */
  private *reduceFully(): Search<void> {
    let before: RunCase | undefined;
    for (let round = 0; round < ROUNDS_MAX && before !== this.best; round++) {
      before = this.best;
      yield* this.reduce();
      yield* this.simplify();
    }
  }

  /** Most failures need one fault or none: asking that first spares most of the questions. */
  private *tryOneFaultOf(cut: RunCase): Search<void> {
    const { faults } = cut.plan;
    if (faults.length < MANY_FAULTS) return;
    this.phase = 'faults';
    yield* this.tryEach(cut, [[], ...singles(faults)], ONE_FAULT_SEEDS);
  }

  /**
   * Leaving out bit by bit may end where several faults only make up for each other's timing. So where many stay, one or two of them are
   * tried with all that they were found with; as they are, and stronger.
   */
  private *tryFewFaultsOf(cut: RunCase): Search<boolean> {
    const { faults } = cut.plan;
    if (this.best.plan.faults.length < MANY_FAULTS) return false;
    this.phase = 'faults';
    const stronger = faults.map(strongerFault);
    if (yield* this.tryEach(cut, singles(stronger), STRONG_FAULT_SEEDS)) return true;
    return yield* this.tryEach(cut, [...pairs(faults), ...pairs(stronger)], PAIR_SEEDS);
  }

  /**
   * A run without any fault explains more than one with a single fault, whoever takes part in it. So where faults stay, the next seeds are
   * tried without them, each with the cluster and the requests that it draws.
   */
  private *tryOtherClusters({ arrivals: _own, ...original }: RunCase): Search<boolean> {
    if (this.best.plan.faults.length === 0) return false;
    this.phase = 'faults';
    for (let seed = original.seed + 1; seed <= original.seed + OTHER_CLUSTERS; seed++) {
      const setup = drawSetup(this.scenario, seed, original.params);
      if (yield* this.stillFails(withFaults({ ...original, seed, setup }, []))) return true;
    }
    return false;
  }

  /** Each of several plans with a few seeds, until one fails. */
  private *tryEach(cut: RunCase, plans: readonly (readonly PlannedFault[])[], seeds: number): Search<boolean> {
    for (let n = 0; n < seeds; n++) {
      for (const plan of plans) {
        if (yield* this.stillFails(withFaults({ ...cut, seed: cut.seed + n }, plan))) return true;
      }
    }
    return false;
  }

  /** The violation that stays, in the best case. */
  get violation(): Violation {
    const found = findTarget(this.bestResult?.violations ?? [], this.target);
    assert(found !== undefined, 'the best case violates the property, once it has been run');
    return found;
  }

  private *reduce(): Search<void> {
    this.phase = 'faults';
    yield* minimalItems(this.best.plan.faults, (faults) =>
      this.stillFailsWith(withFaults(this.best, faults), faults.length, this.best.plan.faults.length),
    );
    this.phase = 'workload';
    yield* minimalItems(this.best.setup.workload, (items) =>
      this.stillFailsWith(withWorkload(this.best, items), items.length, this.best.setup.workload.length),
    );
    this.phase = 'nodes';
    yield* this.leaveOutNodes();
  }

  /** Runs a case; it becomes the best one if it violates the property. */
  private *stillFails(candidate: RunCase, keepTrace = false): Search<boolean> {
    const result = yield* this.run(candidate, keepTrace);
    const violation = findTarget(result?.violations ?? [], this.target);
    if (result === undefined || violation === undefined) return false;
    this.best = this.withCut(candidate, violation);
    this.bestResult = result;
    return true;
  }

  /**
   * A candidate that lost much may have lost only its luck: what races by a hair no longer does when everything comes a little
   * earlier. So where a good part of the items is gone, other seeds are tried as well, with the same cluster, requests and faults.
   */
  private *stillFailsWith(candidate: RunCase, kept: number, of: number): Search<boolean> {
    if (yield* this.stillFails(candidate)) return true;
    if ((of - kept) * BOLD_PARTS < of) return false;
    const others = kept === 0 ? SEEDS_FOR_NOTHING : OTHER_SEEDS;
    for (let n = 1; n <= others; n++) {
      if (yield* this.stillFails({ ...candidate, seed: candidate.seed + n })) return true;
    }
    return false;
  }

  private *run(runCase: RunCase, keepTrace: boolean): Search<TrialResult> {
    if (this.runs >= this.options.runsMax) {
      this.isExhausted = true;
      return undefined;
    }
    this.runs++;
    const maxSteps = this.bestResult === undefined ? {} : { maxSteps: 4 * this.bestResult.steps + STEPS_SLACK };
    return yield { runCase, keepTrace, maxSteps: maxSteps.maxSteps ?? Infinity };
  }

  /**
   * The run ends some time after the violation: a candidate that takes longer has had its chance, and in changed code the failure may
   * come a little later. Where something was owed at the end, the end stays.
   */
  private withCut(runCase: RunCase, { atMs }: Violation): RunCase {
    const endMs = timingOf(this.scenario).endUs / 1000;
    const cutAtMs = Math.ceil((atMs * 1.25 + 500) / 100) * 100;
    if (atMs >= endMs || cutAtMs >= Math.min(endMs, runCase.cutAtMs ?? Infinity)) return runCase;
    return { ...runCase, cutAtMs };
  }

  /** When messages arrive, where something else than the scenario's latencies decides it. */
  private *useOwnLatencies(): Search<void> {
    const { arrivals, ...plain } = this.best;
    if (arrivals !== undefined) yield* this.stillFails(plain, true);
  }

  /** Everything that did not begin before the violation. */
  private *cutAfterViolation(): Search<void> {
    const { best, bestResult, violation } = this;
    const began = beginningsUs(bestResult?.trace ?? []);
    const faults = best.plan.faults.filter(({ name }) => began.has(name));
    const workload = best.setup.workload.filter(({ atMs }) => atMs <= violation.atMs);
    const isSmaller = faults.length < best.plan.faults.length || workload.length < best.setup.workload.length;
    if (isSmaller) yield* this.stillFails(withFaults(withWorkload(best, workload), faults), true);
  }

  /** Everything that cannot have reached the violation. A guess, since properties see more than messages tell: each is tried. */
  private *leaveOutWhatHadNoPart(): Search<void> {
    const { best, bestResult, violation } = this;
    const trace = bestResult?.trace ?? [];
    const past = causalPastOf(trace, violation);
    const began = beginningsUs(trace);
    const faults = best.plan.faults.filter((fault) => isInPast(past, fault, began.get(fault.name) ?? Infinity));
    const workload = best.setup.workload.filter(
      ({ to, atMs }) => (past.get(nodeOf(to))?.atUs ?? -1) >= Math.round(atMs * 1000),
    );
    const hasFaults = faults.length < best.plan.faults.length;
    const hasWork = workload.length < best.setup.workload.length;
    if (hasFaults && hasWork && (yield* this.stillFails(withFaults(withWorkload(best, workload), faults)))) return;
    if (hasFaults) yield* this.stillFails(withFaults(this.best, faults));
    if (hasWork) yield* this.stillFails(withWorkload(this.best, workload));
  }

  private *leaveOutNodes(): Search<void> {
    const clients = this.best.setup.nodes.filter(({ role }) => role === 'client');
    yield* minimalItems(clients, (kept) => {
      const ids = new Set(kept.map(({ id }) => id));
      const nodes = this.best.setup.nodes.filter(({ id, role }) => role !== 'client' || ids.has(id));
      return this.stillFailsIn({ ...this.best.setup, nodes });
    });
    for (let isSmaller = true; isSmaller;) {
      isSmaller = false;
      for (const setup of this.scenario.shrinkSetup?.(this.best.setup) ?? []) {
        if (setup.nodes.length >= this.best.setup.nodes.length) continue;
        isSmaller = yield* this.stillFailsIn(setup);
        if (isSmaller) break;
      }
    }
  }

  private stillFailsIn(setup: Setup): Search<boolean> {
    if (setup.nodes.length === 0) return never();
    const smaller = withSetup(this.scenario, this.best, setup);
    return this.stillFailsWith(smaller, setup.nodes.length, this.best.setup.nodes.length);
  }

  private *simplify(): Search<void> {
    this.phase = 'simplifying';
    for (const { name } of this.best.plan.faults) {
      for (const simpler of simplifications) {
        for (const fault of simpler(this.faultNamed(name), this.best.setup)) {
          if (yield* this.stillFails(this.withFault(fault))) break;
        }
      }
      for (const { items, replace } of listsOf(this.faultNamed(name))) {
        yield* minimalItems(items, (kept) =>
          kept.length === 0 ? never() : this.stillFails(this.withFault(replace(kept)(this.faultNamed(name)))),
        );
      }
    }
  }

  /** A fault begins at a time or by what happens: whichever fails under more of other seeds, so that small changes of code matter less. */
  private *chooseMoment(name: string): Search<void> {
    const { faults } = this.scenario;
    const traced = yield* this.run(this.best, true);
    const other = otherMoment(
      this.faultNamed(name),
      traced?.trace ?? [],
      faults === 'none' ? [] : (faults.reactTo ?? []),
    );
    if (other === undefined) return;
    const [presentCase, presentResult] = [this.best, this.bestResult];
    const otherCase = this.withFault(other);
    if (!(yield* this.stillFails(otherCase))) return;
    const isStabler = (yield* this.countFailing(otherCase)) > (yield* this.countFailing(presentCase));
    if (!isStabler) [this.best, this.bestResult] = [presentCase, presentResult];
  }

  private *countFailing(runCase: RunCase): Search<number> {
    let failing = 0;
    for (let n = 1; n <= STABILITY_SEEDS; n++) {
      const result = yield* this.run({ ...runCase, seed: runCase.seed + n }, false);
      if (findTarget(result?.violations ?? [], this.target) !== undefined) failing++;
    }
    return failing;
  }

  private faultNamed(name: string): PlannedFault {
    const fault = this.best.plan.faults.find((planned) => planned.name === name);
    assert(fault !== undefined, 'simplifying leaves every fault in the plan');
    return fault;
  }

  private withFault(fault: PlannedFault): RunCase {
    return withFaults(
      this.best,
      this.best.plan.faults.map((other) => (other.name === fault.name ? fault : other)),
    );
  }
}

function singles(faults: readonly PlannedFault[]): readonly (readonly PlannedFault[])[] {
  return faults.map((fault) => [fault]);
}

function pairs(faults: readonly PlannedFault[]): readonly (readonly PlannedFault[])[] {
  return faults.flatMap((fault, at) => faults.slice(at + 1).map((other) => [fault, other]));
}

/** What needs no trial. */
function* never(): Search<boolean> {
  return false;
}
