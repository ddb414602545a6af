import { availableParallelism } from 'node:os';

/** What `orrery hunt` was given, as commander hands it over. */
export interface HuntFlags {
  readonly seeds: string;
  readonly shard?: string;
  readonly merge?: readonly string[];
  readonly placement: string;
  readonly workers?: number;
  readonly plan?: string;
  readonly json?: string;
  readonly out: string;
  readonly collect?: number;
  readonly keepGoing?: true;
  readonly timeBudget?: number;
  readonly resume?: string;
  readonly verify?: true;
  readonly guard: boolean;
  readonly seedTimeout: number;
  readonly maxSteps?: number;
  readonly seedMemory?: number;
  readonly minimise?: true;
  readonly explore: string;
  readonly exploreEvents?: number;
  readonly exploreCrashes?: number;
}

export function defaultWorkers(isThreaded: boolean): number {
  const cores = availableParallelism();
  // A seed in threads keeps more than one core busy by itself.
  return isThreaded ? Math.max(1, Math.floor(cores / 2)) : cores;
}
