import { Worker } from 'node:worker_threads';
import type { RunSpec, ScenarioReference } from '../../scenario.js';
import type { EffectDifference, EffectLog } from './effect-log.js';

/** A run in a thread that has run nothing before, but for the seeds of `before`. */
export interface FreshRequest {
  readonly scenario: ScenarioReference;
  readonly spec: RunSpec;
  readonly isGuarded: boolean;
  /** Seeds that run first, in the same thread. */
  readonly before: readonly number[];
  /**
   * Each life of each node gets the scenario's module loaded anew: what a module keeps in its variables then outlives no crash and is
   * shared by no nodes. What that module imports is loaded once all the same; TypeScript scenarios are one module.
   */
  readonly hasOwnModules: boolean;
  /** Keep what the run does. */
  readonly isRecorded: boolean;
  /** Hold what the run does against this. */
  readonly expected?: EffectLog;
}

export interface FreshResult {
  readonly fingerprint: string;
  readonly steps: number;
  readonly verdict: 'passed' | 'failed';
  readonly escapes: readonly string[];
  readonly log?: EffectLog;
  readonly difference?: EffectDifference;
}

/** Rejects where the thread ends before it has answered, or does not answer within `timeoutMs`. */
export function freshRun(request: FreshRequest, timeoutMs: number): Promise<FreshResult> {
  const worker = new Worker(new URL('./worker.js', import.meta.url), { workerData: request });
  return new Promise<FreshResult>((resolve, reject) => {
    const timer = setTimeout(() => {
      reject(new Error(`a run in a thread of its own did not come back within ${timeoutMs / 1000} s`));
    }, timeoutMs);
    worker.once('message', resolve);
    worker.once('error', reject);
    worker.once('exit', (code) => {
      clearTimeout(timer);
      reject(new Error(`a thread of its own ended with exit code ${code}`));
    });
  }).finally(() => worker.terminate());
}
