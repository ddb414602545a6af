import type { Scenario, SwarmOptions } from '../scenario.js';

/** All that a scenario can say, so that what is misspelt is not passed over. */
const FIELDS = namesOf<Scenario>({
  ...{ name: 0, programs: 0, setup: 0, faultMs: 0, healMs: 0, faults: 0, properties: 0 },
  ...{ minLatencyMs: 0, latencyMs: 0, latency: 0, core: 0, whyNotOwed: 0, abstractState: 0, toleratesActorFailures: 0 },
  ...{ followEvery: 0, gauge: 0, sometimesAfterSeeds: 0, shrinkSetup: 0, simulateWork: 0 },
});
const FAULT_OPTIONS = namesOf<SwarmOptions>({
  ...{ faults: 0, alsoFaults: 0, oftenOnly: 0, maxDown: 0, maxFaults: 0, maxDiskLost: 0, maxDriftPpm: 0 },
  ...{ reactTo: 0, reactToMessages: 0, reactAgain: 0, cutsSpareClients: 0, builds: 0, faultPoints: 0, leavesBroken: 0 },
});

function namesOf<T>(all: Readonly<Record<keyof T, 0>>): readonly string[] {
  return Object.keys(all);
}

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
  return (
    findUnknown('', value, FIELDS) ??
    (faults === 'none' ? undefined : findUnknown('faults.', faults, FAULT_OPTIONS)) ??
    findPropertiesFault(properties)
  );
}

function findUnknown(place: string, given: object, known: readonly string[]): string | undefined {
  const odd = Object.keys(given).find((name) => !known.includes(name));
  return odd === undefined ? undefined : `${place}${odd}: no such field; there are ${known.join(', ')}`;
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
