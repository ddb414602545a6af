import type { Violation } from '../../sim/properties/property.js';

/** What is held against other runs of the same seed. */
export interface ComparedRun {
  readonly fingerprint: string;
  /** '' where all properties held. */
  readonly violations: string;
}

/** @param run with its violations, of whose texts nothing is compared: they depend on the engine. */
export function comparedRun(run: {
  readonly fingerprint: string;
  readonly violations: readonly Omit<Violation, 'message'>[];
}): ComparedRun {
  const told = run.violations.map(({ property, kind, step, atMs }) => `${property} (${kind}) at ${step}, ${atMs} ms`);
  return { fingerprint: run.fingerprint, violations: told.join('; ') };
}

/** What tells two runs of a seed apart, for people; undefined where nothing does. */
export function differenceOf(found: ComparedRun, expected: ComparedRun): string | undefined {
  if (found.fingerprint !== expected.fingerprint) return `${found.fingerprint}, not ${expected.fingerprint}`;
  if (found.violations === expected.violations) return undefined;
  return `violations: ${found.violations || 'none'}, not ${expected.violations || 'none'}`;
}
