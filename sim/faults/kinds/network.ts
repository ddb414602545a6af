import type { Random } from '../../../runtime/ports.js';
import type { LinkEffect } from '../../network/links.js';
import { drawCut, drawDurationMs, drawLinks, pickOne } from '../draws.js';
import type { DrawContext, DrawnFault, FaultEntry, FaultParams } from '../fault-entry.js';
import type { FaultTarget } from '../plan.js';
import { forLinks, milliseconds, numberOf, share } from './template.js';

const partition: FaultEntry = {
  ...linkFault('partition', 'no message passes between the two sides, in either direction', {}, () => ({
    kind: 'cut',
  })),
  bothWays: true,
  draw: (random, context) => onLinks(random, context, drawCut(random, context), {}),
};

const partitionOneWay: FaultEntry = {
  ...linkFault('partition-one-way', 'no message passes from one side to the other; the way back works', {}, () => ({
    kind: 'cut',
  })),
  draw: (random, context) => onLinks(random, context, turned(random, drawCut(random, context)), {}),
};

const drop: FaultEntry = {
  ...linkFault('drop', 'a share of the messages is lost', { ppm: share }, (params) => ({
    kind: 'drop',
    ppm: numberOf(params, 'ppm'),
  })),
  draw: (random, context) =>
    onLinks(random, context, drawLinks(random, context), { ppm: pickOne(random, [5_000, 50_000, 200_000, 500_000]) }),
};

const duplicate: FaultEntry = {
  ...linkFault('duplicate', 'a share of the messages comes twice', { ppm: share }, (params) => ({
    kind: 'duplicate',
    ppm: numberOf(params, 'ppm'),
  })),
  draw: (random, context) =>
    onLinks(random, context, drawLinks(random, context), { ppm: pickOne(random, [10_000, 100_000, 500_000]) }),
};

const reorder: FaultEntry = {
  ...linkFault(
    'reorder',
    'a share of the messages comes up to extraMs later, behind others that were sent after them',
    { ppm: share, extraMs: milliseconds },
    (params) => ({ kind: 'reorder', ppm: numberOf(params, 'ppm'), extraUs: numberOf(params, 'extraMs') * 1000 }),
  ),
  draw: (random, context) =>
    onLinks(random, context, drawLinks(random, context), {
      ppm: pickOne(random, [20_000, 200_000, 700_000]),
      extraMs: pickOne(random, [5, 30, 200, 1_000]),
    }),
};

const slowLink: FaultEntry = {
  ...linkFault('slow-link', 'every message takes extraMs longer', { extraMs: milliseconds }, (params) => ({
    kind: 'slow',
    extraUs: numberOf(params, 'extraMs') * 1000,
  })),
  draw: (random, context) =>
    onLinks(random, context, drawLinks(random, context), { extraMs: pickOne(random, [5, 20, 100, 400]) }),
};

export const networkFaults: readonly FaultEntry[] = [partition, partitionOneWay, drop, duplicate, reorder, slowLink];

function linkFault(
  name: string,
  describes: string,
  parameters: FaultEntry['parameters'],
  effectOf: (params: FaultParams) => LinkEffect,
): Omit<FaultEntry, 'draw'> {
  return {
    ...forLinks,
    name,
    describes,
    parameters,
    begin(control, { links }, params, planned) {
      for (const { from, to } of links) control.addLinkRule({ name: planned, effect: effectOf(params), from, to });
    },
    end(control, _target, _params, planned) {
      control.removeLinkRules(planned);
    },
  };
}

function onLinks(
  random: Random,
  context: DrawContext,
  target: FaultTarget | undefined,
  params: FaultParams,
): DrawnFault | undefined {
  const forMs = drawDurationMs(random, context);
  return target === undefined ? undefined : { target, forMs, params };
}

function turned(random: Random, target: FaultTarget | undefined): FaultTarget | undefined {
  if (target?.kind !== 'links' || random.between(0, 1) === 0) return target;
  return { kind: 'links', from: target.to, to: target.from };
}
