import { t } from '../../../runtime/schema.js';
import type { CrashKind } from '../../disk/index.js';
import { pickOne } from '../draws.js';
import type { FaultEntry, FaultParams } from '../fault-entry.js';
import { forNodes, milliseconds, numberOf, onNode, wholeNumber } from './template.js';

const loss = t.optional(t.oneOf('power', 'process'));

function lossOf(params: FaultParams): CrashKind {
  return params['loss'] === 'process' ? 'process' : 'power';
}

const crash: FaultEntry = {
  ...forNodes,
  name: 'crash',
  isCommon: true,
  describes:
    'memory is lost at once; with loss "power" the disk keeps what was synced and perhaps more, with "process" what it was told',
  parameters: { loss },
  costPerNode: 1,
  begin(control, { nodes }, params, name) {
    for (const node of nodes) control.crash(node, name, lossOf(params));
  },
  end(control, { nodes }, _params, name) {
    for (const node of nodes) control.release(node, name);
  },
  draw: (random, context) => onNode(random, context, { loss: pickOne(random, ['power', 'power', 'process']) }),
};

const crashLoop: FaultEntry = {
  ...forNodes,
  name: 'crash-loop',
  describes:
    'the node crashes that many times: it is down for downMs, starts, and crashes again within upMs, also while it recovers; then it stays up',
  parameters: { loss, crashes: wholeNumber('how many, 1 to 100', 1, 100), downMs: milliseconds, upMs: milliseconds },
  costPerNode: 1,
  begin() {},
  proceed(control, { nodes }, params, name, cursor) {
    const isUp = cursor % 2 === 1;
    for (const node of nodes) {
      if (isUp) control.release(node, name);
      else control.crash(node, name, lossOf(params));
    }
    if (!isUp) return { cursor: cursor + 1, afterUs: numberOf(params, 'downMs') * 1000 };
    if (cursor + 1 >= 2 * numberOf(params, 'crashes')) return undefined;
    return { cursor: cursor + 1, afterUs: control.drawFor(name, cursor, numberOf(params, 'upMs') + 1) * 1000 };
  },
  end(control, { nodes }, _params, name) {
    for (const node of nodes) control.release(node, name);
  },
  draw(random, context) {
    const drawn = onNode(random, context, {
      loss: pickOne(random, ['power', 'power', 'process']),
      crashes: random.between(2, 8),
      downMs: pickOne(random, [1, 20, 300]),
      // The first few milliseconds of a life go to recovery.
      upMs: pickOne(random, [3, 10, 100, 1_500]),
    });
    return drawn;
  },
};

const pause: FaultEntry = {
  ...forNodes,
  name: 'pause',
  isCommon: true,
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

const slowNode: FaultEntry = {
  ...forNodes,
  name: 'slow-node',
  describes: 'every turn of the node takes turnUs, one after the other; what comes faster waits in its order',
  parameters: { turnUs: wholeNumber('microseconds, 1 to 10000000', 1, 10_000_000) },
  begin(control, { nodes }, params, name) {
    for (const node of nodes) control.addTurnTime(node, name, numberOf(params, 'turnUs'));
  },
  end(control, { nodes }, _params, name) {
    for (const node of nodes) control.removeTurnTime(node, name);
  },
  draw: (random, context) => onNode(random, context, { turnUs: pickOne(random, [50, 500, 3_000, 20_000, 150_000]) }),
};

export const processFaults: readonly FaultEntry[] = [crash, crashLoop, pause, slowNode];
