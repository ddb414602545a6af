import type { NodeId } from '../../runtime/address.js';
import type { Random } from '../../runtime/ports.js';
import { randomStream } from '../../runtime/random.js';
import { pickOne } from '../faults/draws.js';
import type { ArrivalPlan, NamedLink } from '../network/arrival-plan.js';
import type { Setup } from '../setup.js';

const DEPTH_MAX = 3;
const SLOWEST_MAX = 3;
/** How many messages of a link a change point may come after, at most: drawn for each run, since nobody knows how many there will be. */
const MESSAGES_SCALES = Object.freeze([8, 64, 512]);
const QUANTUM_FACTORS = Object.freeze([1, 4]);

/**
 * Draws priorities of links and the points at which they change, after probabilistic concurrency testing (Burckhardt et al., "A
 * Randomized Scheduler with Probabilistic Guarantees of Finding Bugs", ASPLOS 2010) as carried over to messages by PCTCP (Ozkan et al.,
 * "Randomized Testing of Distributed Systems with Probabilistic Guarantees", OOPSLA 2018). The messages of a directed link are one chain: one
 * sender sends them one after another.
 *
 * Guarantee. Let C be the number of directed links, and let a bug of depth d show whenever one given link is slower than all others from
 * the beginning, and at d - 1 given messages, each among the first K of its link, that message's link becomes slower than all that were
 * slow before, in a given order. A run with this depth and this scale finds it with probability at least 1/C * (1/(C*K))^(d-1): the
 * bound of PCT with chains for threads and C*K for the number of steps. "Slower" means: a message of the first step is overtaken by whatever is
 * sent on an undelayed link at the same moment, one of a further step by any three messages in a row of the step before (each step is four
 * times as long), so long as the delay stays below a second.
 *
 * @param longestUs the greatest latency that the scenario has without faults.
 */
export function drawPriorities(setup: Setup, seed: number, longestUs: number): ArrivalPlan {
  const random = randomStream(`${seed}/priorities`);
  const nodes = setup.nodes.map(({ id }) => id);
  const depth = random.between(1, DEPTH_MAX);
  const quantumUs = longestUs * pickOne(random, QUANTUM_FACTORS);
  const slowCount = random.between(1, SLOWEST_MAX);
  const messagesMax = pickOne(random, MESSAGES_SCALES);
  if (nodes.length < 2) return { kind: 'priorities', quantumUs, slowest: [], changes: [] };
  const slowest: NamedLink[] = [];
  for (let n = 0; n < slowCount; n++) {
    const link = drawLink(random, nodes);
    if (!slowest.some(({ from, to }) => from === link.from && to === link.to)) slowest.push(link);
  }
  const changes = Array.from({ length: depth - 1 }, () => ({
    ...drawLink(random, nodes),
    fromMessage: random.between(1, messagesMax),
  }));
  return { kind: 'priorities', quantumUs, slowest, changes };
}

function drawLink(random: Random, nodes: readonly NodeId[]): NamedLink {
  const from = random.between(0, nodes.length - 1);
  const to = random.between(0, nodes.length - 2);
  return { from: nodes[from]!, to: nodes[to < from ? to : to + 1]! };
}
