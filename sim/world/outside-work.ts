import { copyPlain } from '../../runtime/data.js';
import type { Envelope } from '../../runtime/envelope.js';
import type { Setup } from '../setup.js';
import { orderOf } from './event-queue.js';
import type { NameTable } from './name-table.js';

/** What the outside asks of the cluster: the workload, each item at its time, from a source behind all nodes. */
export class OutsideWork {
  private readonly items: readonly {
    readonly atUs: number;
    readonly to: number;
    readonly order: number;
    readonly envelope: Envelope;
  }[];
  private next = 0;

  constructor(setup: Setup, names: NameTable, isHosted: (nodeIndex: number) => boolean) {
    const outside = setup.nodes.length;
    this.items = setup.workload
      .map(({ atMs, to, message }, index) => ({
        atUs: Math.round(atMs * 1000),
        to: names.indexOfAddress(to),
        order: orderOf(outside, index),
        envelope: {
          from: 'outside/workload',
          to,
          incarnation: 1,
          toIncarnation: 0,
          sequence: index + 1,
          causeStep: 0,
          lamport: 0,
          traceparent: '',
          schemaVersion: 1,
          correlation: 0,
          stamp: 0,
          message: copyPlain(message),
        },
      }))
      .filter(({ to }) => isHosted(to))
      .sort((a, b) => a.atUs - b.atUs || a.order - b.order);
  }

  get nextTimeUs(): number {
    return this.items[this.next]?.atUs ?? Infinity;
  }

  injectUntil(endUs: number, deliver: (to: number, atUs: number, order: number, envelope: Envelope) => void): void {
    for (let item = this.items[this.next]; item !== undefined && item.atUs < endUs; item = this.items[++this.next]) {
      deliver(item.to, item.atUs, item.order, item.envelope);
    }
  }
}
