import { assert } from '../../runtime/assert.js';
import type { FaultEntry } from './fault-entry.js';
import { clockFaults } from './kinds/clock.js';
import { diskFaults } from './kinds/disk.js';
import { faultPointFaults } from './kinds/fault-point.js';
import { networkFaults } from './kinds/network.js';
import { replacementFaults } from './kinds/process-replacement.js';
import { processFaults } from './kinds/process.js';

/** All kinds of faults, by name. */
export const faultRegistry: ReadonlyMap<string, FaultEntry> = new Map(
  [...processFaults, ...replacementFaults, ...networkFaults, ...clockFaults, ...diskFaults, ...faultPointFaults].map(
    (entry) => [entry.name, entry],
  ),
);

export function faultEntry(name: string): FaultEntry {
  const entry = faultRegistry.get(name);
  assert(entry !== undefined, `the registry has no fault named ${name}`);
  return entry;
}
