import xor128 from 'seedrandom/lib/xor128.js';
import type { Random } from './ports.js';

/**
 * A stream of random integers that its name decides. Two streams of different names are independent: adding a draw to one
 * moves no draw in another. Only integer arithmetic, so every engine draws the same.
 */
export function randomStream(name: string): Random {
  const generator = xor128(name);
  const uint32 = (): number => generator.int32() >>> 0;
  return {
    uint32,
    between(low, high) {
      const span = high - low + 1;
      if (span <= 1) return low;
      // Rejection keeps it uniform: a plain remainder would favour the low values.
      const limit = 0x1_0000_0000 - (0x1_0000_0000 % span);
      for (;;) {
        const draw = uint32();
        if (draw < limit) return low + (draw % span);
      }
    },
  };
}
