import { dirname, resolve } from 'node:path';
import type { ScenarioOrigin } from '../sim/artifact/artifact.js';
import type { HuntedScenario } from '../sim/hunt/hunt.js';
import { openScenarioFile } from '../sim/hunt/scenario-file.js';
import { BUILT_IN_NAMES, builtInReference } from './built-in-scenarios.js';
import { UsageError } from './usage-error.js';

/** A scenario that a user named, and how it is named again. */
export interface OpenedScenario extends HuntedScenario {
  readonly origin:
    | { readonly kind: 'built-in' }
    | { readonly kind: 'file'; readonly sourceFile: string; readonly export: string; readonly hash: string };
  /** What to write on a command line for it. */
  readonly text: string;
}

const LOOKS_LIKE_FILE = /[./\\]/;

/**
 * Opens a built-in scenario by name, or `FILE` or `FILE#EXPORT`.
 * @throws UsageError or BadInputError naming what was asked for and the remedy.
 */
export async function openScenario(text: string): Promise<OpenedScenario> {
  const reference = builtInReference(text);
  if (reference !== undefined) return { name: text, reference, origin: { kind: 'built-in' }, text };
  if (!LOOKS_LIKE_FILE.test(text)) {
    throw new UsageError(
      `unknown scenario ${JSON.stringify(text)}; built in are ${BUILT_IN_NAMES.join(', ')}, or give a file such as ./my-scenario.ts`,
    );
  }
  const hash = text.lastIndexOf('#');
  const file = hash < 0 ? text : text.slice(0, hash);
  const opened = await openScenarioFile(file, hash < 0 ? undefined : text.slice(hash + 1));
  const { name, reference: found, sourceFile, export: exportName, hash: sourceHash } = opened;
  return { name, reference: found, origin: { kind: 'file', sourceFile, export: exportName, hash: sourceHash }, text };
}

/** Opens the scenario of an artifact, whose file is named from the artifact's own folder. */
export async function openOrigin(origin: ScenarioOrigin, artifactFile: string): Promise<OpenedScenario> {
  if (origin.kind === 'built-in') return openScenario(origin.name);
  return openScenario(`${resolve(dirname(artifactFile), origin.file)}#${origin.export}`);
}
