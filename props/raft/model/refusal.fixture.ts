import type { TraceEvent } from './event.js';
import { RaftModel } from './raft-model.js';

/** Why the model refuses the stream; undefined where it accepts every step. */
export function refusalOf(events: readonly TraceEvent[]): string | undefined {
  const model = new RaftModel();
  for (const event of events) {
    const refusal = model.accept(event);
    if (refusal !== undefined) return refusal;
  }
  return undefined;
}
