import type { ObservedRecord } from '../../runtime/observation.js';
import type { Setup } from '../../sim/setup.js';
import type { EndOfRun, Monitor } from '../../sim/properties/property.js';
import { isTerminal } from '../../scheduler/index.js';
import { factOf, type ExecutionFact } from './facts.js';
import { tasksOf } from './workload.js';

/** What became due later than this before the end of the run is not owed. */
const OWED_BEFORE_END_MS = 15_000;

/** The last time that the members agreed on, carried forward in virtual time. */
class ClusterTimeSeen {
  private offsetMs: number | undefined;

  observe(atUs: number, clusterMs: number): void {
    this.offsetMs = clusterMs - Math.floor(atUs / 1000);
  }

  at(simulatedMs: number): number | undefined {
    return this.offsetMs === undefined ? undefined : this.offsetMs + simulatedMs;
  }
}

/**
 * To whom what was recorded is owed. `all`: the store holds it, so to everybody. `whom-it-reached`: each member acts on what it holds itself; what is
 * known only to members that are left broken for ever cannot be done by anybody, as far as the others can tell it never was.
 */
type Owed = 'all' | 'whom-it-reached';

/** Every task that was accepted ends: its execution reaches a terminal state, if it was due in time. */
export function acceptedTasksEnd(): Monitor {
  return acceptedTasksEndAs('all');
}

/** Every task that was accepted ends, if a member that can work has accepted it or seen its execution. */
export function acceptedTasksThatSpreadEnd(): Monitor {
  return acceptedTasksEndAs('whom-it-reached');
}

function acceptedTasksEndAs(owed: Owed): Monitor {
  const lost = acceptedTasksLost(owed);
  return {
    observe(record) {
      lost.observe(record);
      return undefined;
    },
    end: (end) => lost.end(end)[0],
  };
}

/** Collects the accepted executions that ought to have ended and have not, each with the reason. */
export function acceptedTasksLost(owed: Owed = 'all'): {
  observe(record: ObservedRecord): void;
  end(end: EndOfRun): readonly string[];
} {
  const accepted = new Set<string>();
  const executions = new LastFacts(owed);
  return {
    observe(record) {
      const acceptance = factOf(record, 'task-accepted');
      if (acceptance !== undefined && acceptance.executionId !== '') {
        accepted.add(acceptance.executionId);
        executions.reached(acceptance.executionId, record.node);
      }
      executions.observe(record);
    },
    end(end) {
      const reasons: string[] = [];
      for (const executionId of accepted) {
        if (!executions.isOwed(executionId, end)) continue;
        const fact = executions.last(executionId);
        const delay = fact === undefined ? 'no node has ever seen it' : executions.findDelay(fact, end);
        if (delay !== undefined) reasons.push(`${executionId} was accepted, but ${delay}`);
      }
      return reasons;
    },
  };
}

/** No execution stands still: all that were due in time have ended. */
export function executionsEnd(): Monitor {
  return executionsEndAs('all');
}

/** No execution stands still that a member that can work has seen. */
export function executionsThatSpreadEnd(): Monitor {
  return executionsEndAs('whom-it-reached');
}

function executionsEndAs(owed: Owed): Monitor {
  const executions = new LastFacts(owed);
  return {
    observe(record) {
      executions.observe(record);
      return undefined;
    },
    end(end) {
      for (const fact of executions.all()) {
        const delay = executions.isOwed(fact.executionId, end) ? executions.findDelay(fact, end) : undefined;
        if (delay !== undefined) return `${fact.executionId}: ${delay}`;
      }
      return undefined;
    },
  };
}

/** The newest fact of every execution. */
class LastFacts {
  private readonly facts = new Map<string, { readonly fact: ExecutionFact; readonly atMs: number }>();
  private readonly nodes = new Map<string, Set<string>>();
  private readonly time = new ClusterTimeSeen();

  constructor(private readonly owed: Owed) {}

  observe(record: ObservedRecord): void {
    const time = factOf(record, 'cluster-time');
    if (time !== undefined) this.time.observe(record.atUs, time.clusterMs);
    const fact = factOf(record, 'execution-changed');
    if (fact === undefined) return;
    this.reached(fact.executionId, record.node);
    const known = this.facts.get(fact.executionId)?.fact;
    // Revisions of two nodes may not be comparable. What has ended stays so, whoever may still show it open.
    if (known !== undefined && isTerminal(known.state)) return;
    this.facts.set(fact.executionId, { fact, atMs: Math.floor(record.atUs / 1000) });
  }

  reached(executionId: string, node: string): void {
    const nodes = this.nodes.get(executionId) ?? new Set();
    this.nodes.set(executionId, nodes.add(node));
  }

  isOwed(executionId: string, { core }: EndOfRun): boolean {
    return this.owed === 'all' || core.some((node) => this.nodes.get(executionId)?.has(node) === true);
  }

  last(executionId: string): ExecutionFact | undefined {
    return this.facts.get(executionId)?.fact;
  }

  *all(): Iterable<ExecutionFact> {
    for (const { fact } of this.facts.values()) yield fact;
  }

  /** Why this execution ought to have ended by now, or undefined. */
  findDelay(fact: ExecutionFact, { simulatedMs }: EndOfRun): string | undefined {
    if (isTerminal(fact.state)) return undefined;
    const sinceMs = this.facts.get(fact.executionId)?.atMs ?? 0;
    const nowMs = this.time.at(simulatedMs);
    const isOwed = nowMs !== undefined && fact.notBeforeMs + OWED_BEFORE_END_MS < nowMs;
    if (!isOwed || simulatedMs - sinceMs < OWED_BEFORE_END_MS) return undefined;
    return `it is ${fact.state} (attempt ${fact.attempt}) since ${sinceMs} ms`;
  }
}

/** Whoever submitted something has been answered. */
export function submissionsEnd(): Monitor {
  const open = new Map<string, number>();
  return {
    observe(record) {
      const sent = factOf(record, 'submission-sent');
      if (sent !== undefined) open.set(`${record.node} ${sent.submissionId}`, sent.tries);
      const ended = factOf(record, 'submission-ended');
      if (ended !== undefined) open.delete(`${record.node} ${ended.submissionId}`);
      return undefined;
    },
    end() {
      const [first] = open;
      return first === undefined ? undefined : `${first[0]} was sent ${first[1]} times and never answered`;
    },
  };
}

/** One planner is at work after healing, and no second one believes to be. */
export function onePlannerAtLast(): Monitor {
  const active = new Map<string, number>();
  return {
    observe(record) {
      const { node } = record;
      const fact = factOf(record, 'planner-active');
      if (fact !== undefined) active.set(node, fact.token);
      const isGone =
        factOf(record, 'planner-inactive') ?? factOf(record, 'node-crashed') ?? factOf(record, 'node-halted');
      if (isGone !== undefined) active.delete(node);
      return undefined;
    },
    end({ core }) {
      // Whoever stands still or is cut off for ever may believe what it likes; what it does is refused.
      for (const node of [...active.keys()]) if (!core.includes(node)) active.delete(node);
      if (active.size === 1) return undefined;
      const held = [...active].map(([node, token]) => `${node} (token ${token})`).join(', ');
      return `${active.size} planners are active at the end: ${held || 'none'}`;
    },
  };
}

/** Clocks of more than a minority may lie in such a run: then the time of the cluster itself may have stood or run ahead. */
function mayClocksLie({ faults }: EndOfRun): boolean {
  return (faults['clock-jump'] ?? 0) + (faults['clock-skew'] ?? 0) > 1;
}

const QUIET_MS = 10_000;

/** After healing the schedules of the run tick on. */
export function ticksGoOn(setup: Setup): Monitor {
  const lastMs = new Map<string, number>();
  const registered = new Set<string>();
  return {
    observe(record) {
      const accepted = factOf(record, 'task-accepted');
      if (accepted?.executionId === '') registered.add(accepted.taskId);
      const tick = factOf(record, 'tick-recorded');
      if (tick !== undefined) lastMs.set(tick.taskId, Math.floor(record.atUs / 1000));
      return undefined;
    },
    end(end) {
      if (mayClocksLie(end)) return undefined;
      for (const taskId of frequentSchedules(setup)) {
        if (!registered.has(taskId)) continue;
        const quietMs = end.simulatedMs - (lastMs.get(taskId) ?? 0);
        if (quietMs > QUIET_MS) return `schedule ${taskId} has not ticked in the last ${quietMs} ms`;
      }
      return undefined;
    },
  };
}

/** Schedules whose expression names no minute or hour, with steps of at most five seconds: all others may rest longer. */
function frequentSchedules(setup: Setup): ReadonlySet<string> {
  const found = new Set<string>();
  for (const { id, schedule } of tasksOf(setup).values()) {
    if (schedule.kind === 'cron' && /^(\*|\*\/[1-5]) \* \* \* \* \*$/.test(schedule.expression)) found.add(id);
  }
  return found;
}
