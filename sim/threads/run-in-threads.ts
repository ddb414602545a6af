import { performance } from 'node:perf_hooks';
import type { RunOptions, RunResult } from '../run.js';
import type { RunSpec, ScenarioReference } from '../scenario.js';
import { InvalidRun, prepareRun, type PreparedRun } from '../world/prepared-run.js';
import type { Arrival, WindowPlan, WindowReport } from '../world/report.js';
import { readStepAddress } from '../world/step-address.js';
import { DEFAULT_MAX_STEPS, World, type FinalState } from '../world/world.js';
import { loadScenario } from './load-scenario.js';
import { ThreadFailure, type SimulationThread } from './simulation-thread.js';
import type { GroupOrder, StateCopy, ThreadAnswer, ThreadRequest } from './thread-messages.js';
import { ThreadPool } from './thread-pool.js';

export { loadScenario } from './load-scenario.js';

export interface ThreadsOptions extends RunOptions {
  /** How many threads the nodes are dealt to, or one for each. */
  readonly threads: number | 'per-node';
  /** Each thread watches the turns of its nodes (`sim/guard`); a turn that escapes fails. */
  readonly isGuarded?: boolean;
  /** Threads kept warm between runs. Without it the run starts and ends its own. */
  readonly pool?: ThreadPool;
  /** A window that takes longer than this is an endless loop. Default 60,000. */
  readonly hangMs?: number;
}

/** A thread broke down during a run: an endless loop, memory that ran out, or a crash of the engine. */
export class PlacementFailure extends Error {
  constructor(
    message: string,
    /** `node:step` at which it was, '' between nodes. */
    readonly step: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
    this.name = 'PlacementFailure';
  }
}

const HANG_MS = 60_000;

/**
 * Runs a scenario once with its nodes in worker threads. The result is that of `runInline` but for `wallMs` and `threadsOfNodes`.
 * Rejects with `PlacementFailure`, naming the node, where a thread crashes or does not come back; with `InvalidRun`,
 * `InvalidPlan` or `ModuleNotUsable` where the run cannot begin.
 */
export async function runInThreads(
  reference: ScenarioReference,
  spec: RunSpec,
  options: ThreadsOptions,
): Promise<RunResult> {
  const startMs = performance.now();
  const scenario = await loadScenario(reference);
  const prepared = prepareRun(scenario, { params: reference.params, ...spec });
  const count = threadCount(options.threads, prepared.setup.nodes.length);
  const pool = options.pool ?? new ThreadPool();
  const threads = pool.acquire(count);
  try {
    const run = new ThreadedRun(prepared, threads, options);
    return await run.carryOut(reference, startMs);
  } finally {
    await pool.release(threads);
    if (options.pool === undefined) await pool.close();
  }
}

function threadCount(threads: number | 'per-node', nodes: number): number {
  if (threads === 'per-node') return nodes;
  if (Number.isSafeInteger(threads) && threads >= 1) return Math.min(threads, nodes);
  throw new InvalidRun(`threads: ${threads}; give a whole number from 1, or 'per-node'`);
}

/** What the main thread knows of a group: when it has something to do, and what is on its way there. */
interface GroupView {
  readonly thread: SimulationThread;
  readonly hosted: readonly number[];
  nextWindow: number;
  arrivals: Arrival[];
  firstArrivalUs: number;
}

class ThreadedRun {
  private readonly world: World;
  private readonly views: readonly GroupView[];
  /** By node index: who hosts it. */
  private readonly viewOf: readonly GroupView[];

  constructor(
    private readonly prepared: PreparedRun,
    threads: readonly SimulationThread[],
    private readonly options: ThreadsOptions,
  ) {
    this.world = new World(prepared, options);
    const all = prepared.setup.nodes.map((_, index) => index);
    this.views = threads.map((thread, which) => ({
      thread,
      hosted: all.filter((index) => index % threads.length === which),
      nextWindow: 0,
      arrivals: [],
      firstArrivalUs: Infinity,
    }));
    this.viewOf = all.map((index) => this.views[index % threads.length]!);
  }

  async carryOut(reference: ScenarioReference, startMs: number): Promise<RunResult> {
    const watchdog = new Watchdog(this.views, this.options.hangMs ?? HANG_MS);
    try {
      const threadsOfNodes = await this.build(reference);
      watchdog.start();
      const { world } = this;
      for (let plan = world.next(this.nextWindow()); plan !== undefined; plan = world.next(this.nextWindow())) {
        world.finish(await this.runWindow(plan));
        watchdog.reset();
      }
      const { final, escapes } = await this.end();
      const result = world.result(final, performance.now() - startMs);
      return { ...result, threadsOfNodes, ...(this.options.isGuarded === true ? { escapes } : {}) };
    } catch (error) {
      throw error instanceof ThreadFailure ? this.explain(watchdog.verdict ?? error) : error;
    } finally {
      watchdog.stop();
    }
  }

  private async build(reference: ScenarioReference): Promise<Record<string, number>> {
    const { prepared, options, views } = this;
    const { setup, seed, timing, arrivalPlan } = prepared;
    const { untilStep } = options;
    const order: Omit<GroupOrder, 'hosted'> = {
      ...{ scenario: reference, setup, seed, timing, arrivalPlan },
      isGuarded: options.isGuarded === true,
      deepFingerprint: options.deepFingerprint === true,
      keepTrace: options.keepTrace === true,
      isNarrated: prepared.isFollowed || options.narrate === true,
      freezeMessages: options.freezeMessages === true,
      maxStepsPerNode: options.maxSteps ?? DEFAULT_MAX_STEPS,
      untilStep: untilStep === undefined ? undefined : readStepAddress(untilStep, setup),
    };
    const built = await Promise.all(
      views.map(({ thread, hosted }) => ask(thread, { kind: 'build', order: { ...order, hosted } }, 'built')),
    );
    const threadsOfNodes: Record<string, number> = {};
    views.forEach((view, which) => {
      const { nextWindow, threadId } = built[which]!;
      view.nextWindow = nextWindow;
      for (const index of view.hosted) threadsOfNodes[setup.nodes[index]!.id] = threadId;
    });
    return threadsOfNodes;
  }

  private nextWindow(): number {
    return Math.min(...this.views.map((view) => this.nextWindowOf(view)));
  }

  private nextWindowOf({ nextWindow, firstArrivalUs }: GroupView): number {
    return Math.min(nextWindow, Math.floor(firstArrivalUs / this.prepared.timing.lookAheadUs));
  }

  /** A group that has nothing to do in the window is not asked; what was sent to it waits until it is. */
  private async runWindow(planned: WindowPlan): Promise<readonly WindowReport[]> {
    const { window, commands } = planned;
    const isConcerned = (view: GroupView): boolean => commands.length > 0 || this.nextWindowOf(view) <= window;
    const concerned = this.views.filter(isConcerned);
    // Whoever is alone in this window may go on by itself until somebody else has something to do.
    const others = this.views.filter((view) => !isConcerned(view)).map((view) => this.nextWindowOf(view));
    const limitWindow = concerned.length === 1 ? Math.min(planned.limitWindow, ...others) : window + 1;
    const plan = { ...planned, limitWindow };
    const answers = await Promise.all(
      concerned.map((view) => {
        const { arrivals } = view;
        view.arrivals = [];
        view.firstArrivalUs = Infinity;
        return ask(view.thread, { kind: 'run', plan, arrivals }, 'ran');
      }),
    );
    const reports = answers.map(({ report }) => report);
    reports.forEach((report, which) => this.takeIn(concerned[which]!, report));
    return reports;
  }

  private takeIn(view: GroupView, report: WindowReport): void {
    view.nextWindow = report.nextWindow;
    for (const arrival of report.departures) {
      const receiver = this.viewOf[arrival.to]!;
      receiver.arrivals.push(arrival);
      receiver.firstArrivalUs = Math.min(receiver.firstArrivalUs, arrival.arrivalUs);
    }
  }

  private async end(): Promise<{ readonly final: FinalState; readonly escapes: readonly string[] }> {
    const answers = await Promise.all(
      this.views.map(({ thread }) => ask(thread, { kind: 'end', withStates: true }, 'ended')),
    );
    const waits = new Map(answers.flatMap((answer) => answer.waits));
    const byNode = answers.flatMap((answer) => answer.lanes).sort((a, b) => a.nodeIndex - b.nodeIndex);
    const states = new Map<string, StateCopy>();
    for (const copy of answers.flatMap((answer) => answer.states))
      states.set(`${copy.nodeIndex}/${copy.actorPath}`, copy);
    const final: FinalState = {
      lanes: byNode.map(({ lanes }) => lanes),
      waits: (nodeIndex) => waits.get(nodeIndex) ?? [],
      state(nodeIndex, actorPath) {
        const copy = states.get(`${nodeIndex}/${actorPath}`);
        if (copy?.fault !== undefined) throw new TypeError(copy.fault);
        return copy?.state;
      },
    };
    return { final, escapes: answers.flatMap((answer) => answer.escapes) };
  }

  private explain(failure: ThreadFailure): PlacementFailure {
    const { seed, setup, scenario } = this.prepared;
    const node = setup.nodes[failure.nodeIndex]?.id;
    const step = node === undefined ? '' : `${node}:${failure.step}`;
    const where = node === undefined ? 'between nodes' : `while it ran node ${node} (step ${step})`;
    return new PlacementFailure(
      `scenario ${scenario.name}, seed ${seed}: a thread failed ${where}: ${failure.message}`,
      step,
      { cause: failure },
    );
  }
}

/** Ends the threads of a run that make no progress: a turn that loops for ever cannot be interrupted from within. */
class Watchdog {
  verdict: ThreadFailure | undefined;
  private lastMs = 0;
  private interval: NodeJS.Timeout | undefined;

  constructor(
    private readonly views: readonly GroupView[],
    private readonly hangMs: number,
  ) {}

  /** From the first window on: loading the scenario's modules may take its time. */
  start(): void {
    const { views, hangMs } = this;
    this.reset();
    this.interval = setInterval(
      () => {
        if (performance.now() - this.lastMs <= hangMs || this.verdict !== undefined) return;
        const hanging = views.find(({ thread }) => !thread.isUsable) ?? views[0]!;
        const message = `it did not come back within ${hangMs} ms: an endless loop in a handler`;
        this.verdict = hanging.thread.failure(message);
        for (const { thread } of views) void thread.terminate();
      },
      Math.max(10, Math.min(1_000, hangMs / 4)),
    );
  }

  reset(): void {
    this.lastMs = performance.now();
  }

  stop(): void {
    clearInterval(this.interval);
  }
}

async function ask<K extends ThreadAnswer['kind']>(
  thread: SimulationThread,
  request: ThreadRequest,
  kind: K,
): Promise<Extract<ThreadAnswer, { kind: K }>> {
  const answer = await thread.ask(request);
  if (answer.kind !== kind) throw new Error(`a simulation thread answered ${answer.kind} in place of ${kind}`);
  return answer as Extract<ThreadAnswer, { kind: K }>;
}
