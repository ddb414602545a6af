import { assert } from '../../runtime/assert.js';
import { hashText } from '../fate.js';
import type { ArrivalPlan, ListedMessage } from './arrival-plan.js';
import type { ArrivalStrategy } from './latency.js';

/** Longer delays would say more of time-outs than of orders. */
const DELAY_MAX_US = 1_000_000;
const STEP_FACTOR = 4;

/**
 * What a plan makes of the messages of one group of nodes.
 * @param base latencies that the plan adds to, or takes the place of.
 */
export function arrivalStrategyOf(plan: ArrivalPlan, base: ArrivalStrategy): ArrivalStrategy {
  return plan.kind === 'priorities' ? new PriorityArrivals(plan, base) : new ListedArrivals(plan.messages);
}

/** How late a message of a level is: nothing at 0, the quantum at 1, four times as much with every further level. */
export function delayOfLevelUs(level: number, quantumUs: number): number {
  let delayUs = level === 0 ? 0 : quantumUs;
  for (let step = 1; step < level && delayUs < DELAY_MAX_US; step++) delayUs *= STEP_FACTOR;
  return Math.min(delayUs, DELAY_MAX_US);
}

interface LinkPriority {
  level: number;
  sent: number;
  /** In the order of `fromMessage`. */
  readonly changes: { readonly fromMessage: number; readonly level: number }[];
}

/** Counts the messages of each link that the plan names at their sender, so it does not matter which groups there are. */
class PriorityArrivals implements ArrivalStrategy {
  private readonly links = new Map<number, Map<number, LinkPriority>>();
  private readonly quantumUs: number;

  constructor(
    { quantumUs, slowest, changes }: ArrivalPlan & { readonly kind: 'priorities' },
    private readonly base: ArrivalStrategy,
  ) {
    this.quantumUs = quantumUs;
    slowest.forEach(({ from, to }, rank) => {
      this.link(hashText(from), hashText(to)).level = slowest.length - rank;
    });
    changes.forEach(({ from, to, fromMessage }, index) => {
      const level = slowest.length + 1 + index;
      this.link(hashText(from), hashText(to)).changes.push({ fromMessage, level });
    });
    for (const priorities of this.links.values()) {
      for (const { changes: own } of priorities.values()) own.sort((a, b) => a.fromMessage - b.fromMessage);
    }
  }

  latencyUs(fromHash: number, toHash: number, typeHash: number, occurrence: number): number {
    const baseUs = this.base.latencyUs(fromHash, toHash, typeHash, occurrence);
    const priority = this.links.get(fromHash)?.get(toHash);
    if (priority === undefined) return baseUs;
    priority.sent++;
    const { changes } = priority;
    for (let next = changes[0]; next !== undefined && next.fromMessage <= priority.sent; next = changes[0]) {
      priority.level = next.level;
      changes.shift();
    }
    return baseUs + delayOfLevelUs(priority.level, this.quantumUs);
  }

  healWithin(coreHashes: ReadonlySet<number>): void {
    for (const [from, priorities] of this.links) {
      if (!coreHashes.has(from)) continue;
      for (const to of [...priorities.keys()]) if (coreHashes.has(to)) priorities.delete(to);
    }
  }

  private link(from: number, to: number): LinkPriority {
    let priorities = this.links.get(from);
    if (priorities === undefined) this.links.set(from, (priorities = new Map<number, LinkPriority>()));
    let priority = priorities.get(to);
    if (priority === undefined) priorities.set(to, (priority = { level: 0, sent: 0, changes: [] }));
    return priority;
  }
}

class ListedArrivals implements ArrivalStrategy {
  private readonly latencies = new Map<string, number>();

  constructor(messages: readonly ListedMessage[]) {
    for (const { from, to, type, occurrence, latencyUs } of messages) {
      const key = keyOf(hashText(from), hashText(to), hashText(type), occurrence - 1);
      assert(!this.latencies.has(key), `the message ${type} ${occurrence} from ${from} to ${to} is listed twice`);
      this.latencies.set(key, latencyUs);
    }
  }

  latencyUs(fromHash: number, toHash: number, typeHash: number, occurrence: number): number {
    return this.latencies.get(keyOf(fromHash, toHash, typeHash, occurrence)) ?? -1;
  }
}

function keyOf(fromHash: number, toHash: number, typeHash: number, occurrence: number): string {
  return `${fromHash} ${toHash} ${typeHash} ${occurrence}`;
}
