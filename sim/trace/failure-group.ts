import type { Violation } from '../properties/property.js';
import type { Setup } from '../setup.js';

/**
 * What a violation has in common with others of its kind, whatever the seed, the size of the cluster and the names of its nodes: the
 * property, and what was last observed of the nodes involved. Those are the node of the step (not for what is owed at the
 * end, where the last step is anybody's) and the nodes that the message names.
 * @param lastObserved by node index: the type of the last observation.
 */
export function failureGroup(
  { property, kind, step, message }: Violation,
  { nodes }: Setup,
  lastObserved: readonly (string | undefined)[],
): string {
  const words = new Set(message.match(/[A-Za-z0-9][A-Za-z0-9._-]*/g)?.map((word) => word.replace(/[.]+$/, '')));
  const at = kind === 'eventually' ? '' : step.slice(0, step.lastIndexOf(':'));
  const described = (index: number): string => `${nodes[index]!.program} ${lastObserved[index] ?? '-'}`;
  const all = nodes.map((_, index) => index);
  const first = all.filter((index) => nodes[index]!.id === at).map(described);
  const others = all.filter((index) => nodes[index]!.id !== at && words.has(nodes[index]!.id)).map(described);
  const involved = [...first, ...[...new Set(others)].sort()];
  return involved.length === 0 ? property : `${property} (${involved.join(', ')})`;
}
