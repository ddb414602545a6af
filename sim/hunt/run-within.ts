import { createContext, runInContext } from 'node:vm';
import type { RunSpec } from '../scenario.js';
import type { GuardedResult, PlacedOptions, PlacedRun } from './placed-run.js';

/** `hang`: it takes longer than it may; `interrupted`: Ctrl-C came first. */
export type Within = { readonly ended: GuardedResult } | 'hang' | 'interrupted';

/**
 * Carries out a run in this thread, and ends it after `timeoutMs`: Node's own watchdog ends whatever runs in a context, also what was called from
 * there.
 * @param hearsInterrupt it hears Ctrl-C as well, which no listener of this process does while an endless loop runs.
 */
export function runWithin(
  placed: PlacedRun,
  spec: RunSpec,
  options: PlacedOptions,
  timeoutMs: number,
  hearsInterrupt = false,
): Within {
  let ended: GuardedResult | undefined;
  const run = (): void => void (ended = placed.runHere(spec, options));
  try {
    const timeout = Math.max(1, Math.ceil(timeoutMs));
    runInContext('run()', createContext({ run }), { timeout, breakOnSigint: hearsInterrupt });
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ERR_SCRIPT_EXECUTION_TIMEOUT') return 'hang';
    if (code === 'ERR_SCRIPT_EXECUTION_INTERRUPTED') return 'interrupted';
    throw error;
  }
  if (ended === undefined) throw new TypeError('a run that ends has a result');
  return { ended };
}
