import { t } from '../../runtime/schema.js';
import type { FaultPlan } from '../faults/plan.js';
import { BadInputError } from './bad-input.js';
import { parseArtifact } from './artifact.js';
import { readLimited } from './limited-file.js';
import { fromJson } from './plain-json.js';

// Whether it fits the cluster shows when a run begins: the seed draws the cluster.
const outline = t.object({ faults: t.array(t.plain), maxDown: t.optional(t.int) });
const BYTES_MAX = 64 * 1024 * 1024;

/**
 * Reads a fault plan, `{ "faults": [...] }`, or takes the plan out of an artifact.
 * @throws BadInputError naming the file, the field and the remedy.
 */
export function readPlan(file: string): FaultPlan {
  const text = readLimited(file, BYTES_MAX);
  let data: unknown;
  try {
    data = JSON.parse(text);
  } catch (error) {
    throw new BadInputError(`${file}: not JSON: ${(error as Error).message}`);
  }
  if (typeof data === 'object' && data !== null && 'format' in data) return parseArtifact(text, file).plan;
  const decoded = fromJson(data);
  const fault = 'fault' in decoded ? decoded.fault : outline.check(decoded.value, '$');
  if (fault !== undefined) {
    throw new BadInputError(
      `${file}: ${fault}; a plan is { "faults": [{ name, fault, at: { ms }, target: { kind }, params }] }`,
    );
  }
  return (decoded as unknown as { value: FaultPlan }).value;
}
