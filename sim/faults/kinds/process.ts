import { t } from '../../../runtime/schema.js';
import { pickOne } from '../draws.js';
import type { FaultEntry } from '../fault-entry.js';
import { forNodes, onNode } from './template.js';

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

export const processFaults: readonly FaultEntry[] = [crash, pause];
