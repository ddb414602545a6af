import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Agenda } from './agenda.js';
import { EventQueue, orderOf, sequenceOf, sourceOf } from './event-queue.js';

interface Pushed {
  readonly timeUs: number;
  readonly source: number;
  readonly sequence: number;
}

const pushed = fc.record({ timeUs: fc.nat(20), source: fc.nat(3), sequence: fc.nat(5) });
const key = ({ timeUs, source, sequence }: Pushed): string => `${timeUs}/${source}/${sequence}`;
const inOrder = (a: Pushed, b: Pushed): number => a.timeUs - b.timeUs || a.source - b.source || a.sequence - b.sequence;

function push(queue: EventQueue, event: Pushed): void {
  queue.push(event.timeUs, orderOf(event.source, event.sequence), 0, 0, 0, 0, event);
}

function drain(queue: EventQueue): Pushed[] {
  const events: Pushed[] = [];
  while (queue.size > 0) events.push(queue.takePayload(queue.pop()) as Pushed);
  return events;
}

describe('EventQueue', () => {
  it('gives events in the order (time, source, sequence), whatever the order of their arrival', () => {
    fc.assert(
      fc.property(fc.uniqueArray(pushed, { selector: key, maxLength: 200 }), (events) => {
        const queue = new EventQueue(2);
        for (const event of events) push(queue, event);
        expect(drain(queue)).toEqual([...events].sort(inOrder));
      }),
    );
  });

  it('stays in order while events come and go', () => {
    fc.assert(
      fc.property(fc.array(fc.option(pushed), { maxLength: 300 }), (actions) => {
        const queue = new EventQueue(2);
        const model: Pushed[] = [];
        actions.forEach((action, index) => {
          if (action !== null) {
            // Sequences are unique at their source.
            const event = { ...action, sequence: index };
            push(queue, event);
            model.push(event);
            model.sort(inOrder);
          } else if (model.length > 0) {
            expect(queue.nextTimeUs).toBe(model[0]!.timeUs);
            expect(queue.takePayload(queue.pop())).toEqual(model.shift());
          }
        });
        expect(drain(queue)).toEqual(model);
      }),
    );
  });

  it('packs source and sequence without loss', () => {
    fc.assert(
      fc.property(
        fc.nat(0x7fff),
        fc.maxSafeNat().map((n) => n % 0x40_0000_0000),
        (source, sequence) => {
          const order = orderOf(source, sequence);
          expect(Number.isSafeInteger(order)).toBe(true);
          expect([sourceOf(order), sequenceOf(order)]).toEqual([source, sequence]);
        },
      ),
    );
  });
});

describe('Agenda', () => {
  it('gives nodes by window, then by node', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(50), fc.nat(6)), { maxLength: 200 }), (entries) => {
        const agenda = new Agenda(7);
        for (const [window, node] of entries) agenda.add(window, node);
        const taken: (readonly [number, number])[] = [];
        while (agenda.nextWindow < Infinity) taken.push([agenda.nextWindow, agenda.take()]);
        expect(taken).toEqual([...entries].sort(([a, m], [b, n]) => a - b || m - n));
      }),
    );
  });
});
