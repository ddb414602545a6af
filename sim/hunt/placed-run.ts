import { createCalendar } from '../../runtime/node/calendar.js';
import type { Calendar } from '../../runtime/ports.js';
import { threadGuard, type ThreadGuard } from '../guard/guard.js';
import { runInline, type InlineOptions } from '../world/run-inline.js';
import type { Placement, RunOptions, RunResult } from '../run.js';
import type { RunSpec, Scenario, ScenarioReference } from '../scenario.js';
import { loadScenario } from '../threads/load-scenario.js';
import { positionedTurns, type RunPosition } from '../threads/run-position.js';
import { runInThreads } from '../threads/run-in-threads.js';
import { ThreadPool } from '../threads/thread-pool.js';

/** A run, and what the guard trapped in it, oldest first. */
export interface GuardedResult {
  readonly result: RunResult;
  readonly escapes: readonly string[];
}

export interface PlacedOptions extends RunOptions, Pick<InlineOptions, 'effects' | 'programsOf' | 'onSend'> {
  /** Called just before the step of `breakAtStep`; inline only. */
  readonly breakpoint?: () => void;
  /** Where the run is at any moment, for whoever watches this thread. */
  readonly position?: RunPosition;
  /** A window that takes longer than this is an endless loop; placement `threads` only. */
  readonly hangMs?: number;
}

/** A scenario, ready to be run in one placement, guarded or not, as often as one likes. */
export class PlacedRun {
  private readonly guard: ThreadGuard | undefined;
  private readonly calendar: Calendar;
  /** Kept warm from run to run. */
  private readonly threads: ThreadPool | undefined;

  private constructor(
    readonly scenario: Scenario,
    private readonly reference: ScenarioReference | undefined,
    private readonly placement: Placement,
    private readonly isGuarded: boolean,
    memoryMb: number | undefined,
  ) {
    // In threads each node's own thread has its guard.
    this.guard = isGuarded && placement.kind === 'inline' ? threadGuard() : undefined;
    const calendar = createCalendar();
    this.calendar = this.guard?.exempt(calendar) ?? calendar;
    this.threads = placement.kind === 'threads' ? new ThreadPool(memoryMb) : undefined;
  }

  /** @param memoryMb of the heap of each thread that nodes run in, at most. */
  static async load(
    reference: ScenarioReference,
    placement: Placement,
    isGuarded: boolean,
    memoryMb?: number,
  ): Promise<PlacedRun> {
    return new PlacedRun(await loadScenario(reference), reference, placement, isGuarded, memoryMb);
  }

  /** A scenario that is there already can only run in this thread. */
  static inline(scenario: Scenario, isGuarded: boolean): PlacedRun {
    return new PlacedRun(scenario, undefined, { kind: 'inline' }, isGuarded, undefined);
  }

  /** The version of the zone data that all runs here are computed with. */
  get zoneDataVersion(): string {
    return this.calendar.zoneDataVersion;
  }

  async run(spec: RunSpec, options: PlacedOptions): Promise<GuardedResult> {
    const { placement, reference } = this;
    if (placement.kind === 'inline') return this.runHere(spec, options);
    if (reference === undefined) throw new TypeError('a scenario that is not named by its module runs inline only');
    return this.runThere(reference, placement, spec, options);
  }

  runHere(spec: RunSpec, options: PlacedOptions): GuardedResult {
    const { guard, calendar, scenario } = this;
    guard?.takeEscapes();
    options.position?.beginRun(spec.seed);
    const stopwatchMs = (): number => performance.now();
    const watched = options.position === undefined ? this.guarded() : this.positioned(options.position);
    const result = runInline(scenario, spec, { ...options, ...watched, calendar, stopwatchMs });
    options.position?.enterStage('leaving');
    return { result, escapes: (guard?.takeEscapes() ?? []).map(({ message }) => message) };
  }

  private guarded(): Pick<InlineOptions, 'guard'> {
    return this.guard === undefined ? {} : { guard: this.guard };
  }

  private positioned(position: RunPosition): Pick<InlineOptions, 'guard' | 'beforeNode'> {
    this.guard?.onEscape((message) => position.note(message));
    return {
      guard: positionedTurns(position, this.guard),
      beforeNode: (nodeIndex) => position.enterNode(nodeIndex),
    };
  }

  /** Ends the threads that were kept warm. */
  async close(): Promise<void> {
    await this.threads?.close();
  }

  private async runThere(
    reference: ScenarioReference,
    { threads }: Placement & { kind: 'threads' },
    spec: RunSpec,
    options: PlacedOptions,
  ): Promise<GuardedResult> {
    const { isGuarded, threads: pool } = this;
    options.position?.beginRun(spec.seed);
    const kept = pool === undefined ? {} : { pool };
    const result = await runInThreads(reference, spec, { ...options, ...kept, threads, isGuarded });
    return { result, escapes: result.escapes ?? [] };
  }
}
