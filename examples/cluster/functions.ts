import type { TaskFunction } from '../../scheduler/service/executors/function-executor.js';

/** A function that tasks can run: it has one effect at the sink, guarded by its fencing token, and answers with a sum. */
export const summarise: TaskFunction = async (
  input,
  { taskId, executionId, attempt, fencingToken, sinkUrl, clock, signal },
) => {
  const { numbers } = input as { readonly numbers: readonly number[] };
  const response = await fetch(new URL('/effects', sinkUrl), {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'orrery-clock': String(clock) },
    body: JSON.stringify({ executionId, attempt, fencingToken, taskId }),
    signal,
  });
  if (!response.ok) throw new Error(`the sink refused the effect: ${response.status}`);
  return { sum: numbers.reduce((sum, number) => sum + number, 0) };
};
