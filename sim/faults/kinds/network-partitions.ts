import type { NodeId } from '../../../runtime/address.js';
import type { Random } from '../../../runtime/ports.js';
import type { LinkEffect } from '../../network/link-rule.js';
import { drawCut, drawCutMs, drawLinks, pickOne } from '../draws.js';
import type { DrawContext, DrawnFault, FaultEntry, FaultParams, LinkEnds } from '../fault-entry.js';
import type { FaultTarget } from '../plan.js';
import type { DirectedLinks } from '../world-control.js';
import { linkFault } from './network-template.js';
import { numberOf, share } from './template.js';

const cut = (): LinkEffect => ({ kind: 'cut' });

const partition: FaultEntry = {
  ...linkFault('partition', 'no message passes between the two sides, in either direction', {}, cut),
  bothWays: true,
  isCommon: true,
  draw: (random, context) => onCut(random, context, drawCut(random, context)),
};

const partitionOneWay: FaultEntry = {
  ...linkFault('partition-one-way', 'no message passes from one side to the other; the way back works', {}, cut),
  shape: ({ from, to }) => [{ from, to }],
  draw: (random, context) => onCut(random, context, turned(random, drawCut(random, context))),
};

const partitionPartial: FaultEntry = {
  ...linkFault(
    'partition-partial',
    'a share of the pairs of nodes cannot reach each other, while both may reach a third',
    { ppm: share },
    (params) => ({ kind: 'cut-pairs', ppm: numberOf(params, 'ppm') }),
  ),
  bothWays: true,
  draw: (random, context) =>
    onCut(random, context, pairsOfServers(random, context) ?? drawLinks(random, context), {
      ppm: pickOne(random, [150_000, 350_000, 600_000]),
    }),
};

const partitionBridge: FaultEntry = {
  ...linkFault(
    'partition-bridge',
    'two halves cannot reach each other, but one node reaches both: the node named, or whoever is in neither half',
    {},
    cut,
  ),
  bothWays: true,
  shape: bridge,
  draw(random, context) {
    const servers = serversOf(context);
    const target = servers.length < 3 ? undefined : ({ kind: 'node', node: pickOne(random, servers) } as const);
    return onCut(random, context, halvesOfServers(random, context) ?? target);
  },
};

const partitionRing: FaultEntry = {
  ...linkFault(
    'partition-ring',
    'each server hears a majority of the servers, but no two the same: its neighbours in a ring, in the order given',
    {},
    cut,
  ),
  shape: majorityRing,
  draw(random, context) {
    const ring = shuffled(random, serversOf(context));
    return onCut(random, context, ring.length < 3 ? undefined : { kind: 'links', from: ring, to: ring });
  },
};

export const partitionFaults: readonly FaultEntry[] = [
  partition,
  partitionOneWay,
  partitionPartial,
  partitionBridge,
  partitionRing,
];

function onCut(
  random: Random,
  context: DrawContext,
  target: FaultTarget | undefined,
  params: FaultParams = {},
): DrawnFault | undefined {
  const forMs = drawCutMs(random, context);
  return target === undefined ? undefined : { target, forMs, params };
}

/** Any of the links between servers. */
function pairsOfServers(random: Random, context: DrawContext): FaultTarget | undefined {
  if (context.cutsSpareClients !== true || random.between(0, 1) === 0) return undefined;
  const servers = serversOf(context);
  return { kind: 'links', from: servers, to: servers };
}

/** All servers but one, in two halves. */
function halvesOfServers(random: Random, context: DrawContext): FaultTarget | undefined {
  if (context.cutsSpareClients !== true || random.between(0, 1) === 0) return undefined;
  const [, ...rest] = shuffled(random, serversOf(context));
  const middle = Math.ceil(rest.length / 2);
  return rest.length < 2 ? undefined : { kind: 'links', from: rest.slice(0, middle), to: rest.slice(middle) };
}

function turned(random: Random, target: FaultTarget | undefined): FaultTarget | undefined {
  if (target?.kind !== 'links' || random.between(0, 1) === 0) return target;
  return { kind: 'links', from: target.to, to: target.from };
}

function serversOf({ nodes }: DrawContext): readonly NodeId[] {
  return nodes.filter(({ role }) => role === 'server').map(({ id }) => id);
}

function shuffled(random: Random, ids: readonly NodeId[]): readonly NodeId[] {
  const order = [...ids];
  for (let last = order.length - 1; last > 0; last--) {
    const other = random.between(0, last);
    [order[last], order[other]] = [order[other]!, order[last]!];
  }
  return order;
}

/** Servers and others are dealt to the halves in turn, so that both halves have some of each. */
function bridge({ kind, from, to, isServer }: LinkEnds): readonly DirectedLinks[] {
  const node = kind === 'all' ? from.find(isServer) : from[0];
  const rest = to.filter((index) => index !== node);
  const dealt = [rest.filter(isServer), rest.filter((index) => !isServer(index))];
  const half = (parity: number): readonly number[] =>
    dealt.flatMap((group) => group.filter((_, place) => place % 2 === parity));
  const halves = kind === 'links' ? [from, to] : [half(0), half(1)];
  return [
    { from: halves[0]!, to: halves[1]! },
    { from: halves[1]!, to: halves[0]! },
  ];
}

/** Member i hears those from (majority - 1) / 2 places before it to the rest of a majority behind it; one entry for each sender. */
function majorityRing({ from, to, isServer }: LinkEnds): readonly DirectedLinks[] {
  const ring = [...new Set([...from, ...to])].filter(isServer);
  const size = ring.length;
  const majority = Math.floor(size / 2) + 1;
  const before = Math.floor((majority - 1) / 2);
  const hears = (receiver: number, sender: number): boolean =>
    (sender - receiver + before + size) % size < majority || sender === receiver;
  return ring.map((sender, place) => ({
    from: [sender],
    to: ring.filter((_, receiver) => !hears(receiver, place)),
  }));
}
