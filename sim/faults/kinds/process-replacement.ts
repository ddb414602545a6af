import type { Random } from '../../../runtime/ports.js';
import { t } from '../../../runtime/schema.js';
import { pickOne } from '../draws.js';
import type { DrawContext, DrawnFault, FaultEntry, FaultParams, PlanContext } from '../fault-entry.js';
import type { WorldControl } from '../world-control.js';
import { forNodes, milliseconds, numberOf, onNode } from './template.js';

// Faults after which a node is not what it was: without its disk, or with another program.

const diskLost = { costPerNode: 1, costClass: 'diskLost', mayHalt: true, inSwarm: false } as const;

const wipe: FaultEntry = {
  ...forNodes,
  ...diskLost,
  name: 'wipe',
  describes:
    'the node crashes and comes back under its old name with an empty disk, counting its incarnations from 1 as if it had never lived',
  parameters: {},
  begin: (control, { nodes }, _params, name) => takeDisks(control, nodes, name, false),
  end: release,
  draw: onServer,
};

const replace: FaultEntry = {
  ...forNodes,
  ...diskLost,
  name: 'replace',
  describes:
    'another machine takes the place of the node: its disk is empty, and its incarnation is above all that the old one had',
  parameters: {},
  begin: (control, { nodes }, _params, name) => takeDisks(control, nodes, name, true),
  end: release,
  draw: onServer,
};

function takeDisks(control: WorldControl, nodes: readonly number[], name: string, isRenewed: boolean): void {
  for (const node of nodes) {
    control.crash(node, name, 'power');
    control.wipeDisk(node, isRenewed);
  }
}

function release(
  control: WorldControl,
  { nodes }: { readonly nodes: readonly number[] },
  _params: FaultParams,
  name: string,
): void {
  for (const node of nodes) control.release(node, name);
}

/** Stores and clients have no others that could make up for their disk. */
function onServer(random: Random, context: DrawContext): DrawnFault | undefined {
  return onNode(random, { ...context, nodes: context.nodes.filter(({ role }) => role === 'server') }, {});
}

const switchProgram: FaultEntry = {
  ...forNodes,
  name: 'switch-program',
  describes:
    'the node is stopped, and starts after downMs with another program of the scenario and its old disk; undone, it is stopped once more and goes back to its own',
  parameters: { program: t.string, downMs: milliseconds },
  costPerNode: 1,
  findFault: findProgramFault,
  begin() {},
  proceed(control, { nodes }, params, name, cursor) {
    for (const node of nodes) {
      if (cursor === 1) control.release(node, name);
      else giveProgram(control, node, name, String(params['program']));
    }
    return cursor === 1 ? undefined : { cursor: 1, afterUs: numberOf(params, 'downMs') * 1000 };
  },
  end(control, { nodes }, _params, name) {
    for (const node of nodes) {
      giveProgram(control, node, name, undefined);
      control.release(node, name);
    }
  },
  draw(random, context) {
    const downMs = pickOne(random, [1, 200, 2_000]);
    const drawn = onNode(
      random,
      { ...context, nodes: context.nodes.filter(({ program }) => hasBuilds(context, program)) },
      {},
    );
    if (drawn?.target.kind !== 'node') return undefined;
    const { node } = drawn.target;
    const { program } = context.nodes.find(({ id }) => id === node)!;
    return { ...drawn, params: { program: pickOne(random, context.builds![program]!), downMs } };
  },
};

const rollingUpgrade: FaultEntry = {
  ...forNodes,
  name: 'rolling-upgrade',
  describes:
    'the servers are given another program of the scenario one after the other, each stopped for downMs, with everyMs between two and no more down than the budget has; undone, it goes no further, and each keeps what it runs',
  parameters: { program: t.string, downMs: milliseconds, everyMs: milliseconds },
  findFault: findProgramFault,
  begin() {},
  proceed(control, { nodes }, params, name, cursor) {
    const servers = nodes.filter((node) => control.isServer(node));
    const node = servers[cursor >> 1];
    if (node === undefined) return undefined;
    if (cursor % 2 === 1) {
      control.release(node, name);
      return { cursor: cursor + 1, afterUs: numberOf(params, 'everyMs') * 1000 };
    }
    // Whoever upgrades a cluster waits until it can bear it.
    if (!control.mayTakeDown(node)) return { cursor, afterUs: Math.max(numberOf(params, 'everyMs'), 1) * 1000 };
    giveProgram(control, node, name, String(params['program']));
    return { cursor: cursor + 1, afterUs: numberOf(params, 'downMs') * 1000 };
  },
  end: release,
  draw(random, context) {
    const from = [...new Set(context.nodes.map(({ program }) => program))].filter((name) => hasBuilds(context, name));
    const params = { downMs: pickOne(random, [1, 200, 2_000]), everyMs: pickOne(random, [10, 500, 3_000]) };
    if (from.length === 0) return undefined;
    const program = pickOne(random, context.builds![pickOne(random, from)]!);
    return { target: { kind: 'all' }, forMs: context.faultMs, params: { ...params, program } };
  },
};

/** A stop that was asked for: what the disk had been told is there. */
function giveProgram(control: WorldControl, node: number, by: string, program: string | undefined): void {
  control.crash(node, by, 'process');
  control.setProgram(node, program);
}

function hasBuilds({ builds }: DrawContext, program: string): boolean {
  return builds !== undefined && Object.hasOwn(builds, program) && builds[program]!.length > 0;
}

function findProgramFault(params: FaultParams, { programs }: PlanContext): string | undefined {
  const { program } = params;
  if (programs === undefined || programs.includes(String(program))) return undefined;
  return `program: the scenario has no program ${JSON.stringify(program)}; it has ${programs.join(', ')}`;
}

export const replacementFaults: readonly FaultEntry[] = [wipe, replace, switchProgram, rollingUpgrade];
