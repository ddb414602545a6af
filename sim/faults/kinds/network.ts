import { drawLinks, pickOne } from '../draws.js';
import type { FaultEntry } from '../fault-entry.js';
import { connectionFaults } from './network-connections.js';
import { drawMost, drawType, onDrawnLinks, onLinks, shareFault } from './network-template.js';
import { milliseconds, numberOf } from './template.js';

const drop: FaultEntry = {
  ...shareFault('drop', 'a share of the messages is lost', {}, (params) => ({
    kind: 'drop',
    ppm: numberOf(params, 'ppm'),
  })),
  isCommon: true,
  draw: (random, context) =>
    onLinks(random, context, drawLinks(random, context), {
      ppm: pickOne(random, [5_000, 50_000, 200_000, 500_000]),
      ...drawMost(random),
      ...drawType(random, context),
    }),
};

const duplicate: FaultEntry = {
  ...shareFault('duplicate', 'a share of the messages comes twice, the second time soon after', {}, (params) => ({
    kind: 'duplicate',
    ppm: numberOf(params, 'ppm'),
  })),
  draw: (random, context) =>
    onLinks(random, context, drawLinks(random, context), {
      ppm: pickOne(random, [10_000, 100_000, 500_000]),
      ...drawType(random, context),
    }),
};

const replay: FaultEntry = {
  ...shareFault(
    'replay',
    'a share of the messages comes once more, from minMs to maxMs later: seconds, or the whole run',
    { minMs: milliseconds, maxMs: milliseconds },
    (params) => {
      const minUs = numberOf(params, 'minMs') * 1000;
      return {
        kind: 'replay',
        ppm: numberOf(params, 'ppm'),
        minUs,
        maxUs: Math.max(minUs, numberOf(params, 'maxMs') * 1000),
      };
    },
  ),
  draw(random, context) {
    const minMs = pickOne(random, [10, 500, 2_000]);
    const maxMs = pickOne(random, [1_000, 5_000, context.faultMs, 2 * context.faultMs]);
    const ppm = pickOne(random, [2_000, 20_000, 200_000]);
    const only = { ...drawMost(random), ...drawType(random, context) };
    return onDrawnLinks(random, context, { ppm, minMs, maxMs: Math.max(minMs, maxMs), ...only });
  },
};

const reorder: FaultEntry = {
  ...shareFault(
    'reorder',
    'a share of the messages comes up to extraMs later, behind others that were sent after them',
    { extraMs: milliseconds },
    (params) => ({ kind: 'reorder', ppm: numberOf(params, 'ppm'), extraUs: numberOf(params, 'extraMs') * 1000 }),
  ),
  draw: (random, context) =>
    onLinks(random, context, drawLinks(random, context), {
      ppm: pickOne(random, [20_000, 200_000, 700_000]),
      extraMs: pickOne(random, [5, 30, 200, 1_000]),
      ...drawType(random, context),
    }),
};

/** What befalls single messages, and the connections that carry them. */
export const messageFaults: readonly FaultEntry[] = [drop, duplicate, replay, reorder, ...connectionFaults];
