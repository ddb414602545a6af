import { drawDurationMs } from '../draws.js';
import type { CrashBias } from '../../disk/index.js';
import type { FaultEntry, FaultParams } from '../fault-entry.js';
import { diskFault, drawSector, sectorBytes, sectorOf } from './disk-template.js';
import { onNode } from './template.js';

// What a loss of power leaves of what was not synced. Each is something that a disk may do, so a product must bear it; without any of
// them the outcome is drawn: any prefix of the bytes of each file, to the byte, and any prefix of the changes of names.

function crashFault(
  name: string,
  describes: string,
  biasOf: (params: FaultParams) => CrashBias,
  parameters: FaultEntry['parameters'] = {},
): FaultEntry {
  const entry = diskFault(name, describes, parameters, (params) => ({ crashBias: biasOf(params) }));
  return {
    ...entry,
    draw(random, context) {
      const drawn = onNode(random, context, parameters['sectorBytes'] === undefined ? {} : drawSector(random));
      // Nothing is seen of it but in a crash, so it lasts longer than others.
      return drawn === undefined ? undefined : { ...drawn, forMs: 4 * drawDurationMs(random, context) };
    },
  };
}

const unsyncedLost = crashFault(
  'unsynced-lost',
  'a loss of power leaves exactly what was synced: of each file its synced bytes, and no creation, rename or removal since the last sync of the directory',
  () => ({ bytes: 'none', names: 'none' }),
);

const renameLost = crashFault(
  'rename-lost',
  'a loss of power takes back every creation, rename and removal since the last sync of the directory, though the bytes of the files are all there',
  () => ({ bytes: 'all', names: 'none' }),
);

const tornBytes = crashFault(
  'torn-bytes',
  'a loss of power cuts what was not synced in the middle, to the byte: of each file some of it is there and some is not',
  () => ({ bytes: 'part' }),
);

const tornSectors = crashFault(
  'torn-sectors',
  'in a loss of power each unsynced sector is written or not, whatever becomes of those before it; one that is not reads as zeros',
  (params) => ({ sectorBytes: sectorOf(params) }),
  { sectorBytes },
);

export const diskCrashFaults: readonly FaultEntry[] = [unsyncedLost, renameLost, tornBytes, tornSectors];
