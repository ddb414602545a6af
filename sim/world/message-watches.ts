import { hashText } from '../fate.js';

/** Waits for the nth message of a type, on a link, from a node or to one. Plain data with indexes of nodes; -1 is any. */
export interface MessageWatch {
  /** The place in the plan of the fault that reacts. */
  readonly place: number;
  readonly type: string;
  readonly occurrence: number;
  readonly from: number;
  readonly to: number;
  readonly when: 'sent' | 'delivered';
}

/** A watch has seen what it waits for, at the node that sent it or was given it. */
export interface Sighting {
  readonly place: number;
  readonly atUs: number;
  readonly nodeIndex: number;
}

interface Counted {
  readonly watch: MessageWatch;
  readonly typeHash: number;
  /** By sender; where deliveries are counted, by sender and receiver. */
  readonly seen: Map<number, number>;
}

/**
 * Counts messages for the faults of a plan that react to them, each sender's by themselves; so every sender may get to the nth once, and
 * whoever reacts takes the first in the order of the trace.
 */
export class MessageWatches {
  private readonly counted: readonly Counted[];
  private sightings: Sighting[] = [];

  constructor(
    watches: readonly MessageWatch[],
    private readonly nodeCount: number,
  ) {
    this.counted = watches.map((watch) => ({ watch, typeHash: hashText(watch.type), seen: new Map() }));
  }

  get hasSightings(): boolean {
    return this.sightings.length > 0;
  }

  message(when: 'sent' | 'delivered', from: number, to: number, typeHash: number, atUs: number): void {
    for (const { watch, typeHash: wanted, seen } of this.counted) {
      if (typeHash !== wanted || watch.when !== when) continue;
      if ((watch.from >= 0 && watch.from !== from) || (watch.to >= 0 && watch.to !== to)) continue;
      const key = when === 'sent' ? from : from * this.nodeCount + to;
      const count = (seen.get(key) ?? 0) + 1;
      seen.set(key, count);
      if (count === watch.occurrence) {
        this.sightings.push({ place: watch.place, atUs, nodeIndex: when === 'sent' ? from : to });
      }
    }
  }

  take(): readonly Sighting[] {
    const { sightings } = this;
    this.sightings = [];
    return sightings;
  }
}
