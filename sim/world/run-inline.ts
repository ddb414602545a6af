import type { Calendar } from '../../runtime/ports.js';
import type { TurnGuard } from '../../runtime/turn-guard.js';
import type { ArrivalStrategy } from '../network/latency.js';
import type { SentMessage } from '../network/arrival-plan.js';
import { copyState } from '../properties/copy-state.js';
import type { RunOptions, RunResult } from '../run.js';
import type { RunSpec, Scenario } from '../scenario.js';
import { Group } from './group.js';
import type { EffectListener } from './effects.js';
import type { ProgramsOf } from './node-world.js';
import { prepareRun, type PreparedRun } from './prepared-run.js';
import { readStepAddress } from './step-address.js';
import type { Tamper } from './tamper.js';
import { DEFAULT_MAX_STEPS, World } from './world.js';

export interface InlineOptions extends RunOptions {
  /** Cron and time zones, computed at the edge (`runtime/node` has one). */
  readonly calendar: Calendar;
  /** Milliseconds of the host's own clock, for `wallMs`; nothing else depends on it. Without it `wallMs` is 0. */
  readonly stopwatchMs?: () => number;
  /** Watches what happens during turns (`sim/guard`). */
  readonly guard?: TurnGuard;
  /** Called just before the step of `breakAtStep`. */
  readonly breakpoint?: () => void;
  /** Decides when messages arrive, in place of the scenario's latencies. */
  readonly arrivals?: ArrivalStrategy;
  /** Told of every message that goes out on a link, in the order of sending of each node. */
  readonly onSend?: (sent: SentMessage) => void;
  readonly tamper?: Tamper;
  /** Told what each node does, in the order of doing, for holding two runs against each other. */
  readonly effects?: EffectListener;
  readonly programsOf?: ProgramsOf;
  /** Told which node runs, by index, and -1 when none does: for a watchdog. */
  readonly beforeNode?: (nodeIndex: number) => void;
}

const NO_NODE = -1;
const NO_ARRIVALS: readonly [] = Object.freeze([]);

/**
 * Runs a scenario once, in this thread, synchronously. The spec decides everything: the same spec gives the same result (but for
 * `wallMs`) in every placement and after whatever ran before.
 * Throws `InvalidRun` or `InvalidPlan` where the spec cannot be used; what goes wrong inside the run is in the result.
 */
export function runInline(scenario: Scenario, spec: RunSpec, options: InlineOptions): RunResult {
  const startMs = options.stopwatchMs?.() ?? 0;
  const prepared = prepareRun(scenario, spec);
  const world = new World(prepared, options);
  const group = groupOfAll(prepared, options);
  for (let plan = world.next(group.nextWindow); plan !== undefined; plan = world.next(group.nextWindow)) {
    const report = group.run(plan, NO_ARRIVALS);
    options.beforeNode?.(NO_NODE);
    world.finish([report]);
  }
  const ids = prepared.setup.nodes.map(({ id }) => id);
  return world.result(
    {
      lanes: ids.map((_, index) => group.chains.lanesOf(index)),
      waits: (index) => group.hostOf(index)?.actorNode?.waits() ?? [],
      state: (index, path) => copyState(group.hostOf(index)?.actorNode?.stateOf(path), ids[index]!, path),
    },
    (options.stopwatchMs?.() ?? 0) - startMs,
  );
}

function groupOfAll(prepared: PreparedRun, options: InlineOptions): Group {
  const { setup } = prepared;
  const { breakpoint, breakAtStep, untilStep } = options;
  const breakAt = breakAtStep === undefined ? undefined : readStepAddress(breakAtStep, setup);
  const breakNode = breakAt === undefined ? undefined : setup.nodes[breakAt.nodeIndex]!.id;
  return new Group({
    ...prepared,
    calendar: options.calendar,
    hosted: setup.nodes.map((_, index) => index),
    deepFingerprint: options.deepFingerprint === true,
    keepTrace: options.keepTrace === true,
    isNarrated: prepared.isFollowed || options.narrate === true,
    freezeMessages: options.freezeMessages === true,
    maxStepsPerNode: options.maxSteps ?? DEFAULT_MAX_STEPS,
    untilStep: untilStep === undefined ? undefined : readStepAddress(untilStep, setup),
    arrivals: options.arrivals,
    onSend: options.onSend,
    tamper: options.tamper,
    guard: options.guard,
    effects: options.effects,
    programsOf: options.programsOf,
    beforeNode: options.beforeNode,
    beforeTurn:
      breakAt === undefined || breakpoint === undefined
        ? undefined
        : (node, step) => {
            if (step === breakAt.step && node === breakNode) breakpoint();
          },
  });
}
