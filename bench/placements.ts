import { runInThreads } from '../sim/threads/run-in-threads.js';
import type { Plain } from '../runtime/data.js';
import { runInline } from '../sim/index.js';
import { createCalendar } from '../runtime/node/calendar.js';
import { toyScenario, type ToyShape } from './scenarios/toy.js';

export interface PlacementFigures {
  /** Rounds that each handler spins. */
  readonly work: number;
  readonly handlerUs: number;
  readonly inlineMs: number;
  readonly threadsMs: number;
  readonly isSameFingerprint: boolean;
}

/** The toy in one thread and with a thread for each of its nodes, for one weight of handlers. */
export async function comparePlacements(work: number, tokens: number): Promise<PlacementFigures> {
  const shape: ToyShape = { nodes: 2, tokens, work, payload: 'scalars' };
  const spec = { seed: 1, params: shape as unknown as Plain };
  const reference = {
    module: new URL('./scenarios/toy.js', import.meta.url).href,
    export: 'toyScenario',
    params: spec.params,
  };
  // Once each without the clock: threads start, code is compiled.
  runInline(toyScenario, spec, { calendar: createCalendar() });
  await runInThreads(reference, spec, { threads: 'per-node' });
  const startedMs = performance.now();
  const inline = runInline(toyScenario, spec, { calendar: createCalendar() });
  const inlineMs = performance.now() - startedMs;
  const threadsStartedMs = performance.now();
  const threads = await runInThreads(reference, spec, { threads: 'per-node' });
  const threadsMs = performance.now() - threadsStartedMs;
  const handlerUs = (inlineMs * 1000) / inline.steps;
  return { work, handlerUs, inlineMs, threadsMs, isSameFingerprint: inline.fingerprint === threads.fingerprint };
}
