import { threadGuard } from '../sim/guard/guard.js';
import { diedAt } from '../sim/hunt/died-seed.js';
import type { GuardedResult, PlacedOptions, PlacedRun } from '../sim/hunt/placed-run.js';
import { runWithin } from '../sim/hunt/run-within.js';
import type { Violation } from '../sim/properties/property.js';
import type { RunSpec } from '../sim/scenario.js';
import { RunPosition } from '../sim/threads/run-position.js';

/** A run that did not come back, and what was seen of it. */
export interface Hang {
  /** As a hunt reports it: it names the node and the step. */
  readonly violation: Violation;
  /** What came before, with its trace; undefined where that cannot be shown without coming to the same place. */
  readonly before: GuardedResult | undefined;
}

/** Carries out a run in this thread, and gives it up after `timeoutMs`, where that is given. */
export function runOrHang(
  placed: PlacedRun,
  spec: RunSpec,
  options: PlacedOptions,
  timeoutMs: number | undefined,
  isGuarded: boolean,
): { readonly ended: GuardedResult } | { readonly hang: Hang } {
  if (timeoutMs === undefined) return { ended: placed.runHere(spec, options) };
  const position = new RunPosition();
  const came = runWithin(placed, spec, { ...options, position }, timeoutMs);
  if (typeof came === 'object') return came;
  if (isGuarded) leaveTurn();
  const reason = `did not come back within ${timeoutMs / 1000} s`;
  const violation = diedAt(placed.scenario, spec, position.read(), reason, timeoutMs).run.violations[0]!;
  const [, node, step] = /^(.*):(\d+)$/.exec(violation.step) ?? [];
  const isFirst = node === undefined || step === '1';
  const untilStep = `${node}:${Number(step) - 1}`;
  const part = isFirst ? undefined : runWithin(placed, spec, { ...options, untilStep }, timeoutMs);
  return { hang: { violation, before: typeof part === 'object' ? part.ended : undefined } };
}

/** The turn was ended in its middle: what comes next is not the actor's doing. */
function leaveTurn(): void {
  try {
    threadGuard().leave();
  } catch {
    // What the turn reached for is not why it did not end.
  }
}
