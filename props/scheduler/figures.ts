import type { ObservedRecord } from '../../runtime/observation.js';
import type { Setup } from '../../sim/setup.js';
import type { Gauge } from '../../sim/properties/property.js';
import { isTerminal } from '../../scheduler/index.js';
import { factOf } from './facts.js';
import { acceptedTasksLost } from './progress.js';

/**
 * The figures by which coordinators are compared; a pure function of a run's observations.
 *
 * - `tasksAccepted`, `tasksLost`: submissions accepted, and of those the ones that should have ended by the end of the run and have not.
 * - `executedTwice`: executions of which two attempts succeeded, as two workers believed and the store let them report.
 * - `attemptsRepeated`: attempts that were started beyond the first of their execution.
 * - `effectsTwice`, `effectsRefused`: executions whose effect took place twice; effects that the sink kept from doing so.
 * - `recoverMs`: from each crash of a member to the next attempt reported as succeeded by another life or node.
 * - `leaderSwitchMs`: from when a planner was gone (crashed, halted, deposed) to when the next was active.
 * - `splitBrainMs`: how long two planners believed to be in office at the same time.
 */
export function schedulerFigures(setup: Setup): Gauge {
  const lost = acceptedTasksLost();
  const parts = [taskCounts(), effectCounts(), recoveryTimes(setup), plannerTimes()];
  return {
    observe(record) {
      lost.observe(record);
      for (const part of parts) part.observe(record);
    },
    end(end) {
      const figures: Record<string, readonly number[]> = { tasksLost: [lost.end(end).length] };
      for (const part of parts) Object.assign(figures, part.end(end));
      return figures;
    },
  };
}

function atMs(record: ObservedRecord): number {
  return Math.floor(record.atUs / 1000);
}

function taskCounts(): Gauge {
  const accepted = new Set<string>();
  const successes = new Map<string, Set<number>>();
  let attemptsRepeated = 0;
  return {
    observe(record) {
      const acceptance = factOf(record, 'task-accepted');
      if (acceptance !== undefined) accepted.add(`${acceptance.taskId} ${acceptance.executionId}`);
      const started = factOf(record, 'attempt-started');
      if (started !== undefined && started.attempt > 1) attemptsRepeated++;
      const report = factOf(record, 'attempt-reported');
      if (report?.outcome !== 'succeeded' || !isTerminal(report.state)) return;
      const tokens = successes.get(report.executionId) ?? new Set<number>();
      successes.set(report.executionId, tokens.add(record.incarnation * 1_000_000_000 + report.token));
    },
    end: () => ({
      tasksAccepted: [accepted.size],
      executionsSucceeded: [successes.size],
      executedTwice: [[...successes.values()].filter((tokens) => tokens.size > 1).length],
      attemptsRepeated: [attemptsRepeated],
    }),
  };
}

function effectCounts(): Gauge {
  const applied = new Map<string, number>();
  let refused = 0;
  return {
    observe(record) {
      const fact = factOf(record, 'effect-applied');
      if (fact !== undefined) applied.set(fact.executionId, (applied.get(fact.executionId) ?? 0) + 1);
      if (factOf(record, 'effect-refused') !== undefined) refused++;
    },
    end: () => ({
      effectsApplied: [applied.size],
      effectsTwice: [[...applied.values()].filter((count) => count > 1).length],
      effectsRefused: [refused],
    }),
  };
}

function recoveryTimes(setup: Setup): Gauge {
  const members = new Set(setup.nodes.filter(({ role }) => role === 'server').map(({ id }) => id));
  let waiting: { readonly node: string; readonly atMs: number }[] = [];
  const recoverMs: number[] = [];
  return {
    observe(record) {
      const isCrash = factOf(record, 'node-crashed') ?? factOf(record, 'node-halted');
      if (isCrash !== undefined && members.has(record.node)) waiting.push({ node: record.node, atMs: atMs(record) });
      const report = factOf(record, 'attempt-reported');
      if (report?.outcome !== 'succeeded') return;
      for (const crash of waiting) recoverMs.push(atMs(record) - crash.atMs);
      waiting = [];
    },
    end: () => ({ recoverMs }),
  };
}

function plannerTimes(): Gauge {
  const active = new Set<string>();
  const paused = new Set<string>();
  const leaderSwitchMs: number[] = [];
  let goneMs: number | undefined;
  let overlapSinceMs: number | undefined;
  let splitBrainMs = 0;
  const changed = (nowMs: number): void => {
    if (active.size > 1) overlapSinceMs ??= nowMs;
    else if (overlapSinceMs !== undefined) {
      splitBrainMs += nowMs - overlapSinceMs;
      overlapSinceMs = undefined;
    }
  };
  return {
    observe(record) {
      const nowMs = atMs(record);
      // A node that stands still believes nothing; when it goes on, it believes what it did before.
      if (factOf(record, 'node-paused') !== undefined && active.delete(record.node)) paused.add(record.node);
      else if (factOf(record, 'node-resumed') !== undefined && paused.delete(record.node)) active.add(record.node);
      else if (factOf(record, 'planner-active') !== undefined) {
        if (goneMs !== undefined) leaderSwitchMs.push(nowMs - goneMs);
        goneMs = undefined;
        active.add(record.node);
      } else if (isEndOfPlanner(record) && (paused.delete(record.node) || active.delete(record.node))) {
        if (active.size === 0) goneMs = nowMs;
      } else return;
      changed(nowMs);
    },
    end({ simulatedMs }) {
      if (overlapSinceMs !== undefined) splitBrainMs += simulatedMs - overlapSinceMs;
      return { leaderSwitchMs, splitBrainMs: [splitBrainMs] };
    },
  };
}

function isEndOfPlanner(record: ObservedRecord): boolean {
  const end = factOf(record, 'planner-inactive') ?? factOf(record, 'node-crashed') ?? factOf(record, 'node-halted');
  return end !== undefined;
}
