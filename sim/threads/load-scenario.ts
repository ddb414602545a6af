import { pathToFileURL } from 'node:url';
import type { Scenario, ScenarioReference } from '../scenario.js';

/** A module that a run needs cannot be loaded, or does not hold what it should. The message names the remedy. */
export class ModuleNotUsable extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'ModuleNotUsable';
  }
}

/** Loads the scenario that a reference names. Throws `ModuleNotUsable`. */
export async function loadScenario(reference: ScenarioReference): Promise<Scenario> {
  const { module, export: name } = reference;
  const exports = await importModule(module);
  if (!Object.hasOwn(exports, name)) {
    throw new ModuleNotUsable(
      `${module} has no export named ${name}; it has ${Object.keys(exports).join(', ') || 'none'}`,
    );
  }
  const loaded = exports[name];
  const missing = scenarioFields.find(
    ([field, type]) => typeof (loaded as Record<string, unknown> | null)?.[field] !== type,
  );
  if (missing === undefined) return loaded as Scenario;
  const [field, type] = missing;
  throw new ModuleNotUsable(
    `${module}: export ${name} is not a scenario: its ${field} should be of type ${type}; make it with scenario({ ... })`,
  );
}

const scenarioFields = [
  ['name', 'string'],
  ['programs', 'object'],
  ['setup', 'function'],
  ['faultMs', 'number'],
  ['healMs', 'number'],
  ['properties', 'object'],
] as const;

async function importModule(module: string): Promise<Record<string, unknown>> {
  const url = module.startsWith('file:') ? module : pathToFileURL(module).href;
  try {
    return (await import(url)) as Record<string, unknown>;
  } catch (error) {
    throw new ModuleNotUsable(`${module} cannot be loaded: ${error instanceof Error ? error.message : String(error)}`, {
      cause: error,
    });
  }
}
