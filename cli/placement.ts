import type { Placement } from '../sim/run.js';
import { UsageError } from './usage-error.js';

const THREADS_MAX = 256;

/**
 * Reads `inline`, `threads` (one for each node) or `threads:K`.
 * @throws UsageError for anything else.
 */
export function parsePlacement(text: string): Placement {
  if (text === 'inline') return { kind: 'inline' };
  if (text === 'threads') return { kind: 'threads', threads: 'per-node' };
  if (text === 'realm')
    throw new UsageError('placement realm is not built yet; use inline or threads, which give the same results');
  const [, count] = /^threads:(\d{1,4})$/.exec(text) ?? [];
  const threads = Number(count);
  if (count !== undefined && threads >= 1 && threads <= THREADS_MAX) return { kind: 'threads', threads };
  throw new UsageError(
    `placement ${JSON.stringify(text)}: use inline, threads, or threads:K with K from 1 to ${THREADS_MAX}`,
  );
}

export function formatPlacement(placement: Placement): string {
  if (placement.kind === 'inline') return 'inline';
  return placement.threads === 'per-node' ? 'threads' : `threads:${placement.threads}`;
}
