import type { Random } from '../../../runtime/ports.js';
import { t } from '../../../runtime/schema.js';
import type { LinkEffect, LinkRule } from '../../network/link-rule.js';
import { drawDurationMs, drawLinks, pickOne } from '../draws.js';
import type { DrawContext, DrawnFault, FaultEntry, FaultParams } from '../fault-entry.js';
import type { FaultTarget } from '../plan.js';
import { forLinks, share, wholeNumber } from './template.js';

/** Which messages a fault may strike: those of one type. */
export const OF_TYPE = Object.freeze({
  type: t.optional({ ...t.string, describes: 'type of the messages concerned' }),
});
/** And the first few of each link. */
const ONLY = Object.freeze({
  ...OF_TYPE,
  mostPerLink: t.optional(
    wholeNumber('messages of each link that it strikes, the first ones, a number from 1', 1, 1e9),
  ),
});

/** A fault that acts on links for as long as it lasts. */
export function linkFault(
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
      const rule = { name: planned, effect: effectOf(params), ...onlyOf(params) };
      for (const { from, to } of links) control.addLinkRule({ ...rule, from, to });
    },
    end(control, _target, _params, planned) {
      control.removeLinkRules(planned);
    },
  };
}

/** A fault that strikes a share of the messages, or of those of a type, or the first few of each link. */
export function shareFault(
  name: string,
  describes: string,
  parameters: FaultEntry['parameters'],
  effectOf: (params: FaultParams) => LinkEffect,
): Omit<FaultEntry, 'draw'> {
  return linkFault(name, describes, { ppm: share, ...parameters, ...ONLY }, effectOf);
}

function onlyOf({ type, mostPerLink }: FaultParams): Pick<LinkRule, 'type' | 'mostPerLink'> {
  return {
    ...(typeof type === 'string' ? { type } : {}),
    ...(typeof mostPerLink === 'number' ? { mostPerLink } : {}),
  };
}

/** Now and then a single message of each link, or a few; mostly as many as the share gives. */
export function drawMost(random: Random): FaultParams {
  const most = pickOne(random, [0, 0, 0, 1, 5]);
  return most === 0 ? {} : { mostPerLink: most };
}

/** Now and then messages of one type only, where the scenario names some: votes come and answers to appends do not. */
export function drawType(random: Random, { messageTypes = [] }: DrawContext): FaultParams {
  if (messageTypes.length === 0 || random.between(0, 2) > 0) return {};
  return { type: pickOne(random, messageTypes) };
}

export function onLinks(
  random: Random,
  context: DrawContext,
  target: FaultTarget | undefined,
  params: FaultParams,
): DrawnFault | undefined {
  const forMs = drawDurationMs(random, context);
  return target === undefined ? undefined : { target, forMs, params };
}

/** On all links, those of one node, or those across a cut. */
export function onDrawnLinks(random: Random, context: DrawContext, params: FaultParams): DrawnFault | undefined {
  return onLinks(random, context, drawLinks(random, context), params);
}
