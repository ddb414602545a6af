import { pickOne } from '../draws.js';
import type { FaultEntry } from '../fault-entry.js';
import { diskFault, drawStrikes, strikeOf, STRIKE_PARAMETERS } from './disk-template.js';
import { milliseconds, numberOf, onNode } from './template.js';

// Disks that do not do what they are asked for, and do not hide it. What they have been told is done stays so.

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

const stalledDisk: FaultEntry = {
  ...diskFault(
    'stalled-disk',
    'no operation of the disk completes; when it ends all that wait complete, in their order',
    {},
    () => ({ stalled: true }),
  ),
  // Whoever waits for its disk does no more than whoever stands still.
  costPerNode: 1,
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

const shortReads: FaultEntry = {
  ...diskFault(
    'short-reads',
    'a read gives the first of the bytes only, without an error; the next one may give all of them',
    STRIKE_PARAMETERS,
    (params) => ({ shortReads: strikeOf(params) }),
  ),
  ...halting,
  draw: (random, context) => onNode(random, context, drawStrikes(random)),
};

const corruptReads: FaultEntry = {
  ...diskFault(
    'corrupt-reads',
    'one bit of what is read is wrong, though not on the disk: the next read may be right',
    STRIKE_PARAMETERS,
    (params) => ({ corruptReads: strikeOf(params) }),
  ),
  ...halting,
  draw: (random, context) => onNode(random, context, drawStrikes(random)),
};

export const diskFaults: readonly FaultEntry[] = [
  slowDisk,
  stalledDisk,
  syncFails,
  diskFull,
  readFails,
  shortReads,
  corruptReads,
];
