import { createCalendar } from '../../runtime/node/calendar.js';
import type { Calendar } from '../../runtime/ports.js';
import { threadGuard, type ThreadGuard } from '../guard/guard.js';
import { runInline } from '../world/run-inline.js';
import type { Placement, RunOptions, RunResult } from '../run.js';
import type { RunSpec, Scenario, ScenarioReference } from '../scenario.js';
import { loadScenario } from '../threads/load-scenario.js';
import { runInThreads } from '../threads/run-in-threads.js';
import { ThreadPool } from '../threads/thread-pool.js';

/** A run, and what the guard trapped in it, oldest first. */
export interface GuardedResult {
  readonly result: RunResult;
  readonly escapes: readonly string[];
}

export interface PlacedOptions extends RunOptions {
  /** Called just before the step of `breakAtStep`; inline only. */
  readonly breakpoint?: () => void;
}

/** A scenario, ready to be run in one placement, guarded or not, as often as one likes. */
export class PlacedRun {
  private readonly guard: ThreadGuard | undefined;
  private readonly calendar: Calendar;
  /** Kept warm from run to run. */
  private readonly threads: ThreadPool | undefined;

  private constructor(
    private readonly scenario: Scenario,
    private readonly reference: ScenarioReference | undefined,
    private readonly placement: Placement,
    private readonly isGuarded: boolean,
  ) {
    // In threads each node's own thread has its guard.
    this.guard = isGuarded && placement.kind === 'inline' ? threadGuard() : undefined;
    const calendar = createCalendar();
    this.calendar = this.guard?.exempt(calendar) ?? calendar;
    this.threads = placement.kind === 'threads' ? new ThreadPool() : undefined;
  }

  static async load(reference: ScenarioReference, placement: Placement, isGuarded: boolean): Promise<PlacedRun> {
    return new PlacedRun(await loadScenario(reference), reference, placement, isGuarded);
  }

  /** A scenario that is there already can only run in this thread. */
  static inline(scenario: Scenario, isGuarded: boolean): PlacedRun {
    return new PlacedRun(scenario, undefined, { kind: 'inline' }, isGuarded);
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
    const stopwatchMs = (): number => performance.now();
    const guarded = guard === undefined ? {} : { guard };
    const result = runInline(scenario, spec, { ...options, ...guarded, calendar, stopwatchMs });
    return { result, escapes: (guard?.takeEscapes() ?? []).map(({ message }) => message) };
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
    const kept = pool === undefined ? {} : { pool };
    const result = await runInThreads(reference, spec, { ...options, ...kept, threads, isGuarded });
    return { result, escapes: result.escapes ?? [] };
  }
}
