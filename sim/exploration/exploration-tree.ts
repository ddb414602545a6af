import type { NodeId } from '../../runtime/address.js';
import type { PlannedFault } from '../faults/plan.js';
import { nameOfMessage, type ArrivalPlan, type ListedMessage, type SentMessage } from '../network/arrival-plan.js';

/** What the exhaustive search decides: that a message is delivered next at its receiver, or that a node crashes and comes back. */
export type ChosenEvent =
  { readonly kind: 'deliver'; readonly message: SentMessage } | { readonly kind: 'crash'; readonly node: NodeId };

/** Events one after another, of which each node sees its own in this order. */
export interface ExecutionPrefix {
  readonly events: readonly ChosenEvent[];
  readonly arrivals: readonly ListedMessage[];
  readonly crashes: readonly PlannedFault[];
  /** By node: when the last of its events is over. */
  readonly busyUntilUs: ReadonlyMap<NodeId, number>;
}

export const EMPTY_PREFIX: ExecutionPrefix = Object.freeze({
  events: [],
  arrivals: [],
  crashes: [],
  busyUntilUs: new Map<NodeId, number>(),
});

export interface PrefixTiming {
  /** The least latency of any link: also the time between two events of a node. */
  readonly leastUs: number;
  /** How long a crashed node is down. */
  readonly downUs: number;
}

/** The name of an event, the same in every execution in which it is possible. */
export function nameOfEvent(event: ChosenEvent): string {
  return event.kind === 'crash' ? `crash of ${event.node}` : nameOfMessage(event.message);
}

/**
 * The prefix with one more event, as early as it can be: after the latest event of its node, and after whatever its node sent that
 * arrived in this prefix. So an execution's times follow from the order that each node sees, and from nothing else.
 */
export function appendEvent(prefix: ExecutionPrefix, event: ChosenEvent, timing: PrefixTiming): ExecutionPrefix {
  const { leastUs, downUs } = timing;
  const node = event.kind === 'crash' ? event.node : event.message.to;
  const afterSendsUs = prefix.events.reduce(
    (latest, earlier) =>
      earlier.kind === 'deliver' && earlier.message.from === node
        ? Math.max(latest, earlier.message.sentAtUs + 1)
        : latest,
    0,
  );
  const freeUs = Math.max(prefix.busyUntilUs.get(node) ?? 0, afterSendsUs);
  const events = [...prefix.events, event];
  const busyUntilUs = new Map(prefix.busyUntilUs);
  if (event.kind === 'crash') {
    // Faults begin at grid lines.
    const atUs = Math.ceil(Math.max(freeUs, leastUs) / leastUs) * leastUs;
    const crash: PlannedFault = {
      name: `crash-${prefix.crashes.length + 1}`,
      fault: 'crash',
      at: { ms: atUs / 1000 },
      target: { kind: 'node', node },
      forMs: downUs / 1000,
      params: { loss: 'power' },
    };
    busyUntilUs.set(node, atUs + downUs + leastUs);
    return { events, arrivals: prefix.arrivals, crashes: [...prefix.crashes, crash], busyUntilUs };
  }
  const { sentAtUs, ...message } = event.message;
  const latencyUs = Math.max(leastUs, freeUs - sentAtUs);
  busyUntilUs.set(node, sentAtUs + latencyUs + leastUs);
  return { events, arrivals: [...prefix.arrivals, { ...message, latencyUs }], crashes: prefix.crashes, busyUntilUs };
}

/** The prefix as an arrival plan: what it does not name is lost. */
export function arrivalPlanOf(prefix: ExecutionPrefix, owesProgress: boolean): ArrivalPlan {
  return { kind: 'listed', messages: prefix.arrivals, owesProgress };
}

/**
 * Whether the order of two events that are both possible makes no difference: they are of different nodes, and neither could have
 * changed whether, or when, the other's message was sent.
 */
export function areIndependent(a: ChosenEvent, b: ChosenEvent, leastUs: number): boolean {
  return nodeOfEvent(a) !== nodeOfEvent(b) && !mayChange(a, b, leastUs) && !mayChange(b, a, leastUs);
}

function nodeOfEvent(event: ChosenEvent): NodeId {
  return event.kind === 'crash' ? event.node : event.message.to;
}

function mayChange(cause: ChosenEvent, effect: ChosenEvent, leastUs: number): boolean {
  if (effect.kind === 'crash' || effect.message.from !== nodeOfEvent(cause)) return false;
  return cause.kind === 'crash' || cause.message.sentAtUs + leastUs <= effect.message.sentAtUs;
}
