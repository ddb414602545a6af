import { t } from '../../../runtime/schema.js';
import { drawDurationMs, pickOne } from '../draws.js';
import type { FaultEntry, FaultParams } from '../fault-entry.js';
import { forNodes, numberOf, share, wholeNumber } from './template.js';

const faultPoint: FaultEntry = {
  ...forNodes,
  name: 'fault-point',
  describes:
    'a point in the code fires, which it never does in production: in a share ppm of the times that the node passes it, or the nth time (occurrence) only',
  parameters: {
    point: t.string,
    ppm: t.optional(share),
    occurrence: t.optional(wholeNumber('a number from 1', 1, 1_000_000_000)),
  },
  findFault({ ppm, occurrence }) {
    return (ppm === undefined) === (occurrence === undefined) ? 'give either ppm or occurrence' : undefined;
  },
  begin(control, { nodes }, params, name) {
    const rule = {
      point: String(params['point']),
      ppm: numberOr0(params, 'ppm'),
      occurrence: numberOr0(params, 'occurrence'),
    };
    for (const node of nodes) control.addFaultPoint(node, name, rule);
  },
  end(control, { nodes }, _params, name) {
    for (const node of nodes) control.removeFaultPoint(node, name);
  },
  draw(random, context) {
    const { faultPoints = [], nodes } = context;
    const forMs = drawDurationMs(random, context);
    const ppm = pickOne(random, [2_000, 50_000, 300_000, 1_000_000]);
    const everywhere = random.between(0, 1) === 0;
    const node = pickOne(random, nodes).id;
    if (faultPoints.length === 0) return undefined;
    const point = pickOne(random, faultPoints);
    return { target: everywhere ? { kind: 'all' } : { kind: 'node', node }, forMs, params: { point, ppm } };
  },
};

function numberOr0(params: FaultParams, name: string): number {
  return params[name] === undefined ? 0 : numberOf(params, name);
}

export const faultPointFaults: readonly FaultEntry[] = [faultPoint];
