import { addressOf } from '../../runtime/address.js';
import type { SimulatedWork, SimulatedWorkOutcome } from '../../sim/scenario.js';
import { SINK_ACTOR, type SinkMessage } from './sink.js';

/** Simulates the slow writes of lock workers: quick as a rule, now and then longer than any lease lives. */
export function simulateSlowWrite({ input, random }: SimulatedWork): SimulatedWorkOutcome {
  const { sink, write } = input as { readonly sink: string; readonly write: SinkMessage };
  const durationMs = random.between(0, 3) === 0 ? random.between(500, 6000) : random.between(1, 20);
  return {
    durationMs,
    result: { ok: true, value: null },
    effects: [{ to: addressOf(sink, SINK_ACTOR), message: write }],
  };
}
