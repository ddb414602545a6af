import { dirname, join, relative, resolve, sep } from 'node:path';
import { writeArtifact, type MadeBy, type ScenarioOrigin } from '../sim/artifact/artifact.js';
import type { FailureDetails, RunSummary } from '../sim/hunt/seed-outcome.js';
import type { OpenedScenario } from './open-scenario.js';

/** Writes what is needed to carry the run out again; answers the path of the file. */
export function writeFailure(
  folder: string,
  scenario: OpenedScenario,
  placement: string,
  madeBy: MadeBy,
  run: RunSummary,
  details: FailureDetails,
): string {
  const file = join(folder, `${scenario.name.replace(/[^A-Za-z0-9._-]/g, '-')}-${run.seed}.json`);
  // An artifact is replayed by the seed of its run, whichever place that had in the hunt.
  const seed = run.basedOn ?? run.seed;
  const { fingerprint, steps, simulatedMs, violations, reached, nondeterminism } = run;
  const { setup, plan, arrivals, faults, digest } = details;
  writeArtifact(file, {
    scenario: { name: scenario.name, origin: originOf(scenario, file), params: scenario.reference.params },
    ...{ seed, placement, fingerprint, steps, simulatedMs, violations, reached, faults, setup, plan, madeBy },
    ...(arrivals === undefined ? {} : { arrivals }),
    ...(digest === undefined ? {} : { digest }),
    ...(nondeterminism === undefined ? {} : { nondeterminism }),
  });
  return file;
}

export function originOf({ name, origin }: OpenedScenario, artifactFile: string): ScenarioOrigin {
  if (origin.kind === 'built-in') return { kind: 'built-in', name };
  const file = relative(dirname(resolve(artifactFile)), origin.sourceFile)
    .split(sep)
    .join('/');
  return { kind: 'file', file, export: origin.export, hash: origin.hash };
}
