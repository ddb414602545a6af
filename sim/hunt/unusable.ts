import { BadInputError } from '../artifact/bad-input.js';
import { InvalidPlan } from '../faults/validate-plan.js';
import { ModuleNotUsable } from '../threads/load-scenario.js';
import { InvalidRun } from '../world/prepared-run.js';

/** Whether an error says that what was given cannot be used: its message is for the user, and its stack for nobody. */
export function isUnusable(error: unknown): error is Error {
  return (
    error instanceof BadInputError ||
    error instanceof InvalidRun ||
    error instanceof InvalidPlan ||
    error instanceof ModuleNotUsable ||
    error instanceof RangeError
  );
}
