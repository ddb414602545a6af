import type { RunSpec, Scenario } from '../scenario.js';
import { NO_NODE, type Position } from '../threads/run-position.js';
import { prepareRun, type PreparedRun } from '../world/prepared-run.js';
import type { SeedOutcome } from './seed-outcome.js';

/** Of a run that did not come to its end, whatever it did. */
export const NO_FINGERPRINT = '0'.repeat(16);

/** Where and why a seed did not come to its end. */
export interface Death {
  /** `node:step`, or '' where no node ran. */
  readonly step: string;
  readonly message: string;
  readonly wallMs: number;
}

/**
 * A seed whose thread ended or was ended.
 * @param prepared what the seed drew, for its artifact; undefined where that was what did not end.
 */
export function diedOutcome(seed: number, { step, message, wallMs }: Death, prepared?: PreparedRun): SeedOutcome {
  const violation = { property: 'run-ends', kind: 'crash', step, atMs: 0, message } as const;
  const program = prepared?.setup.nodes.find(({ id }) => step.startsWith(`${id}:`))?.program;
  const failureGroup = program === undefined ? 'run-ends' : `run-ends (${program})`;
  const nothing = { fingerprint: NO_FINGERPRINT, steps: 0, simulatedMs: 0, reached: {} };
  const run = { seed, ...nothing, wallMs, verdict: 'died', violations: [violation], failureGroup } as const;
  if (prepared === undefined) return { run };
  return { run, details: { setup: prepared.setup, plan: prepared.plan, faults: {} } };
}

/** A seed that died in a thread of which the last position is known. */
export function diedAt(
  scenario: Scenario,
  spec: RunSpec,
  position: Position,
  reason: string,
  wallMs: number,
): SeedOutcome {
  const prepared = position.isPrepared ? prepareRun(scenario, spec) : undefined;
  // What is left in the queues of a thread is that of the turn in which the guard saw it come into being.
  const place = position.stage === 'leaving' ? (position.note ?? { nodeIndex: NO_NODE, step: 0 }) : position;
  const node = prepared?.setup.nodes[place.nodeIndex]?.id;
  const step = node === undefined ? '' : `${node}:${place.step}`;
  const trapped = position.note === undefined ? '' : `; the guard had trapped ${position.note.text}`;
  const message = `${describePlace(position, node, step)}: ${reason}${trapped}`;
  return diedOutcome(spec.seed, { step, message, wallMs }, prepared);
}

function describePlace(position: Position, node: string | undefined, step: string): string {
  if (!position.isPrepared) return 'before any node ran, in the setup, the plan or a program of the scenario';
  if (position.stage === 'leaving') {
    const whose = node === undefined ? 'the guard tells whose, where it is on' : `begun by ${node} at step ${step}`;
    return `after the run, in promises or microtasks that it left behind (${whose})`;
  }
  if (node === undefined) return 'between nodes, in a property of the scenario or in the simulator';
  return `while it ran node ${node} at step ${step}`;
}
