import { assert } from '../../runtime/assert.js';
import type { FaultEntry } from './fault-entry.js';
import { clockFaults } from './kinds/clock.js';
import { diskCrashFaults } from './kinds/disk-crash.js';
import { diskDamageFaults } from './kinds/disk-damage.js';
import { diskFaults } from './kinds/disk.js';
import { faultPointFaults } from './kinds/fault-point.js';
import { delayFaults } from './kinds/network-delays.js';
import { partitionFaults } from './kinds/network-partitions.js';
import { messageFaults } from './kinds/network.js';
import { replacementFaults } from './kinds/process-replacement.js';
import { processFaults } from './kinds/process.js';

/** Kinds of faults that befall the same part of the world. A seed draws families first, so that a large one does not crowd out a small one. */
export interface FaultFamily {
  readonly name: string;
  readonly entries: readonly FaultEntry[];
}

export const faultFamilies: readonly FaultFamily[] = [
  { name: 'process', entries: [...processFaults, ...replacementFaults] },
  { name: 'partitions', entries: partitionFaults },
  { name: 'messages', entries: messageFaults },
  { name: 'delays', entries: delayFaults },
  { name: 'clock', entries: clockFaults },
  { name: 'disk', entries: [...diskFaults, ...diskCrashFaults, ...diskDamageFaults] },
  { name: 'code', entries: faultPointFaults },
];

/** All kinds of faults, by name. */
export const faultRegistry: ReadonlyMap<string, FaultEntry> = new Map(
  faultFamilies.flatMap(({ entries }) => entries.map((entry) => [entry.name, entry] as const)),
);

export function faultEntry(name: string): FaultEntry {
  const entry = faultRegistry.get(name);
  assert(entry !== undefined, `the registry has no fault named ${name}`);
  return entry;
}
