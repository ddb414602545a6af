import type { Setup } from '../setup.js';
import { InvalidRun } from './prepared-run.js';

/** A step of one node: `node:step` with the node as its index. */
export interface StepOf {
  readonly nodeIndex: number;
  readonly step: number;
}

/** Reads a step address. Throws `InvalidRun` where it is none, or where the cluster has no such node. */
export function readStepAddress(address: string, setup: Setup): StepOf {
  const [, node, digits] = /^(.+):([0-9]{1,15})$/.exec(address) ?? [];
  if (node === undefined || digits === undefined) {
    throw new InvalidRun(`step ${JSON.stringify(address)}: give node:step, such as n1:42`);
  }
  const nodeIndex = setup.nodes.findIndex(({ id }) => id === node);
  if (nodeIndex < 0) {
    throw new InvalidRun(
      `step ${address}: the cluster has no node ${node}; it has ${setup.nodes.map(({ id }) => id).join(', ')}`,
    );
  }
  return { nodeIndex, step: Number(digits) };
}
