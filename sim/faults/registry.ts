import { assert } from '../../runtime/assert.js';
import type { Plain } from '../../runtime/data.js';
import type { Random } from '../../runtime/ports.js';
import { t, type Type } from '../../runtime/schema.js';
import type { DiskFaults } from '../disk/index.js';
import type { LinkEffect } from '../network/links.js';
import { drawCrashable, drawCut, drawDurationMs, drawLinks, pickOne } from './draws.js';
import type { DrawContext, DrawnFault, FaultEntry, FaultParams } from './fault-entry.js';
import type { FaultTarget } from './plan.js';

const milliseconds = wholeNumber('milliseconds, a whole number from 0', 0, 86_400_000);
const offset = wholeNumber(
  'milliseconds, a whole number, negative for back',
  -10 * 366 * 86_400_000,
  10 * 366 * 86_400_000,
);
const share = wholeNumber('parts per million, 0 to 1000000', 0, 1_000_000);

const plain = { bothWays: false, lasts: true, costPerNode: 0, mayHalt: false, inSwarm: true } as const;
const forNodes = { ...plain, concerns: 'nodes' } as const;
const forLinks = { ...plain, concerns: 'links' } as const;

const crash: FaultEntry = {
  ...forNodes,
  name: 'crash',
  describes:
    'memory is lost at once; with loss "power" the disk keeps what was synced and perhaps more, with "process" what it was told',
  parameters: { loss: t.optional(t.oneOf('power', 'process')) },
  costPerNode: 1,
  begin(control, { nodes }, params, name) {
    for (const node of nodes) control.crash(node, name, params['loss'] === 'process' ? 'process' : 'power');
  },
  end(control, { nodes }, _params, name) {
    for (const node of nodes) control.release(node, name);
  },
  draw: (random, context) => onNode(random, context, { loss: pickOne(random, ['power', 'power', 'process']) }),
};

const pause: FaultEntry = {
  ...forNodes,
  name: 'pause',
  describes:
    'the node stands still, as in a long collection of garbage; what came meanwhile is handled afterwards, in its order',
  parameters: {},
  costPerNode: 1,
  begin(control, { nodes }, _params, name) {
    for (const node of nodes) control.pause(node, name);
  },
  end(control, { nodes }, _params, name) {
    for (const node of nodes) control.unpause(node, name);
  },
  draw: (random, context) => onNode(random, context, {}),
};

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

/** All kinds of faults, by name. */
export const faultRegistry: ReadonlyMap<string, FaultEntry> = new Map(
  [
    ...[crash, pause, partition, partitionOneWay, drop, duplicate, reorder, slowLink],
    ...[clockSkew, clockJump, slowDisk, syncFails, diskFull, readFails],
  ].map((entry) => [entry.name, entry]),
);

export function faultEntry(name: string): FaultEntry {
  const entry = faultRegistry.get(name);
  assert(entry !== undefined, `the registry has no fault named ${name}`);
  return entry;
}

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

function diskFault(
  name: string,
  describes: string,
  parameters: FaultEntry['parameters'],
  faultsOf: (params: FaultParams) => DiskFaults,
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
    draw: (random, context) => onNode(random, context, {}),
  };
}

function onNode(random: Random, context: DrawContext, params: FaultParams): DrawnFault | undefined {
  const node = drawCrashable(random, context);
  const forMs = drawDurationMs(random, context);
  return node === undefined ? undefined : { target: { kind: 'node', node }, forMs, params };
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

function drawOffsetMs(random: Random): number {
  const size = pickOne(random, [20, 500, 10_000, 600_000, 86_400_000]);
  return (random.between(0, 1) === 0 ? -1 : 1) * random.between(Math.ceil(size / 4), size);
}

function numberOf(params: FaultParams, name: string): number {
  const value = params[name];
  assert(typeof value === 'number', `parameter ${name} must have been checked before`);
  return value;
}

function wholeNumber(describes: string, least: number, most: number): Type<Plain> {
  return {
    describes,
    check: (value, path) =>
      Number.isSafeInteger(value) && (value as number) >= least && (value as number) <= most && !Object.is(value, -0)
        ? undefined
        : `${path}: expected ${describes}, got ${JSON.stringify(value) ?? 'nothing'}`,
  };
}
