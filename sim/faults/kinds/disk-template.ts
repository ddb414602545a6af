import type { Random } from '../../../runtime/ports.js';
import { t } from '../../../runtime/schema.js';
import type { StrikeRule } from '../../disk/index.js';
import type { DiskFaultStart } from '../active-disk-faults.js';
import { pickOne } from '../draws.js';
import type { DrawContext, DrawnFault, FaultEntry, FaultParams } from '../fault-entry.js';
import { forNodes, numberOf, onNode, share, wholeNumber } from './template.js';

/** How large a sector is: 512 bytes, or 4096 as on most disks of today. */
export const sectorBytes = t.optional(
  wholeNumber('bytes of a sector, 512 or 4096; 512 where it is left out', 512, 4096),
);

export function sectorOf({ sectorBytes: given }: FaultParams): number {
  return typeof given === 'number' ? given : 512;
}

export function findSectorFault({ sectorBytes: given }: FaultParams): string | undefined {
  if (given === undefined || given === 512 || given === 4096) return undefined;
  return `sectorBytes: ${JSON.stringify(given)} is no size of a sector; give 512 or 4096`;
}

export function drawSector(random: Random): { readonly sectorBytes: number } {
  return { sectorBytes: pickOne(random, [512, 4096]) };
}

/** Something is wrong with a disk for as long as the fault lasts. */
export function diskFault(
  name: string,
  describes: string,
  parameters: FaultEntry['parameters'],
  faultsOf: (params: FaultParams) => DiskFaultStart,
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
    ...(parameters['sectorBytes'] === undefined ? {} : { findFault: findSectorFault }),
    draw: (random, context) => onNode(random, context, {}),
  };
}

/** Which single operations a fault strikes: a share of them, or the first few. */
export const STRIKE_PARAMETERS = Object.freeze({
  ppm: share,
  most: t.optional(wholeNumber('how many at most, the first ones, a number from 1', 1, 1_000_000_000)),
});

export function strikeOf(params: FaultParams): StrikeRule {
  const { most } = params;
  return {
    ppm: numberOf(params, 'ppm'),
    sectorBytes: sectorOf(params),
    ...(typeof most === 'number' ? { most } : {}),
  };
}

/** Often a single operation, the next one or one in a few. */
export function drawStrikes(random: Random): FaultParams {
  const ppm = pickOne(random, [20_000, 300_000, 1_000_000]);
  const most = pickOne(random, [1, 1, 3]);
  return { ppm, most };
}

/** Stores and clients have no others that could make up for their disk. */
export function onServer(random: Random, context: DrawContext, params: FaultParams): DrawnFault | undefined {
  return onNode(random, { ...context, nodes: context.nodes.filter(({ role }) => role === 'server') }, params);
}
