import { BadInputError } from '../artifact/bad-input.js';
import type { Scenario, ScenarioReference } from '../scenario.js';
import { findScenarioFault } from './scenario-fault.js';
import { loadUserModule } from './user-module.js';

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
  const { exports, url, hash, sourceFile } = await loadUserModule(path, 'a scenario');
  const chosen = exportName ?? chooseExport(path, exports);
  if (!Object.hasOwn(exports, chosen)) {
    throw new BadInputError(`${path}: has no export ${chosen}; it has ${Object.keys(exports).join(', ') || 'none'}`);
  }
  const fault = findScenarioFault(exports[chosen]);
  if (fault !== undefined) throw new BadInputError(`${path}: export ${chosen}: ${fault}`);
  return {
    name: (exports[chosen] as Scenario).name,
    reference: { module: url, export: chosen, params: {} },
    sourceFile,
    export: chosen,
    hash,
  };
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
