import type { DiskFaults } from '../../disk/index.js';
import { pickOne } from '../draws.js';
import type { FaultEntry, FaultParams } from '../fault-entry.js';
import { forNodes, milliseconds, numberOf, onNode } from './template.js';

const slowDisk: FaultEntry = {
  ...diskFault(
    'slow-disk',
    'every operation of the disk takes extraMs longer',
    { extraMs: milliseconds },
    (params) => ({
      extraLatencyUs: numberOf(params, 'extraMs') * 1000,
    }),
  ),
  draw: (random, context) => onNode(random, context, { extraMs: pickOne(random, [1, 10, 50, 300]) }),
};

/** These end a node for good until it is healed, so a scenario asks for them by name. */
const halting = { costPerNode: 1, mayHalt: true, inSwarm: false } as const;

const syncFails: FaultEntry = {
  ...diskFault('sync-fails', 'syncs fail, and what they should have written is lost', {}, () => ({ syncFails: true })),
  ...halting,
};

const diskFull: FaultEntry = {
  ...diskFault('disk-full', 'writes fail after a part of their bytes', {}, () => ({ full: true })),
  ...halting,
};

const readFails: FaultEntry = {
  ...diskFault('read-fails', 'reads fail', {}, () => ({ readFails: true })),
  ...halting,
};

export const diskFaults: readonly FaultEntry[] = [slowDisk, syncFails, diskFull, readFails];

function diskFault(
  name: string,
  describes: string,
  parameters: FaultEntry['parameters'],
  faultsOf: (params: FaultParams) => DiskFaults,
): FaultEntry {
  return {
    ...forNodes,
    name,
    describes,
    parameters,
    begin(control, { nodes }, params, planned) {
      for (const node of nodes) control.addDiskFault(node, planned, faultsOf(params));
    },
    end(control, { nodes }, _params, planned) {
      for (const node of nodes) control.removeDiskFault(node, planned);
    },
    draw: (random, context) => onNode(random, context, {}),
  };
}
