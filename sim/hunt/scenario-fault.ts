import type { Scenario } from '../scenario.js';

/** The first thing that keeps a value from being a scenario, as `field: what it should be`, or undefined. */
export function findScenarioFault(value: unknown): string | undefined {
  if (typeof value !== 'object' || value === null) return 'expected a scenario, an object';
  const { name, programs, setup, faultMs, healMs, properties, faults } = value as Partial<Scenario>;
  if (typeof name !== 'string' || name === '') return 'name: expected a text';
  if (typeof programs !== 'object' || programs === null) return 'programs: expected an object of programs by name';
  if (typeof setup !== 'function') return 'setup: expected a function of (random, params)';
  if (typeof faultMs !== 'number') return 'faultMs: expected milliseconds';
  if (typeof healMs !== 'number') return 'healMs: expected milliseconds';
  if (faults !== 'none' && (typeof faults !== 'object' || faults === null)) {
    return "faults: expected 'none' or how they are drawn, such as {}";
  }
  return findPropertiesFault(properties);
}

const SECTIONS = ['always', 'eventually', 'sometimes'];

function findPropertiesFault(properties: unknown): string | undefined {
  if (typeof properties !== 'object' || properties === null) {
    return `properties: expected an object with any of ${SECTIONS.join(', ')}`;
  }
  for (const [section, claims] of Object.entries(properties) as [string, unknown][]) {
    if (!SECTIONS.includes(section)) return `properties.${section}: no such section; there are ${SECTIONS.join(', ')}`;
    if (claims === undefined) continue;
    if (typeof claims !== 'object' || claims === null)
      return `properties.${section}: expected an object of properties by name`;
    const odd = Object.entries(claims as Record<string, unknown>).find(([, make]) => typeof make !== 'function');
    if (odd !== undefined) return `properties.${section}.${odd[0]}: expected a function of (setup)`;
  }
  return undefined;
}
