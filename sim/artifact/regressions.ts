import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { RunSpec } from '../scenario.js';
import { readArtifact, type Artifact, type Regression } from './artifact.js';
import { BadInputError } from './bad-input.js';

/** A run that once failed and is kept so that it never does again. */
export interface KeptRegression extends Regression {
  readonly file: string;
  readonly artifact: Artifact;
}

/**
 * All artifacts of a folder, in the order of their names. One that was put there as a hunt wrote it goes by the name of its file.
 * @throws BadInputError naming the folder or the file and the remedy.
 */
export function readRegressions(folder: string): readonly KeptRegression[] {
  const files = namesIn(folder)
    .filter((name) => name.endsWith('.json'))
    .sort();
  return files.map((name) => {
    const file = join(folder, name);
    const artifact = readArtifact(file);
    const broke = artifact.violations[0]?.message ?? 'it depended on more than its seed';
    return { ...(artifact.regression ?? { name: name.replace(/\.json$/, ''), broke }), file, artifact };
  });
}

/** Everything that decides the run of an artifact. */
export function runSpecOf(artifact: Artifact): RunSpec & Pick<Artifact, 'setup' | 'plan'> {
  const { seed, setup, plan, scenario, arrivals, cutAtMs } = artifact;
  return {
    ...{ seed, setup, plan, params: scenario.params },
    ...(arrivals === undefined ? {} : { arrivals }),
    ...(cutAtMs === undefined ? {} : { cutAtMs }),
  };
}

function namesIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    throw new BadInputError(`${folder}: ${code === 'ENOENT' ? 'there is no such folder' : message}`);
  }
}
