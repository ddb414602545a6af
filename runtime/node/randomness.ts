import { randomBytes } from 'node:crypto';
import type { Random } from '../ports.js';
import { randomStream } from '../random.js';

/**
 * Random streams by name, seeded anew by the operating system at every start. Good for jitter and for ids that must not
 * meet; not for secrets.
 */
export function seededStreams(seed: string = randomBytes(32).toString('hex')): (streamName: string) => Random {
  return (streamName) => randomStream(`${seed}/${streamName}`);
}
