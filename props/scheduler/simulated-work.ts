import type { Plain } from '../../runtime/data.js';
import { SINK_ACTOR, type SinkMessage, type WorkInput } from '../../scheduler/index.js';
import type { SimulatedWork, SimulatedWorkOutcome } from '../../sim/scenario.js';

/** The node of the simulated sink. */
export const SINK_NODE = 'sink';

/** Behaves as the task's `simulate:` block says: so long, ending so, with an effect upon the sink at its end. */
export function simulateTaskWork({ input, random }: SimulatedWork): SimulatedWorkOutcome {
  const work = input as unknown as WorkInput;
  const { minDurationMs, maxDurationMs, exitCode, failFirst, effect } = work.simulate;
  const durationMs = random.between(minDurationMs, maxDurationMs);
  const code = work.attempt <= failFirst ? Math.max(1, exitCode) : exitCode;
  if (code !== 0) {
    const error = `exit code ${code}`;
    return { durationMs, result: { ok: false, error, mayHaveHappened: false } };
  }
  const value: Plain = { exitCode: code };
  const effects = effect ? [{ to: `${SINK_NODE}/${SINK_ACTOR}`, message: effectOf(work) }] : [];
  return { durationMs, result: { ok: true, value }, effects };
}

function effectOf({ executionId, attempt, fencingToken, taskId }: WorkInput): SinkMessage {
  return { type: 'effect', executionId, attempt, fencingToken, taskId };
}
