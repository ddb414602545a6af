import type { ObservedRecord } from '../../runtime/observation.js';
import type { PlannedFault } from '../faults/plan.js';
import type { TraceRecord } from '../run.js';
import { beginningsUs } from './causal-past.js';

/** A reaction answers within one grid line; what was observed longer before a fault has nothing to do with it. */
const REACTED_WITHIN_US = 250_000;

/**
 * The same fault, begun by what it followed in this run instead of at a time, or at the time at which it began instead of by what
 * it reacted to. Undefined where there is no such thing.
 * @param reactTo types of observations that faults of the scenario may react to.
 */
export function otherMoment(
  fault: PlannedFault,
  trace: readonly TraceRecord[],
  reactTo: readonly string[],
): PlannedFault | undefined {
  const beganUs = beginningsUs(trace).get(fault.name);
  if (beganUs === undefined) return undefined;
  // What reacts to a message keeps that: the observer of it is not in the trace.
  if ('onMessage' in fault.at) return undefined;
  return 'on' in fault.at ? atItsTime(fault, fault.at, trace, beganUs) : asReaction(fault, trace, reactTo, beganUs);
}

function atItsTime(
  fault: PlannedFault,
  at: Extract<PlannedFault['at'], { on: string }>,
  trace: readonly TraceRecord[],
  beganUs: number,
): PlannedFault | undefined {
  const moment = { ms: beganUs / 1000 };
  if (fault.target.kind !== 'observer') return { ...fault, at: moment };
  const observer = observationsBefore(trace, beganUs).findLast(({ observation }) => observation.type === at.on);
  return observer === undefined ? undefined : { ...fault, at: moment, target: { kind: 'node', node: observer.node } };
}

function asReaction(
  fault: PlannedFault,
  trace: readonly TraceRecord[],
  reactTo: readonly string[],
  beganUs: number,
): PlannedFault | undefined {
  const { target } = fault;
  const before = observationsBefore(trace, beganUs);
  const cause = before.findLast(
    ({ observation, node, atUs }) =>
      reactTo.includes(observation.type) &&
      (target.kind !== 'node' || target.node === node) &&
      atUs >= beganUs - REACTED_WITHIN_US,
  );
  if (cause === undefined) return undefined;
  const { node, observation } = cause;
  const occurrence = before.filter(
    (other) => other.node === node && other.observation.type === observation.type,
  ).length;
  return { ...fault, at: { on: observation.type, occurrence, node } };
}

function observationsBefore(trace: readonly TraceRecord[], timeUs: number): readonly ObservedRecord[] {
  return trace.flatMap((line) => (line.kind === 'observation' && line.record.atUs < timeUs ? [line.record] : []));
}
