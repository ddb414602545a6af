import { describe, expect, it } from 'vitest';
import { DEFAULT_GOSSIP_OPTIONS, gossipOptions } from './options.js';

describe('gossip options', () => {
  it('fills in the defaults', () => {
    expect(gossipOptions({ probeIntervalMs: 900 })).toEqual({ ...DEFAULT_GOSSIP_OPTIONS, probeIntervalMs: 900 });
    expect(gossipOptions(null)).toEqual(DEFAULT_GOSSIP_OPTIONS);
  });

  it.each([
    [{ probeInterval: 1 }, /probeInterval: unknown; known are probeIntervalMs/],
    [{ gossipFanout: 0 }, /gossipFanout: expected a whole number from 1/],
    [{ gossipFanout: 1.5 }, /gossipFanout: expected a whole number/],
    [{ gossipFanout: '3' }, /gossipFanout: expected a whole number/],
    [{ probeTimeoutMs: 500 }, /probeTimeoutMs: must be less than probeIntervalMs/],
    [{ registerTombstoneMs: 7999 }, /registerTombstoneMs: must be at least 8 times registerSyncIntervalMs/],
    [{ buddySystem: 1 }, /buddySystem: expected true or false/],
    [{ siblingPrefixes: ['!lease/'] }, /siblingPrefixes: expected up to 64 prefixes .* none of which begins with !/],
    [{ siblingPrefixes: 'cart/' }, /siblingPrefixes: expected up to 64 prefixes/],
    ['fast', /expected an object/],
  ])('refuses %j', (given, message) => {
    expect(() => gossipOptions(given)).toThrow(message);
  });
});
