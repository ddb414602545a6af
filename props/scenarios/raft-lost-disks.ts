import { STORAGE_FAULT_POINTS } from '../../runtime/storage/index.js';
import { RAFT_FAULT_POINTS } from '../../protocols/raft/index.js';
import { scenario, type Scenario } from '../../sim/index.js';
import { lostDiskProperties } from '../raft/index.js';
import { raftScenario } from './raft.js';

/**
 * The group and the clients of `raft`, where members come back under their old names with empty disks, at most one of three and two of five, while others
 * are down or cut off: what such a member had promised is gone, so it must neither vote nor count.
 */
export const raftLostDisksScenario: Scenario = scenario({
  ...raftScenario,
  name: 'raft-lost-disks',
  faults: {
    faults: [
      'wipe',
      'replace',
      'crash',
      'partition',
      'partition-partial',
      'partition-one-way',
      'pause',
      'hold',
      'slow-link',
    ],
    faultPoints: [...STORAGE_FAULT_POINTS, ...RAFT_FAULT_POINTS],
    reactToMessages: ['vote', 'append-accepted', 'introduce', 'introduced'],
    reactTo: ['raft-became-leader', 'raft-voted', 'raft-committed'],
  },
  properties: lostDiskProperties,
});
