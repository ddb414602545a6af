import type { Random } from '../../../runtime/ports.js';
import { pickOne } from '../draws.js';
import type { FaultEntry } from '../fault-entry.js';
import { forNodes, numberOf, offset, onNode } from './template.js';

const clockSkew: FaultEntry = {
  ...forNodes,
  name: 'clock-skew',
  describes: 'the wall clock is off by offsetMs until the fault ends',
  parameters: { offsetMs: offset },
  begin(control, { nodes }, params) {
    for (const node of nodes) control.shiftWallClock(node, numberOf(params, 'offsetMs') * 1000);
  },
  end(control, { nodes }, params) {
    for (const node of nodes) control.shiftWallClock(node, numberOf(params, 'offsetMs') * -1000);
  },
  draw: (random, context) => onNode(random, context, { offsetMs: drawOffsetMs(random) }),
};

const clockJump: FaultEntry = {
  ...forNodes,
  name: 'clock-jump',
  lasts: false,
  describes: 'the wall clock jumps by offsetMs and stays so, also when the cluster is healed',
  parameters: { offsetMs: offset },
  begin(control, { nodes }, params) {
    for (const node of nodes) control.shiftWallClock(node, numberOf(params, 'offsetMs') * 1000);
  },
  end() {},
  draw: (random, context) => onNode(random, context, { offsetMs: drawOffsetMs(random) }),
};

export const clockFaults: readonly FaultEntry[] = [clockSkew, clockJump];

function drawOffsetMs(random: Random): number {
  const size = pickOne(random, [20, 500, 10_000, 600_000, 86_400_000]);
  return (random.between(0, 1) === 0 ? -1 : 1) * random.between(Math.ceil(size / 4), size);
}
