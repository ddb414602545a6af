import type { NodeId } from '../../runtime/address.js';
import type { Plain } from '../../runtime/data.js';
import type { NodePlan, Setup } from '../setup.js';

/**
 * The clusters with one server less, for `shrinkSetup` of a scenario whose nodes are told their servers by a parameter `members`.
 * @param least servers that the scenario's claims need.
 */
export function smallerMemberships(setup: Setup, least: number): readonly Setup[] {
  const servers = setup.nodes.filter(({ role }) => role === 'server');
  return servers.length <= least ? [] : servers.map(({ id }) => withoutMember(setup, id));
}

function withoutMember({ nodes, workload }: Setup, gone: NodeId): Setup {
  const rest = nodes.filter(({ id }) => id !== gone);
  return { nodes: rest.map((node) => ({ ...node, params: paramsWithout(node, gone) })), workload };
}

function paramsWithout({ params }: NodePlan, gone: NodeId): Plain {
  const members = (params as { readonly members?: Plain } | null)?.members;
  if (!Array.isArray(members)) return params;
  return { ...(params as object), members: members.filter((member) => member !== gone) } as Plain;
}
