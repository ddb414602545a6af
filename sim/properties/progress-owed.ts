import type { NodeId } from '../../runtime/address.js';
import type { Scenario } from '../scenario.js';
import type { Setup } from '../setup.js';

/**
 * Why no progress is owed where only these nodes have been healed and are up, or undefined where it is: what no protocol can do is neither
 * a failure nor a success, and must be told apart from both.
 */
export function whyProgressIsNotOwed(scenario: Scenario, setup: Setup, core: readonly NodeId[]): string | undefined {
  if (core.length === 0) return 'no node is healed';
  return scenario.whyNotOwed === undefined ? withoutQuorum(setup, core) : scenario.whyNotOwed(setup, core);
}

function withoutQuorum({ nodes }: Setup, core: readonly NodeId[]): string | undefined {
  const healed = new Set(core);
  const servers = nodes.filter(({ role }) => role === 'server');
  const up = servers.filter(({ id }) => healed.has(id)).length;
  const quorum = Math.floor(servers.length / 2) + 1;
  if (servers.length > 0 && up < quorum) {
    return `no quorum: of ${servers.length} servers ${up} are healed and up, and ${quorum} are needed`;
  }
  const store = nodes.find(({ id, role }) => role === 'store' && !healed.has(id));
  return store === undefined ? undefined : `store ${store.id} is not healed and up`;
}
