import type { Envelope } from '../../runtime/envelope.js';
import type { TraceRecord } from '../run.js';

/** A message that the network lost: where and when it was found to be, and by which planned fault. */
export function lostRecord(
  at: { readonly node: string; readonly step: number; readonly atUs: number },
  { from, to, message, causeStep }: Envelope,
  sentAtUs: number,
  by: string,
): TraceRecord {
  return { kind: 'lost', ...at, from, to, type: message.type, causeStep, sentAtUs, by };
}
