import type { NodeClock } from '../clock/node-clock.js';
import { EVENT_TIMER, type EventQueue } from './event-queue.js';

/**
 * Changes how fast a node's clock goes, and with it when the timers of its life run out: each has as much left to wait, on that clock,
 * as before. What is due already stays so.
 */
export function changeClockRate(queue: EventQueue, life: number, clock: NodeClock, ppm: number): void {
  const { nowUs } = clock;
  const events = [];
  while (queue.size > 0) {
    const timeUs = queue.nextTimeUs;
    const order = queue.nextOrder;
    const slot = queue.pop();
    const kind = queue.kinds[slot]!;
    const lifeOf = queue.lives[slot]!;
    const isWaiting = kind === EVENT_TIMER && lifeOf === life && timeUs > nowUs;
    events.push({
      ...{ timeUs, order, kind, life: lifeOf, number: queue.numbers[slot]!, sentAtUs: queue.sentAtUs[slot]! },
      payload: queue.takePayload(slot),
      leftUs: isWaiting ? clock.ownSpanUs(timeUs - nowUs) : -1,
    });
  }
  clock.setRate(ppm);
  for (const { timeUs, order, kind, life: lifeOf, number, sentAtUs, payload, leftUs } of events) {
    const dueUs = leftUs < 0 ? timeUs : nowUs + clock.untilUs(leftUs);
    queue.push(dueUs, order, kind, lifeOf, number, sentAtUs, payload);
  }
}
