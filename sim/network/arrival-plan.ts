import type { NodeId } from '../../runtime/address.js';
import { t, type Type } from '../../runtime/schema.js';
import type { Setup } from '../setup.js';

/** A directed link, by the names of its ends. */
export interface NamedLink {
  readonly from: NodeId;
  readonly to: NodeId;
}

/** From its `fromMessage`th message on (counted from 1, whatever the types), a link is slower than all that came before in the plan. */
export interface PriorityChange extends NamedLink {
  readonly fromMessage: number;
}

/** A message named so that it survives changes of the code: the nth of its type on its link, counted from 1. */
export interface NamedMessage extends NamedLink {
  readonly type: string;
  readonly occurrence: number;
}

/** A message that was sent, whether or not it arrived. */
export interface SentMessage extends NamedMessage {
  readonly sentAtUs: number;
}

/** It arrives this long after it was sent. */
export interface ListedMessage extends NamedMessage {
  readonly latencyUs: number;
}

/**
 * When messages arrive, as data, in place of the scenario's latencies alone. What explores orders of deliveries writes one; an artifact
 * holds it, and it can be replayed and made smaller like a fault plan.
 */
export type ArrivalPlan =
  /**
   * Links have priorities, and what has less arrives later by steps that are each four times the one before, up to a second. Ends
   * with the phase of faults on the links among healed nodes.
   */
  | {
      readonly kind: 'priorities';
      /** By how much the first step is later. */
      readonly quantumUs: number;
      /** Links that are slow from the beginning, the slowest first; all others are not delayed. */
      readonly slowest: readonly NamedLink[];
      readonly changes: readonly PriorityChange[];
    }
  /** Only the messages listed arrive; every other one is lost, to the end of the run. */
  | {
      readonly kind: 'listed';
      readonly messages: readonly ListedMessage[];
      /** Whether progress is owed: not where messages that matter were lost. */
      readonly owesProgress: boolean;
    };

const ENTRIES_MAX = 10_000;
const LATENCY_MAX_US = 86_400_000_000;

const link = { from: t.string, to: t.string };
const planType: Type<ArrivalPlan> = t.variants({
  priorities: {
    quantumUs: t.int,
    slowest: t.array(t.object(link)),
    changes: t.array(t.object({ ...link, fromMessage: t.int })),
  },
  listed: {
    messages: t.array(t.object({ ...link, type: t.string, occurrence: t.int, latencyUs: t.int })),
    owesProgress: t.bool,
  },
}) as Type<ArrivalPlan>;

/** The first thing that is wrong with an arrival plan for this cluster, as `place: what; remedy`, or undefined. */
export function findArrivalPlanFault(value: unknown, setup: Setup, leastUs: number): string | undefined {
  const shape = planType.check(value, 'arrivals');
  if (shape !== undefined) return shape;
  const plan = value as ArrivalPlan;
  const links = plan.kind === 'listed' ? plan.messages : [...plan.slowest, ...plan.changes];
  if (links.length > ENTRIES_MAX) return `arrivals: ${links.length} entries; at most ${ENTRIES_MAX} are allowed`;
  const nodes = new Set(setup.nodes.map(({ id }) => id));
  for (const { from, to } of links) {
    const unknown = [from, to].find((node) => !nodes.has(node));
    if (unknown !== undefined) {
      return `arrivals: the cluster has no node ${JSON.stringify(unknown)}; it has ${[...nodes].join(', ')}`;
    }
  }
  return plan.kind === 'listed' ? findMessageFault(plan.messages, leastUs) : findPriorityFault(plan);
}

function findMessageFault(messages: readonly ListedMessage[], leastUs: number): string | undefined {
  const index = messages.findIndex(
    ({ occurrence, latencyUs }) => occurrence < 1 || latencyUs < leastUs || latencyUs > LATENCY_MAX_US,
  );
  if (index >= 0) {
    return `arrivals.messages[${index}]: count occurrences from 1, and give a latencyUs from ${leastUs} to ${LATENCY_MAX_US}`;
  }
  const known = new Set<string>();
  for (const [place, message] of messages.entries()) {
    const name = nameOfMessage(message);
    if (known.has(name)) return `arrivals.messages[${place}]: ${name} is listed twice; list each message once`;
    known.add(name);
  }
  return undefined;
}

/** A name for people and for maps: `vote 2 from n1 to n3`. */
export function nameOfMessage({ from, to, type, occurrence }: NamedMessage): string {
  return `${type} ${occurrence} from ${from} to ${to}`;
}

function findPriorityFault({ quantumUs, changes }: ArrivalPlan & { readonly kind: 'priorities' }): string | undefined {
  if (quantumUs < 1 || quantumUs > LATENCY_MAX_US) return `arrivals.quantumUs: ${quantumUs}; give microseconds from 1`;
  const index = changes.findIndex(({ fromMessage }) => fromMessage < 1);
  return index < 0 ? undefined : `arrivals.changes[${index}].fromMessage: count messages from 1`;
}
