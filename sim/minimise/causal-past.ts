import type { NodeId } from '../../runtime/address.js';
import type { PlannedFault } from '../faults/plan.js';
import type { Violation } from '../properties/property.js';
import type { TraceRecord } from '../run.js';
import { stepOf, timeOfUs } from '../trace/first-difference.js';

/** Until when what each node did can have had a part in a violation. Nodes that had none are not in it. */
export type CausalPast = ReadonlyMap<NodeId, { readonly step: number; readonly atUs: number }>;

const WORD = /[A-Za-z0-9][A-Za-z0-9_-]*(\.[A-Za-z0-9_-]+)*/g;

/**
 * All that happened before a violation (Lamport, "Time, Clocks, and the Ordering of Events in a Distributed System", CACM 1978): what
 * its node had done, and what the senders of what reached it had done when they sent. A property compares nodes that may never have
 * heard of each other, so the nodes that its message names count as they were at that time.
 * @param trace of the run, with deliveries, in trace order.
 */
export function causalPastOf(trace: readonly TraceRecord[], violation: Violation): CausalPast {
  const past = new Map<NodeId, { step: number; atUs: number }>();
  const atUs = Math.round(violation.atMs * 1000);
  const reach = (node: NodeId, step: number, whenUs: number): void => {
    const known = past.get(node);
    if (known === undefined || known.step < step) past.set(node, { step, atUs: whenUs });
  };
  const named = new Set(violation.message.match(WORD) ?? []);
  for (const record of trace) {
    if (record.kind === 'fault' || timeOfUs(record) > atUs) continue;
    const { node, step } = record.kind === 'observation' ? record.record : record;
    if (named.has(node) || stepOf(record) === violation.step) reach(node, step, timeOfUs(record));
  }
  for (let i = trace.length - 1; i >= 0; i--) {
    const record = trace[i]!;
    if (record.kind !== 'delivery' || record.causeStep === 0) continue;
    const reached = past.get(record.node);
    if (reached === undefined || record.step > reached.step) continue;
    reach(nodeOfSender(record.from), record.causeStep, record.sentAtUs);
  }
  return past;
}

function nodeOfSender(address: string): NodeId {
  const end = address.indexOf('/');
  return end < 0 ? address : address.slice(0, end);
}

/** When each fault of a run began; those that are missing never did. */
export function beginningsUs(trace: readonly TraceRecord[]): ReadonlyMap<string, number> {
  const began = new Map<string, number>();
  for (const record of trace) {
    if (record.kind === 'fault' && record.what === 'do' && !began.has(record.name)) began.set(record.name, record.atUs);
  }
  return began;
}

/** Whether a fault that began at a time can have had a part: one of the nodes that it concerns did something in the past after it. */
export function isInPast(past: CausalPast, { target }: PlannedFault, beganUs: number): boolean {
  const isReached = (node: NodeId): boolean => (past.get(node)?.atUs ?? -1) >= beganUs;
  switch (target.kind) {
    case 'node':
      return isReached(target.node);
    case 'links':
      return target.from.some(isReached) || target.to.some(isReached);
    default:
      return [...past.values()].some(({ atUs }) => atUs >= beganUs);
  }
}
