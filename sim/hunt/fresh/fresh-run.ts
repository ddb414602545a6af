import { Worker } from 'node:worker_threads';
import type { Violation } from '../../properties/property.js';
import type { RunSpec, ScenarioReference } from '../../scenario.js';
import type { EffectDifference, EffectLog } from './effect-log.js';

/** A life of a node, counted from 1. */
export interface Life {
  readonly node: string;
  readonly life: number;
}

/** A run in a thread that has run nothing before, but for the seeds of `before`. */
export interface FreshRequest {
  readonly scenario: ScenarioReference;
  readonly spec: RunSpec;
  readonly isGuarded: boolean;
  /** Seeds that run first, in the same thread. */
  readonly before: readonly number[];
  /**
   * Lives of nodes, each of which gets the scenario's module loaded anew: what a module keeps in its variables then outlives no crash and is
   * shared by no nodes. What that module imports is loaded once all the same; TypeScript scenarios are one module.
   */
  readonly ownModules?: readonly Life[];
  /** Keep what the run does. */
  readonly isRecorded: boolean;
  /** Hold what the run does against this. */
  readonly expected?: EffectLog;
}

export interface FreshResult {
  readonly fingerprint: string;
  readonly steps: number;
  readonly verdict: 'passed' | 'failed';
  readonly violations: readonly Violation[];
  readonly escapes: readonly string[];
  /** Every life of every node, in the order of their beginning. */
  readonly lives: readonly Life[];
  readonly log?: EffectLog;
  readonly difference?: EffectDifference;
}

/**
 * Runs the seed in a fresh thread to see which nodes live how often, and then in another with a module for each of these lives.
 * Each of the two has `timeoutMs`. Rejects as `freshRun` does.
 */
export async function runWithOwnModules(request: FreshRequest, timeoutMs: number): Promise<FreshResult> {
  const { lives } = await freshRun({ ...request, isRecorded: false }, timeoutMs);
  return freshRun({ ...request, ownModules: lives }, timeoutMs);
}

/** The thread did not answer in time: nothing is known of its run. */
export class FreshRunTimeout extends Error {
  constructor(timeoutMs: number) {
    super(`a run in a thread of its own did not come back within ${timeoutMs / 1000} s`);
    this.name = 'FreshRunTimeout';
  }
}

/** Rejects where the thread ends before it has answered; with `FreshRunTimeout` where it does not answer within `timeoutMs`. */
export function freshRun(request: FreshRequest, timeoutMs: number): Promise<FreshResult> {
  const worker = new Worker(new URL('./worker.js', import.meta.url), { workerData: request });
  return new Promise<FreshResult>((resolve, reject) => {
    const timer = setTimeout(() => {
      reject(new FreshRunTimeout(timeoutMs));
    }, timeoutMs);
    worker.once('message', resolve);
    worker.once('error', reject);
    worker.once('exit', (code) => {
      clearTimeout(timer);
      reject(new Error(`a thread of its own ended with exit code ${code}`));
    });
  }).finally(() => worker.terminate());
}
