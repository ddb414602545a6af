import type { Random } from '../../../runtime/ports.js';
import { t } from '../../../runtime/schema.js';
import type { Rot } from '../../disk/index.js';
import { pickOne } from '../draws.js';
import type { DrawContext, FaultEntry } from '../fault-entry.js';
import {
  diskFault,
  drawSector,
  drawStrikes,
  findSectorFault,
  onServer,
  sectorBytes,
  sectorOf,
  strikeOf,
  STRIKE_PARAMETERS,
} from './disk-template.js';
import { forNodes, numberOf, wholeNumber } from './template.js';

// Disks that lie: what was acknowledged is not there, or not what it was. No node alone can make up for that. Where it can be seen, the
// node must refuse; where it cannot (the last thing written, by a disk that says it was), only others can know. So they count for good.

const damage = { costPerNode: 1, costClass: 'diskLost', mayHalt: true, inSwarm: false } as const;

/** How many places rot at once: one bit as often as many. */
const count = wholeNumber('how many, 1 to 1000', 1, 1000);

function rotFault(name: string, describes: string, what: Rot['what'], takesSector: boolean): FaultEntry {
  return {
    ...forNodes,
    ...damage,
    inSwarm: true,
    name,
    describes,
    parameters: takesSector ? { count, sectorBytes } : { count },
    lasts: false,
    ...(takesSector ? { findFault: findSectorFault } : {}),
    begin(control, { nodes }, params, planned) {
      const rot = { what, count: numberOf(params, 'count'), sectorBytes: sectorOf(params) };
      for (const node of nodes) control.addDiskFault(node, planned, { rot });
    },
    end() {},
    draw(random: Random, context: DrawContext) {
      const params = { count: pickOne(random, [1, 1, 3, 30]), ...(takesSector ? drawSector(random) : {}) };
      return onServer(random, context, params);
    },
  };
}

const bitRot = rotFault(
  'bit-rot',
  'that many bits of what was synced flip where they lie, and nothing tells; it is not undone',
  'bit',
  false,
);

const sectorRot = rotFault(
  'sector-rot',
  'that many sectors of what was synced turn to garbage where they lie, and nothing tells; it is not undone',
  'sector',
  true,
);

const misdirectedWrite: FaultEntry = {
  ...diskFault(
    'misdirected-write',
    'appends land over other bytes, at the begin of a sector of the same file or another, and are acknowledged; where they should be are zeros',
    { ...STRIKE_PARAMETERS, sectorBytes },
    (params) => ({ misdirects: strikeOf(params) }),
  ),
  ...damage,
  draw: (random, context) => onServer(random, context, { ...drawStrikes(random), ...drawSector(random) }),
};

const phantomWrite: FaultEntry = {
  ...diskFault(
    'phantom-write',
    'appends are acknowledged, and so are the syncs after them, and the bytes are nowhere; where they should be are zeros',
    STRIKE_PARAMETERS,
    (params) => ({ phantoms: strikeOf(params) }),
  ),
  ...damage,
  draw: (random, context) => onServer(random, context, drawStrikes(random)),
};

const lyingSync: FaultEntry = {
  ...diskFault(
    'lying-sync',
    'syncs of files and of the directory say that all is written and write nothing; "later": the next honest sync makes up for it, "never": none does',
    { durable: t.oneOf('later', 'never') },
    ({ durable }) => ({ syncLies: durable === 'never' ? 'never' : 'later' }),
  ),
  ...damage,
  draw: (random, context) => onServer(random, context, { durable: pickOne(random, ['later', 'never']) }),
};

export const diskDamageFaults: readonly FaultEntry[] = [bitRot, sectorRot, misdirectedWrite, phantomWrite, lyingSync];
