import { statSync } from 'node:fs';
import { dirname, extname, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { BadInputError } from '../artifact/bad-input.js';
import type { Scenario, ScenarioReference } from '../scenario.js';
import { bundleTypeScript, hashSources, type Bundle } from './bundle.js';
import { findScenarioFault } from './scenario-fault.js';

/** A user's scenario: where any thread finds it, and what it was made of. */
export interface ScenarioFile {
  readonly name: string;
  readonly reference: ScenarioReference;
  /** Absolute path of the source. */
  readonly sourceFile: string;
  readonly export: string;
  readonly hash: string;
}

/**
 * Opens a module that exports a scenario. TypeScript is bundled first.
 * @param exportName absent: the only scenario that it exports, or its default export.
 * @throws BadInputError naming the file and the remedy.
 */
export async function openScenarioFile(path: string, exportName: string | undefined): Promise<ScenarioFile> {
  const sourceFile = resolve(path);
  requireFile(path, sourceFile);
  // Before the module is loaded: places in it are shown as they were written.
  process.setSourceMapsEnabled(true);
  const bundle = await bundleOf(path, sourceFile);
  const exports = await importModule(path, bundle.url);
  const chosen = exportName ?? chooseExport(path, exports);
  const fault = findScenarioFault(exports[chosen]);
  if (fault !== undefined) throw new BadInputError(`${path}: export ${chosen}: ${fault}`);
  return {
    name: (exports[chosen] as Scenario).name,
    reference: { module: bundle.url, export: chosen, params: {} },
    sourceFile,
    export: chosen,
    hash: bundle.hash,
  };
}

function requireFile(path: string, sourceFile: string): void {
  try {
    if (statSync(sourceFile).isFile()) return;
  } catch {
    throw new BadInputError(`${path}: there is no such file`);
  }
  throw new BadInputError(`${path}: this is no file`);
}

async function bundleOf(path: string, sourceFile: string): Promise<Bundle> {
  switch (extname(sourceFile)) {
    case '.ts':
    case '.mts':
      return bundleTypeScript(sourceFile);
    case '.js':
    case '.mjs':
      return { url: pathToFileURL(sourceFile).href, hash: hashSources([sourceFile], dirname(sourceFile)) };
    default:
      throw new BadInputError(`${path}: a scenario is a module: .ts, .mts, .js or .mjs`);
  }
}

async function importModule(path: string, url: string): Promise<Readonly<Record<string, unknown>>> {
  try {
    return (await import(url)) as Readonly<Record<string, unknown>>;
  } catch (error) {
    const { name, message } = error as Error;
    throw new BadInputError(`${path}: cannot be loaded: ${name}: ${message}`);
  }
}

function chooseExport(path: string, exports: Readonly<Record<string, unknown>>): string {
  const scenarios = Object.keys(exports).filter((name) => findScenarioFault(exports[name]) === undefined);
  if (scenarios.includes('default')) return 'default';
  const [only] = scenarios;
  if (only !== undefined && scenarios.length === 1) return only;
  if (scenarios.length > 1) {
    throw new BadInputError(
      `${path}: exports the scenarios ${scenarios.join(', ')}; name one, as in ${path}#${String(only)}`,
    );
  }
  const [name] = Object.keys(exports);
  const why = name === undefined ? 'it exports nothing' : `${name}: ${String(findScenarioFault(exports[name]))}`;
  throw new BadInputError(`${path}: exports no scenario (${why}); write \`export const mine = scenario({ ... })\``);
}
