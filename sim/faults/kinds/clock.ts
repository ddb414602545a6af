import type { Random } from '../../../runtime/ports.js';
import { DRIFT_MAX_PPM, DRIFT_MIN_PPM } from '../../clock/drift.js';
import { pickOne } from '../draws.js';
import type { FaultEntry } from '../fault-entry.js';
import { forNodes, numberOf, offset, onNode, wholeNumber } from './template.js';

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

const clockDrift: FaultEntry = {
  ...forNodes,
  name: 'clock-drift',
  describes:
    'both clocks of the node go too fast or too slow, and its timers with them; afterwards they go at the right rate from where they are',
  parameters: {
    ppm: wholeNumber(
      `parts per million beside true time, ${DRIFT_MIN_PPM} (a tenth as fast) to ${DRIFT_MAX_PPM} (five times)`,
      DRIFT_MIN_PPM,
      DRIFT_MAX_PPM,
    ),
  },
  begin(control, { nodes }, params, name) {
    for (const node of nodes) control.addClockRate(node, name, numberOf(params, 'ppm'));
  },
  end(control, { nodes }, _params, name) {
    for (const node of nodes) control.removeClockRate(node, name);
  },
  draw(random, context) {
    const { maxDriftPpm = DRIFT_PPM_OF_A_BAD_QUARTZ } = context;
    const most = Math.max(1, Math.min(maxDriftPpm, pickOne(random, [50, 500, 20_000, 200_000, 1_000_000])));
    const size = random.between(Math.ceil(most / 4), most);
    const ppm = random.between(0, 1) === 0 ? size : -Math.min(size, 800_000);
    const drawn = onNode(random, context, { ppm });
    return maxDriftPpm === 0 ? undefined : drawn;
  },
};

/** What a scenario tolerates that says nothing of it: crystals are off by up to a hundred, NTP slews by up to five hundred. */
const DRIFT_PPM_OF_A_BAD_QUARTZ = 500;

export const clockFaults: readonly FaultEntry[] = [clockSkew, clockJump, clockDrift];

function drawOffsetMs(random: Random): number {
  const size = pickOne(random, [20, 500, 10_000, 600_000, 86_400_000]);
  return (random.between(0, 1) === 0 ? -1 : 1) * random.between(Math.ceil(size / 4), size);
}
