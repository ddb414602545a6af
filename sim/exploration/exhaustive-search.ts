import { assert } from '../../runtime/assert.js';
import type { Plain } from '../../runtime/data.js';
import { drawSetup } from '../draw-setup.js';
import type { Scenario } from '../scenario.js';
import type { Setup } from '../setup.js';
import { timingOf } from '../world/timing.js';
import {
  appendEvent,
  areIndependent,
  arrivalPlanOf,
  EMPTY_PREFIX,
  nameOfEvent,
  type ChosenEvent,
  type ExecutionPrefix,
  type PrefixTiming,
} from './exploration-tree.js';
import type { Candidate, ExploredRun, RoundStrategy, StrategySummary } from './strategy.js';

const ROUND_SIZE = 64;
const EVENTS_DEFAULT = 12;
/** Long enough to be a life of its own, short enough for the scenario to go on. */
const DOWN_WINDOWS = 10;

export interface ExhaustiveOptions {
  readonly scenario: Scenario;
  readonly params: Plain;
  readonly seed: number;
  /** Runs at most; they are numbered from `firstNumber` on. */
  readonly firstNumber: number;
  readonly runsMax: number;
  /** Deliveries and crashes in one execution, at most. Default 12. */
  readonly eventsMax?: number;
  /** Crashes in one execution, at most. Default 0. */
  readonly crashesMax?: number;
  /** False: no order is left out because it equals another; for comparison. Default true. */
  readonly isReduced?: boolean;
}

/** A prefix that is to be carried out, and the events that need not follow it: what follows from them follows elsewhere. */
interface TreeNode {
  readonly prefix: ExecutionPrefix;
  readonly sleeping: ReadonlyMap<string, ChosenEvent>;
  /** Carried out once more, because nothing was left to be delivered: now progress is owed. */
  readonly owesProgress: boolean;
}

/**
 * Carries out every order in which the nodes can receive what is sent, every loss, and crashes up to a bound, of one cluster and workload:
 * those of the first seed. Executions are prefixes of deliveries, the short ones first; what a prefix leaves undelivered is lost, so
 * each prefix is an execution in which just that was lost.
 *
 * Two deliveries to different nodes commute unless one could have changed the other's message. Of orders that are the same but for such
 * pairs one is carried out: sleep sets (Godefroid, "Partial-Order Methods for the Verification of Concurrent Systems", 1996), which lose no
 * partial order. An order has one timing - each event as early as its node's order allows - so equal orders are equal executions, and timers
 * fire where that timing has them.
 */
export class ExhaustiveSearch implements RoundStrategy {
  private readonly setup: Setup;
  private readonly timing: PrefixTiming;
  private readonly crashable: readonly string[];
  private readonly eventsMax: number;
  private readonly crashesMax: number;
  private frontier: TreeNode[] = [{ prefix: EMPTY_PREFIX, sleeping: new Map(), owesProgress: false }];
  private readonly running = new Map<number, TreeNode>();
  private runs = 0;
  private executions = 0;
  private pruned = 0;
  private isCut = false;

  constructor(private readonly options: ExhaustiveOptions) {
    const { scenario, seed, params } = options;
    this.setup = drawSetup(scenario, seed, params);
    const { lookAheadUs } = timingOf(scenario);
    this.timing = { leastUs: lookAheadUs, downUs: DOWN_WINDOWS * lookAheadUs };
    this.crashable = this.setup.nodes.filter(({ role }) => role === 'server').map(({ id }) => id);
    this.eventsMax = options.eventsMax ?? EVENTS_DEFAULT;
    this.crashesMax = options.crashesMax ?? 0;
  }

  get summary(): StrategySummary & { readonly kind: 'exhaustive' } {
    const { executions, pruned, eventsMax, crashesMax, options } = this;
    return {
      kind: 'exhaustive',
      executions,
      pruned,
      isComplete: !this.isCut && this.frontier.length === 0 && this.running.size === 0,
      bounds: { events: eventsMax, crashes: crashesMax, executions: options.runsMax },
    };
  }

  nextRound(): readonly Candidate[] {
    const count = Math.min(ROUND_SIZE, this.frontier.length, this.options.runsMax - this.runs);
    return this.frontier.splice(0, count).map((node) => this.candidateOf(node));
  }

  takeIn(runs: readonly ExploredRun[]): void {
    for (const run of runs) {
      const node = this.running.get(run.number);
      assert(node !== undefined, 'only what was asked for is taken in');
      this.running.delete(run.number);
      if (node.owesProgress) continue;
      this.executions++;
      // What comes after a violation shows nothing about what comes without it.
      if (run.violations.length === 0) this.expand(node, run);
    }
  }

  private candidateOf(node: TreeNode): Candidate {
    const { options, setup } = this;
    const number = options.firstNumber + this.runs++;
    this.running.set(number, node);
    const spec = {
      seed: options.seed,
      params: options.params,
      setup,
      plan: { faults: node.prefix.crashes },
      arrivals: arrivalPlanOf(node.prefix, node.owesProgress),
    };
    return { number, spec, needsSends: !node.owesProgress };
  }

  private expand(node: TreeNode, run: ExploredRun): void {
    const { prefix } = node;
    const possible = this.eventsAfter(prefix, run);
    if (!possible.some(({ kind }) => kind === 'deliver')) this.frontier.push({ ...node, owesProgress: true });
    if (prefix.events.length >= this.eventsMax) {
      this.isCut ||= possible.some((event) => !node.sleeping.has(nameOfEvent(event)));
      return;
    }
    const sleeping = new Map(this.options.isReduced === false ? [] : node.sleeping);
    for (const event of possible) {
      const name = nameOfEvent(event);
      if (sleeping.has(name)) {
        this.pruned++;
        continue;
      }
      const stillSleeping = new Map(
        [...sleeping].filter(([, other]) => areIndependent(event, other, this.timing.leastUs)),
      );
      this.frontier.push({
        prefix: appendEvent(prefix, event, this.timing),
        sleeping: stillSleeping,
        owesProgress: false,
      });
      if (this.options.isReduced !== false) sleeping.set(name, event);
    }
  }

  /** In an order of their own: what was sent first comes first, crashes come last. */
  private eventsAfter(prefix: ExecutionPrefix, { sends }: ExploredRun): readonly ChosenEvent[] {
    const done = new Set(prefix.events.map(nameOfEvent));
    const deliveries = sends
      .map((message): ChosenEvent & { readonly kind: 'deliver' } => ({ kind: 'deliver', message }))
      .filter((event) => !done.has(nameOfEvent(event)))
      .sort((a, b) => a.message.sentAtUs - b.message.sentAtUs || (nameOfEvent(a) < nameOfEvent(b) ? -1 : 1));
    if (prefix.crashes.length >= this.crashesMax) return deliveries;
    const crashed = new Set(prefix.events.flatMap((event) => (event.kind === 'crash' ? [event.node] : [])));
    const crashes = this.crashable
      .filter((node) => !crashed.has(node))
      .map((node): ChosenEvent => ({ kind: 'crash', node }));
    return [...deliveries, ...crashes];
  }
}
