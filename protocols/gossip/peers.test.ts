import { describe, expect, it } from 'vitest';
import { randomStream } from '../../runtime/random.js';
import { choosePeers, shuffle } from './peers.js';

describe('choosing peers', () => {
  it('never misses a candidate that is there, however few they are (memberlist issue 350)', () => {
    for (let seed = 0; seed < 500; seed++) {
      expect(choosePeers(['n3'], 3, randomStream(`peers-${seed}`))).toEqual(['n3']);
      expect(choosePeers(['n1', 'n2', 'n3'], 3, randomStream(`peers-${seed}`)).sort()).toEqual(['n1', 'n2', 'n3']);
    }
  });

  it('gives every candidate its turn', () => {
    const counts = new Map<string, number>();
    for (let seed = 0; seed < 3000; seed++) {
      for (const peer of choosePeers(['a', 'b', 'c', 'd'], 2, randomStream(`turn-${seed}`))) {
        counts.set(peer, (counts.get(peer) ?? 0) + 1);
      }
    }
    for (const count of counts.values()) expect(Math.abs(count - 1500)).toBeLessThan(150);
  });

  it('keeps everything when it shuffles', () => {
    const items = ['a', 'b', 'c', 'd', 'e'];
    shuffle(items, randomStream('shuffle'));
    expect([...items].sort()).toEqual(['a', 'b', 'c', 'd', 'e']);
  });
});
