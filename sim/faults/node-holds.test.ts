import { describe, expect, it } from 'vitest';
import { NodeHolds } from './node-holds.js';

describe('holds of nodes', () => {
  it('of several faults last until the last of them lets go', () => {
    const holds = new NodeHolds(2);
    holds.add(1, 'crash-1', 'down');
    holds.add(1, 'crash-2', 'down');
    expect(holds.remove(1, 'crash-1', 'down')).toBe(true);
    expect(holds.remove(1, 'crash-1', 'down')).toBe(false);
    expect([holds.count(0, 'down'), holds.count(1, 'down')]).toEqual([0, 1]);
  });

  it('that pause end with the life of the node, and those that keep it down do not', () => {
    const holds = new NodeHolds(1);
    holds.add(0, 'pause-1', 'paused');
    holds.add(0, 'crash-1', 'down');
    holds.lifeEnded(0);
    expect([holds.count(0, 'paused'), holds.count(0, 'down')]).toEqual([0, 1]);
    expect([holds.hasEnded(0, 'pause-1'), holds.hasEnded(0, 'crash-1')]).toEqual([true, false]);
    expect(holds.remove(0, 'pause-1', 'paused')).toBe(false);
    expect(holds.hasEnded(0, 'pause-1')).toBe(true);
  });

  it('that were to pause a node while it was down are over before they begin', () => {
    const holds = new NodeHolds(1);
    holds.add(0, 'crash-1', 'down');
    holds.addEnded(0, 'pause-1');
    holds.lifeBegan(0);
    expect(holds.count(0, 'paused')).toBe(0);
    expect(holds.hasEnded(0, 'pause-1')).toBe(true);
    expect(holds.remove(0, 'pause-1', 'paused')).toBe(false);
  });

  it('that keep a node down are over when it lives again, whoever brought it back', () => {
    const holds = new NodeHolds(1);
    holds.add(0, 'crash-1', 'down');
    holds.lifeBegan(0);
    expect(holds.count(0, 'down')).toBe(0);
    expect(holds.remove(0, 'crash-1', 'down')).toBe(false);
  });
});
