import { t } from '../../../runtime/schema.js';
import type { Latency } from '../../network/latency.js';
import { pickOne } from '../draws.js';
import type { FaultEntry, FaultParams } from '../fault-entry.js';
import { drawType, linkFault, OF_TYPE, onDrawnLinks } from './network-template.js';
import { milliseconds, numberOf, share, wholeNumber } from './template.js';

const bytesPerSecond = wholeNumber('bytes a second, a whole number from 1', 1, 1_000_000_000_000);
const bytes = wholeNumber('bytes, a whole number from 1', 1, 1_000_000_000_000);

const slowLink: FaultEntry = {
  ...linkFault('slow-link', 'every message takes extraMs longer', { extraMs: milliseconds }, (params) => ({
    kind: 'slow',
    extraUs: usOf(params, 'extraMs'),
  })),
  draw: (random, context) => onDrawnLinks(random, context, { extraMs: pickOne(random, [5, 20, 100, 400]) }),
};

const latencyUniform: FaultEntry = {
  ...linkFault(
    'latency-uniform',
    'every message takes from 0 to maxMs longer, all equally likely',
    { maxMs: milliseconds },
    (params) => ({ kind: 'latency', latency: { ...NONE, maxUs: usOf(params, 'maxMs') } }),
  ),
  draw: (random, context) => onDrawnLinks(random, context, { maxMs: pickOne(random, [5, 50, 300]) }),
};

const latencyExponential: FaultEntry = {
  ...linkFault(
    'latency-exponential',
    'messages take longer by an exponential wait: mostly little, now and then many times meanMs, never more than maxMs',
    { meanMs: milliseconds, maxMs: milliseconds },
    (params) => ({
      kind: 'latency',
      latency: { ...NONE, kind: 'exponential', meanUs: usOf(params, 'meanMs'), maxUs: usOf(params, 'maxMs') },
    }),
  ),
  draw(random, context) {
    const meanMs = pickOne(random, [2, 10, 60, 200]);
    return onDrawnLinks(random, context, { meanMs, maxMs: meanMs * pickOne(random, [5, 20, 100]) });
  },
};

const latencyBimodal: FaultEntry = {
  ...linkFault(
    'latency-bimodal',
    'a share of the messages is in the slow tail and takes from minMs to maxMs longer; the others are as fast as ever',
    { ppm: share, minMs: milliseconds, maxMs: milliseconds },
    (params) => {
      const slowMinUs = usOf(params, 'minMs');
      const slowMaxUs = Math.max(slowMinUs, usOf(params, 'maxMs'));
      const tail = { slowPpm: numberOf(params, 'ppm'), slowMinUs, slowMaxUs };
      return { kind: 'latency', latency: { ...NONE, ...tail, kind: 'bimodal' } };
    },
  ),
  draw(random, context) {
    const minMs = pickOne(random, [20, 150, 800]);
    return onDrawnLinks(random, context, { ppm: pickOne(random, [1_000, 20_000, 150_000]), minMs, maxMs: 3 * minMs });
  },
};

const latencyOffset: FaultEntry = {
  ...linkFault(
    'latency-offset',
    'each link is slower than usual by a time of its own, from 0 to maxMs, which stays the same',
    { maxMs: milliseconds },
    (params) => ({ kind: 'latency', latency: { ...NONE, linkOffsetUs: usOf(params, 'maxMs') } }),
  ),
  draw: (random, context) => onDrawnLinks(random, context, { maxMs: pickOne(random, [10, 60, 300]) }),
};

const bandwidth: FaultEntry = {
  ...linkFault(
    'bandwidth',
    'each link carries bytesPerS; messages wait in a queue of queueBytes, and what does not fit in is lost',
    { bytesPerS: bytesPerSecond, queueBytes: bytes },
    (params) => ({
      kind: 'bandwidth',
      bytesPerS: numberOf(params, 'bytesPerS'),
      queueBytes: numberOf(params, 'queueBytes'),
    }),
  ),
  draw: (random, context) =>
    onDrawnLinks(random, context, {
      bytesPerS: pickOne(random, [2_000, 20_000, 200_000, 2_000_000]),
      queueBytes: pickOne(random, [500, 8_000, 128_000]),
    }),
};

const clog: FaultEntry = {
  ...linkFault('clog', 'messages set out only when it ends, each with its own latency', {}, () => ({ kind: 'clog' })),
  draw: (random, context) => onDrawnLinks(random, context, {}),
};

const hold: FaultEntry = {
  ...linkFault(
    'hold',
    'messages are kept and come all at once when it ends, in the order in which they were sent or in a drawn one',
    { order: t.oneOf('sent', 'drawn'), ...OF_TYPE },
    ({ order }) => ({ kind: 'hold', order: order === 'drawn' ? 'drawn' : 'sent' }),
  ),
  draw: (random, context) =>
    onDrawnLinks(random, context, { order: pickOne(random, ['sent', 'drawn']), ...drawType(random, context) }),
};

export const delayFaults: readonly FaultEntry[] = [
  slowLink,
  latencyUniform,
  latencyExponential,
  latencyBimodal,
  latencyOffset,
  bandwidth,
  clog,
  hold,
];

/** Nothing on top of the usual latency. */
const NONE: Latency = Object.freeze({
  kind: 'uniform',
  minUs: 0,
  maxUs: 0,
  meanUs: 0,
  slowPpm: 0,
  slowMinUs: 0,
  slowMaxUs: 0,
  linkOffsetUs: 0,
});

function usOf(params: FaultParams, name: string): number {
  return numberOf(params, name) * 1000;
}
