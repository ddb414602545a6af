import type { ObservedRecord } from '../../runtime/observation.js';
import { inCausalOrder, readJournal, type Journal } from '../../runtime/node/index.js';
import { raftCoordinator } from '../../protocols/raft/index.js';
import { raftSafety } from '../../props/raft/index.js';
import { schedulerProperties } from '../../props/scheduler/index.js';
import type { TaskDefinition } from '../../scheduler/index.js';
import { Judge, type EndOfRun, type Setup, type Violation } from '../../sim/index.js';

/** A death that the demonstration caused, and so can tell of: the node itself could not. */
export interface Death {
  readonly node: string;
  readonly atUs: number;
}

export interface Submitted {
  readonly task: TaskDefinition;
  readonly executionId: string;
}

export interface Verdict {
  readonly violations: readonly string[];
  /** Names of what was judged. */
  readonly judged: readonly string[];
  /** Names of what ought to happen in some runs and did in this one. */
  readonly seen: readonly string[];
}

/** What all processes observed, every cause before its effects, with the deaths where they fell. */
export function gather(
  directories: Readonly<Record<string, string>>,
  deaths: readonly Death[],
): readonly ObservedRecord[] {
  const journals = Object.entries(directories).map(([node, directory]) =>
    withDeaths(
      readJournal(directory),
      deaths.filter((death) => death.node === node),
    ),
  );
  return inCausalOrder(journals);
}

function withDeaths(journal: Journal, deaths: readonly Death[]): Journal {
  const records = [...journal.records];
  for (const { node, atUs } of deaths) {
    const at = records.findLastIndex((record) => record.atUs <= atUs);
    const last = records[at];
    if (last === undefined) continue;
    const { step, incarnation, lamport } = last;
    const observation = { type: 'node-crashed' };
    records.splice(at + 1, 0, { node, incarnation, step, atUs, actor: '', lamport: lamport + 1, observation });
  }
  return { ...journal, records };
}

/**
 * Judges the records by the properties that the simulator uses: what must always hold, by all of them; what must come about, by
 * those up to `settledUs`, when everything had ended and nothing had been stopped yet.
 */
export function judge(records: readonly ObservedRecord[], submitted: readonly Submitted[], settledUs: number): Verdict {
  const startUs = Math.min(...records.map(({ atUs }) => atUs));
  const fromStart = records.map((record) => ({ ...record, atUs: record.atUs - startUs }));
  const setup = setupOf(records, submitted);
  const { always = {}, eventually = {}, sometimes = {} } = schedulerProperties(raftCoordinator.guarantees);
  const end = (untilUs: number): EndOfRun => ({
    setup,
    nodes: setup.nodes.map(({ id }) => id),
    core: setup.nodes.map(({ id }) => id),
    simulatedMs: Math.floor((untilUs - startUs) / 1000),
    state: () => undefined,
    states: () => [],
    faults: { crash: records.filter(({ observation }) => observation.type === 'node-crashed').length },
  });
  const endUs = Math.max(...records.map(({ atUs }) => atUs));
  const settled = fromStart.filter(({ atUs }) => atUs <= settledUs - startUs);
  const safety = { ...raftSafety, ...always };
  const throughout = new Judge({ properties: { always: safety, sometimes } }, setup);
  const afterwards = new Judge({ properties: { eventually } }, setup);
  for (const record of fromStart) throughout.observe(record);
  for (const record of settled) afterwards.observe(record);
  throughout.end(end(endUs), 'the end');
  afterwards.end(end(settledUs), 'the end');
  const violations = firstOfEach([...throughout.violations, ...afterwards.violations]);
  const seen = Object.keys(sometimes).filter((name) => throughout.reached[name] === 1);
  return { violations, judged: [...Object.keys(safety), ...Object.keys(eventually)], seen };
}

function firstOfEach(violations: readonly Violation[]): readonly string[] {
  const first = new Map<string, string>();
  for (const { property, message, step } of violations) {
    if (!first.has(property)) first.set(property, `${property}: ${message} (${step})`);
  }
  return [...first.values()];
}

function setupOf(records: readonly ObservedRecord[], submitted: readonly Submitted[]): Setup {
  const nodes = [...new Set(records.map(({ node }) => node))].sort();
  return {
    nodes: nodes.map((id) => ({ id, program: '', params: null, role: id === 'sink' ? 'sink' : 'server' })),
    workload: submitted.map(({ task, executionId }) => ({
      atMs: 0,
      to: 'n1/scheduler',
      message: { type: 'submit-task', submissionId: executionId, task },
    })),
  };
}
