import { randomBytes } from 'node:crypto';
import type { Random } from '../ports.js';
import { randomStream } from '../random.js';

/**
 * Random streams, seeded by the operating system at every start. No two are alike, even of the same name (an actor that was
 * restarted draws anew). Good for jitter and for ids that must not meet; not for secrets.
 */
export function seededStreams(): (streamName: string) => Random {
  const seed = randomBytes(32).toString('hex');
  let streams = 0;
  return (streamName) => randomStream(`${seed}/${streamName}/${++streams}`);
}
