import type { Setup } from '../setup.js';

const NODES_TOLD_MAX = 12;
const WAITS_TOLD_MAX = 4;

/**
 * Says that a run stalled and what each node waits for.
 * @param waitsOf by node index; undefined where the node is down.
 */
export function describeStall(
  setup: Setup,
  idleFromUs: number,
  waitsOf: (nodeIndex: number) => readonly string[] | undefined,
): string {
  const told = setup.nodes.slice(0, NODES_TOLD_MAX).map(({ id }, index) => `${id}: ${describeNode(waitsOf(index))}`);
  const more = setup.nodes.length - told.length;
  const rest = more > 0 ? `; and ${more} more nodes` : '';
  return `stalled: from ${idleFromUs / 1000} ms on no event was left anywhere. ${told.join('; ')}${rest}`;
}

function describeNode(waits: readonly string[] | undefined): string {
  if (waits === undefined) return 'is down';
  if (waits.length === 0) return 'waits for a message only';
  const more = waits.length - WAITS_TOLD_MAX;
  return [...waits.slice(0, WAITS_TOLD_MAX), ...(more > 0 ? [`${more} more`] : [])].join(', ');
}
