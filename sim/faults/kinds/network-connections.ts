import { pickOne } from '../draws.js';
import type { FaultEntry } from '../fault-entry.js';
import { drawMost, linkFault, onDrawnLinks, shareFault } from './network-template.js';
import { milliseconds, numberOf } from './template.js';

/** Longer than any reconnection takes: afterwards there is nothing left to undo. */
const RESET_MS = 1_000;

const corrupt: FaultEntry = {
  ...shareFault(
    'corrupt',
    'a share of the messages has a bit flipped on the way; the checksum of the frame shows it, so the connection is closed, ' +
      'what stands behind the message is lost, and what is sent later waits for the next connection',
    {},
    (params) => ({ kind: 'corrupt', ppm: numberOf(params, 'ppm') }),
  ),
  draw: (random, context) =>
    onDrawnLinks(random, context, { ppm: pickOne(random, [500, 5_000, 50_000]), ...drawMost(random) }),
};

const reconnecting = linkFault(
  'reset',
  'connections are reset: all that is on its way is lost, in both directions, and what is sent waits for the next connection',
  {},
  () => ({ kind: 'reconnect' }),
);

const reset: FaultEntry = {
  ...reconnecting,
  bothWays: true,
  begin(control, target, params, planned) {
    for (const links of target.links) control.loseInFlight(planned, links);
    reconnecting.begin(control, target, params, planned);
  },
  draw(random, context) {
    const drawn = onDrawnLinks(random, context, {});
    return drawn === undefined ? undefined : { ...drawn, forMs: Math.min(RESET_MS, context.faultMs) };
  },
};

const vanishing = linkFault(
  'half-open',
  'one side believes in a connection that is gone: what it sends is lost until it has heard nothing for timeoutMs, then it ' +
    'connects anew; the way back works. It ends earlier where that side restarts',
  { timeoutMs: milliseconds },
  (params) => ({ kind: 'half-open', timeoutUs: numberOf(params, 'timeoutMs') * 1000 }),
);

const halfOpen: FaultEntry = {
  ...vanishing,
  shape: ({ from, to }) => [{ from, to }],
  begin(control, target, params, planned) {
    for (const links of target.links) control.loseInFlight(planned, links);
    vanishing.begin(control, target, params, planned);
  },
  // The transport's default: five keep-alives of a second each go unanswered.
  draw: (random, context) => onDrawnLinks(random, context, { timeoutMs: pickOne(random, [200, 1_000, 5_000]) }),
};

export const connectionFaults: readonly FaultEntry[] = [corrupt, reset, halfOpen];
