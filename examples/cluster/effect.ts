/**
 * What the commands of `examples/tasks.yaml` do to the world: one effect at the sink, under the fencing token of the attempt.
 * Ends with 0 where the effect took place, now or by an earlier attempt; with 4 where this attempt has been overtaken.
 */
const { ORRERY_SINK_URL, ORRERY_EXECUTION_ID, ORRERY_ATTEMPT, ORRERY_FENCING_TOKEN, ORRERY_TASK, ORRERY_CLOCK } =
  process.env;

const TRIES = 5;
const PAUSE_MS = 200;

async function apply(): Promise<Response> {
  return fetch(new URL('/effects', ORRERY_SINK_URL), {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'orrery-clock': ORRERY_CLOCK ?? '0' },
    body: JSON.stringify({
      executionId: ORRERY_EXECUTION_ID,
      attempt: Number(ORRERY_ATTEMPT),
      fencingToken: Number(ORRERY_FENCING_TOKEN),
      taskId: ORRERY_TASK,
    }),
  });
}

/** A repetition is safe: the sink lets an execution have one effect. */
async function applySurely(): Promise<Response> {
  for (let tries = 1; ; tries++) {
    try {
      return await apply();
    } catch (error) {
      if (tries === TRIES) throw error;
      await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
    }
  }
}

const response = await applySurely();
const { verdict = 'refused', error = '' } = (await response.json()) as { verdict?: string; error?: string };
console.log(`effect of ${ORRERY_EXECUTION_ID}, attempt ${ORRERY_ATTEMPT}: ${verdict} ${error}`.trim());
process.exitCode = response.ok ? 0 : response.status === 409 ? 4 : 1;
